"""The folder of one installation: its lock, its record of running processes, its logs, its short folder for sockets."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from consult.runtime.privileges import ROOT_HOME, Account, RuntimeProblem, running_as_root
from consult.runtime.processes import Child, stop_orphans, write_record

# A UNIX socket's path has at most 107 bytes, and PostgreSQL adds "/.s.PGSQL.5432.lock" to the folder.
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432.lock")


def default_data_dir(checkout: Path, environ: Mapping[str, str] | None = None) -> Path:
    """Where an installation keeps its data: CONSULT_DATA_DIR; else for root outside the checkout, for others var/data.

    Root's checkout may lie where the database's account cannot go, so its data has a place of its own, one per checkout.
    """
    given = (os.environ if environ is None else environ).get("CONSULT_DATA_DIR", "").strip()
    if given:
        return Path(given).expanduser().absolute()
    checkout = checkout.resolve()
    if running_as_root():
        return ROOT_HOME / f"{checkout.name}-{_short_key(checkout)}"
    return checkout / "var" / "data"


class DataFolder:
    """A data folder in use by this process alone.

    Opening it takes the lock, and stops whatever a killed supervisor left running on it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: IO[str] | None = None
        self._guardian: subprocess.Popen[bytes] | None = None
        self._children: dict[str, Child] = {}

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def open(self) -> None:
        """Create the folder where needed and take its lock. Raises RuntimeProblem when another copy holds it."""
        try:
            if not self.path.exists():
                self.path.mkdir(parents=True)
                # Passing through is enough for the servers' account; what is inside keeps its own permissions.
                self.path.chmod(0o711 if running_as_root() else 0o700)
            self.logs.mkdir(exist_ok=True, mode=0o700)
            lock = (self.path / "lock").open("a+")
        except OSError as error:
            raise RuntimeProblem(f"The data folder {self.path} cannot be used: {error.strerror or error}.") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = lock.read().strip()
            lock.close()
            who = f" (process {holder})" if holder else ""
            raise RuntimeProblem(
                f"Another copy of Consult is already running on {self.path}{who}: "
                "stop it first, or give this one its own CONSULT_DATA_DIR."
            ) from error
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock
        stop_orphans(self._record)
        self._write_record()
        self._guardian = subprocess.Popen(
            [sys.executable, "-m", "consult.runtime.guardian", str(self._record)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def close(self) -> None:
        """Give the folder free; the guardian finds nothing left to do and ends."""
        if self._guardian is not None and self._guardian.stdin is not None:
            self._guardian.stdin.close()
            self._guardian.wait()
            self._guardian = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def remember(self, child: Child) -> None:
        """Write down a child just started, so that the next start can stop it if we are killed."""
        self._children[child.name] = child
        self._write_record()

    def forget(self, child: Child) -> None:
        """Strike a child that was stopped."""
        if self._children.get(child.name) is child:
            del self._children[child.name]
            self._write_record()

    @property
    def sockets(self) -> Path:
        """Where the sockets are: in the data folder, or in the system's temporary one when that path would be too long."""
        folder = self.path / "run"
        if len(os.fsencode(folder)) > _LONGEST_SOCKET_FOLDER:
            folder = Path(tempfile.gettempdir()) / f"consult-{os.geteuid()}-{_short_key(self.path)}"
            if len(os.fsencode(folder)) > _LONGEST_SOCKET_FOLDER:
                folder = Path("/tmp") / folder.name  # noqa: S108  # own_folder checks whose it is
        return folder

    @property
    def _record(self) -> Path:
        return self.path / "processes.json"

    def _write_record(self) -> None:
        write_record(self._record, self._children.values())


def own_folder(folder: Path, account: Account | None) -> Path:
    """Make `folder` private to the servers' account.

    Raises RuntimeProblem when the account cannot get there, or when somebody else made the folder first.
    """
    owner = account.uid if account else os.geteuid()
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        if stat.S_ISLNK(status.st_mode) or status.st_uid not in (owner, os.geteuid()):
            raise RuntimeProblem(
                f"The folder {folder} belongs to somebody else: remove it, or set CONSULT_DATA_DIR to another place."
            )
        if account:
            os.chown(folder, account.uid, account.gid)
        folder.chmod(0o700)
    except OSError as error:
        raise RuntimeProblem(f"The folder {folder} cannot be used: {error.strerror or error}.") from error
    if account and not account.may_enter(folder):
        raise RuntimeProblem(
            f"Started as root, the database runs as “{account.name}”, which cannot reach {folder}: "
            "set CONSULT_DATA_DIR to a folder outside private ones, for example under /var/lib."
        )
    return folder


def _short_key(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]
