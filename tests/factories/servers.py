"""Real servers for tests: a PostgreSQL and a Valkey of their own in a short temporary folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from consult.runtime.servers import EmbeddedServers


@contextmanager
def short_folder() -> Iterator[Path]:
    """A temporary folder with a path short enough for sockets, which the servers' account may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="ct-"))
    try:
        folder.chmod(0o711)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def temporary_servers() -> Iterator[EmbeddedServers]:
    """Both servers, empty, fast and not crash-proof, gone at the end of the block."""
    with short_folder() as folder, EmbeddedServers(folder / "data", fast_and_unsafe=True) as servers:
        yield servers
