"""One child process: started in its own session, told to stop when we die, stopped in steps.

Start children from the main thread: on Linux the signal for "your parent died" is sent when the *thread* that started
the child ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from consult.runtime.privileges import Account, RuntimeProblem

_PR_SET_PDEATHSIG = 1
_LOG_LIMIT = 5_000_000


@dataclass(slots=True)
class Child:
    """A running child and how it wants to be stopped: each signal with the seconds it is given before the next.

    `death_signal` and `orphan_seconds` hold when it has lost its parent.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_steps: tuple[tuple[signal.Signals, float], ...]
    death_signal: signal.Signals
    orphan_seconds: float

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """Stop the child and everything left in its session; returns when it is gone."""
        for step, seconds in self.stop_steps:
            if not self.alive:
                break
            self.process.send_signal(step)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        kill_session(self.process.pid)
        self.process.wait()


def start(
    name: str,
    command: Sequence[str | Path],
    *,
    environ: Mapping[str, str],
    log: Path,
    cwd: Path,
    account: Account | None = None,
    stop_steps: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 10.0),),
    death_signal: signal.Signals = signal.SIGTERM,
    orphan_seconds: float = 3.0,
) -> Child:
    """Start `command` in a session of its own, as `account` when given, writing to `log`.

    `death_signal` is what the child gets when this process dies without having stopped it, and `orphan_seconds` the time
    it then has before it is killed.
    Raises RuntimeProblem when the program cannot be started, and from any thread but the main one: the child would be
    stopped by the kernel when that thread ends, long after everything seemed well.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeProblem(f"{name} must be started from the main thread.")
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        try:
            process = subprocess.Popen(
                [str(word) for word in command],
                env=dict(environ),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C at the terminal must reach the supervisor alone, which then stops the children in order.
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                umask=0o077,
                preexec_fn=_die_with(os.getpid(), death_signal),  # one system call, from the main thread
            )
        except OSError as error:
            raise RuntimeProblem(f"{name} could not be started: {error.strerror or error}.") from error
    return Child(name, process, log, stop_steps, death_signal, orphan_seconds)


def _die_with(parent: int, death_signal: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        # Runs after the change of account, which would clear the setting.
        libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def kill_session(leader: int) -> None:
    """Kill whatever is left of the process group that `leader` led."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def birth(pid: int) -> str | None:
    """A text that tells this process from any other that had or will have the same number; None when it is not running.

    On Linux the kernel's start tick, elsewhere the start time that `ps` prints.
    """
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else fields[19]
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None


def write_record(record: Path, children: Iterable[Child]) -> None:
    """Write down which children run, oldest first, for `stop_orphans`."""
    rows = [
        {
            "name": child.name,
            "pid": child.process.pid,
            "born": birth(child.process.pid),
            "signal": int(child.death_signal),
            "seconds": child.orphan_seconds,
        }
        for child in children
    ]
    draft = record.with_suffix(".new")
    draft.write_text(json.dumps(rows))
    draft.replace(record)


def stop_orphans(record: Path) -> None:
    """Stop the processes written down in `record` that still run, the youngest first, and what is left of their sessions."""
    try:
        rows = json.loads(record.read_text())
    except (OSError, ValueError):
        return
    for row in reversed(rows):
        if row["born"] and birth(row["pid"]) == row["born"]:
            _stop_orphan(row["pid"], row["born"], row["signal"], row["seconds"])
        if birth(row["pid"]) is None:
            # The leader is gone, but its pool may not be; the number is not given away while its group exists.
            kill_session(row["pid"])


def _stop_orphan(pid: int, born: str, stop_signal: int, seconds: float) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, stop_signal)
    deadline = time.monotonic() + seconds
    while birth(pid) == born:
        if time.monotonic() > deadline:
            kill_session(pid)
        time.sleep(0.05)


def last_lines(log: Path, count: int = 8) -> str:
    """The end of a log file, for an error message."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-count:])
