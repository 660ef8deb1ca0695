"""What a note of a meeting may be. Pure."""

from __future__ import annotations

NOTE_KINDS: tuple[str, ...] = ("need", "proposal", "criticism", "agreement")
MAX_AGREED = 500


def note_is_known(kind: str) -> bool:
    """Whether a kind of note is one of those of the field."""
    return kind in NOTE_KINDS
