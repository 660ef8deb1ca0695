"""The last one out: a small process that waits for its supervisor to end, however it ends, and stops what was left running.

Linux tells children that their parent died, but a worker busy with a task, and its pool, may linger; other systems tell
nobody. The guardian holds the read end of a pipe whose other end only the supervisor has: when that closes, the supervisor
is gone.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from consult.runtime.processes import stop_orphans


def main() -> None:
    """Wait for the end of standard input, then stop the processes in the record named on the command line."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    stop_orphans(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
