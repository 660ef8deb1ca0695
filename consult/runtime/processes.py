"""One child process: started in its own session, told to stop when we die, stopped in steps.

Start children from the main thread: on Linux the signal for "your parent died" is sent when the *thread* that started
the child ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from consult.runtime.privileges import Account, RuntimeProblem

_PR_SET_PDEATHSIG = 1
_LOG_LIMIT = 5_000_000


@dataclass(slots=True)
class Child:
    """A running child and how it wants to be stopped: each signal with the seconds it is given before the next."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_steps: tuple[tuple[signal.Signals, float], ...] = field(default=((signal.SIGTERM, 10.0),))

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
    death_signal: signal.Signals = signal.SIGTERM,
    stop_steps: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 10.0),),
) -> Child:
    """Start `command` in a session of its own, as `account` when given, writing to `log`.

    `death_signal` is what the child gets, on Linux, when this process dies without having stopped it.
    Raises RuntimeProblem when the program cannot be started.
    """
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
                preexec_fn=_die_with(os.getpid(), death_signal),  # noqa: PLW1509 - one system call, from the main thread
            )
        except OSError as error:
            raise RuntimeProblem(f"{name} could not be started: {error.strerror or error}.") from error
    return Child(name, process, log, stop_steps)


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


def stop_stranger(pid: int, born: str, stop_signal: int, *, seconds: float = 15.0) -> None:
    """Stop a process that an earlier, killed supervisor left behind, and what is left of its session."""
    if birth(pid) == born:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, stop_signal)
        deadline = time.monotonic() + seconds
        while birth(pid) == born and time.monotonic() < deadline:
            time.sleep(0.05)
        if birth(pid) == born:
            kill_session(pid)
            while birth(pid) == born:
                time.sleep(0.02)
    elif birth(pid) is None:
        # The leader is gone, but its pool may not be; the number cannot have been given away while the group exists.
        kill_session(pid)


def last_lines(log: Path, count: int = 8) -> str:
    """The end of a log file, for an error message."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-count:])
