"""A supervisor with the smallest possible children, run as a program of its own by the tests: FOLDER PORT [job]."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from consult.runtime.privileges import RuntimeProblem
from consult.runtime.supervisor import run


def main() -> int:
    folder, port, *mode = sys.argv[1:]

    def job(_env: dict[str, str], tend: Callable[[], None]) -> int:
        for _ in range(5):
            tend()
            time.sleep(0.1)  # a job waits like this for its work to be done
        return 7

    try:
        return run(
            data_dir=Path(folder),
            checkout=Path(__file__).parent / "small_app",
            environ={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            prepare=lambda env: print("DATABASE_URL", env["DATABASE_URL"], flush=True),
            announce=lambda running: print("READY", running.base_url, flush=True),
            job=job,
            serve=not mode,
            port=int(port),
        )
    except RuntimeProblem as problem:
        print(problem, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
