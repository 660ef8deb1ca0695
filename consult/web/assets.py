"""Addresses of static files that change with their content, so that they may be cached for a year."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import current_app, url_for


@lru_cache(maxsize=256)
def _fingerprint(path: str, _changed: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=256)
def _address_once(folder: str, name: str, prefix: str) -> str:
    path = Path(folder) / name
    mark = _fingerprint(str(path), path.stat().st_mtime_ns) if path.is_file() else "absent"
    return f"{prefix}/{name}?v={mark}"


_KNOWN: dict[str, str] = {}


def asset(name: str) -> str:
    """The address of a static file, with a mark of its content."""
    known = _KNOWN.get(name)
    if known is not None:
        return known
    folder = current_app.static_folder or ""
    if current_app.debug or current_app.testing:
        path = Path(folder) / name
        return url_for(
            "static", filename=name, v=_fingerprint(str(path), path.stat().st_mtime_ns) if path.is_file() else "absent"
        )
    # Asked some twenty times a page, and the files change only with the program.
    return _KNOWN.setdefault(name, _address_once(folder, name, current_app.static_url_path or ""))
