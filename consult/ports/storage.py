"""Where the bytes of uploaded files lie. Keys are made by us, never by who uploads."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol

from config import Settings

_KEY = re.compile(r"[0-9a-f]{32}")


class Storage(Protocol):
    """Keeps bytes under a key of 32 hexadecimal digits."""

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes, durably, before returning."""

    def get(self, key: str) -> bytes:
        """The bytes of a key. Raises FileNotFoundError where there are none."""

    def delete(self, key: str) -> None:
        """Forget a key; a missing one is no error."""

    def keys(self, *, before: datetime) -> Iterator[str]:
        """Keys kept before an instant, in no order."""


class DiskStorage:
    """Files in a folder of the data directory, in 256 sub-folders."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError("a storage key has 32 hexadecimal digits")
        return self._folder / key[:2] / key

    def put(self, key: str, data: bytes) -> None:
        """Write beside, flush to disk, rename: a crash leaves the whole file or none."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise

    def get(self, key: str) -> bytes:
        """Read the whole file; uploads are small."""
        return self._path(key).read_bytes()

    def delete(self, key: str) -> None:
        """Remove the file."""
        self._path(key).unlink(missing_ok=True)

    def keys(self, *, before: datetime) -> Iterator[str]:
        """Names of whole files last written before an instant; pieces left by a crash are removed on the way."""
        for path in self._folder.glob("??/*"):
            try:
                old = path.stat().st_mtime < before.timestamp()
            except FileNotFoundError:
                continue
            if old and path.name.startswith(".part-"):
                path.unlink(missing_ok=True)
            elif old and _KEY.fullmatch(path.name):
                yield path.name


class MemoryStorage:
    """Bytes in memory: for tests and for commands that keep nothing."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes until the process ends."""
        self._kept[key] = data

    def get(self, key: str) -> bytes:
        """The bytes, or FileNotFoundError."""
        try:
            return self._kept[key]
        except KeyError as error:
            raise FileNotFoundError(key) from error

    def delete(self, key: str) -> None:
        """Forget the bytes."""
        self._kept.pop(key, None)

    def keys(self, *, before: datetime) -> Iterator[str]:
        """All keys: memory keeps no times."""
        yield from list(self._kept)


def storage_for(settings: Settings) -> Storage:
    """The storage that the settings ask for: the data directory's `files` folder."""
    return DiskStorage(settings.data_dir / "files")
