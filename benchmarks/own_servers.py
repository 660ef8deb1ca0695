"""Servers of a benchmark's own in a folder that goes away with them, and how its figures are printed."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from consult.runtime.servers import EmbeddedServers


@contextmanager
def own_servers(keep: Path | None = None) -> Iterator[tuple[EmbeddedServers, Path]]:
    """PostgreSQL and Valkey in a temporary folder, or in `keep`, which stays; the folder comes beside them."""
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
    folder = keep or Path(tempfile.mkdtemp(prefix="cb-"))
    folder.chmod(0o711)
    try:
        with EmbeddedServers(folder / "data") as servers:
            yield servers, folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def printed(figures: Mapping[str, Any], *, as_json: bool, width: int = 28) -> None:
    """Print figures: as one JSON object, or one a line."""
    if as_json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name:{width}} {value}")
