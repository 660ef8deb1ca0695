"""The pieces a document is read as, and the codes of refusals."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, heading, line or table row, in reading order.

    `kind`: paragraph, heading (with `level`), line (of a text file; may be empty) or row (with `cells`).
    `page` where the document tells it.
    """

    text: str
    kind: str = "paragraph"
    level: int = 0
    page: int | None = None
    cells: tuple[str, ...] = ()

    def as_json(self) -> list[Any]:
        """Short, since there may be ten thousand."""
        return [self.text, self.kind, self.level, self.page, list(self.cells)]

    @classmethod
    def from_json(cls, row: list[Any]) -> Block:
        """Back from the child."""
        return cls(row[0], row[1], row[2], row[3], tuple(row[4]))


class Refused(Exception):
    """The document can't be read; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def tell(done: int, total: int) -> None:
    """Say how far the child is, to whoever started it."""
    sys.stderr.write(f"{done}/{total}\n")
    sys.stderr.flush()
