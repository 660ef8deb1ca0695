"""Plain shapes of a paper's files."""

from __future__ import annotations

from enum import StrEnum


class FileFailure(StrEnum):
    """Why a file could not be built: beyond the time or memory it is given, refused by the typesetter, lost with its worker each time."""

    too_much = "too_much"
    refused = "refused"
    lost = "lost"
