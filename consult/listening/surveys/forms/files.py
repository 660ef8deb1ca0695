"""A file that came with one page of a sheet travels to the next as a sealed note: which it is can't be changed on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

_KEYS = {"file", "name", "size"}


def _sealer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="questionnaire-file")


def seal(file: Mapping[str, Any]) -> str:
    """The note for a stored file."""
    return str(_sealer().dumps({key: file[key] for key in sorted(_KEYS)}))


def unseal(note: str) -> dict[str, Any] | None:
    """The file a note speaks of; None where nobody here wrote it."""
    try:
        found = _sealer().loads(note)
    except BadSignature:
        return None
    return found if isinstance(found, dict) and set(found) == _KEYS else None
