"""Which account the embedded servers run as.

PostgreSQL refuses to run as root. Started by root (a container, a build machine), both servers therefore run as the
system's unprivileged account, on folders which that account owns. The permissions of the checkout and of the folders
above it are never changed.
"""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

ROOT_HOME = Path("/var/lib/consult")
_UNPRIVILEGED = "nobody"


class RuntimeProblem(Exception):
    """Something outside the program prevents it from running; the message is a plain sentence for who started it."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the operating system, by number."""

    name: str
    uid: int
    gid: int

    def may_enter(self, folder: Path) -> bool:
        """Whether this account can pass through `folder` and each folder above it (permission bits only)."""
        for step in (folder, *folder.parents):
            status = step.stat()
            if status.st_uid == self.uid:
                allowed = status.st_mode & 0o100
            elif status.st_gid == self.gid:
                allowed = status.st_mode & 0o010
            else:
                allowed = status.st_mode & 0o001
            if not allowed:
                return False
        return True


def running_as_root() -> bool:
    """Whether this process has the rights of root."""
    return os.geteuid() == 0


def server_account() -> Account | None:
    """The account the servers run as: None means our own, since it is not root."""
    if not running_as_root():
        return None
    try:
        entry = pwd.getpwnam(_UNPRIVILEGED)
    except KeyError as error:
        raise RuntimeProblem(
            f"Started as root, but this system has no account “{_UNPRIVILEGED}” for the database to run as: "
            "start Consult as an ordinary user."
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
