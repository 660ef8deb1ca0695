"""Keyset paging: a page starts after a row, never at an offset, so page 100 costs what page 1 costs."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from consult.core.errors import Invalid

T = TypeVar("T")
_INCOMPLETE = "L’indirizzo della pagina non è completo: si può ripartire dall’inizio dell’elenco."


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows of one page and the cursor of the next (None on the last)."""

    rows: Sequence[T]
    next_cursor: str | None
    total: int | None = None


def encode_cursor(values: Sequence[Any]) -> str:
    """Write the sort values of the last row as an opaque text for the address."""
    raw = json.dumps([str(v) if v is not None else None for v in values], separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, length: int) -> list[str | None] | None:
    """Read a cursor of `length` values; None where there is none. Raises Invalid for anything else."""
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        values = json.loads(raw)
    except (binascii.Error, ValueError, UnicodeDecodeError) as error:
        raise Invalid(_INCOMPLETE) from error
    if (
        not isinstance(values, list)
        or len(values) != length
        or any(v is not None and not isinstance(v, str) for v in values)
    ):
        raise Invalid(_INCOMPLETE)
    return values


def cursor_moment(value: str | None) -> datetime:
    """An instant out of a cursor; raises Invalid for anything else."""
    try:
        moment = datetime.fromisoformat(value or "")
    except ValueError as error:
        raise Invalid(_INCOMPLETE) from error
    if moment.tzinfo is None:
        raise Invalid(_INCOMPLETE)
    return moment


def cursor_key(value: str | None) -> uuid.UUID:
    """A key out of a cursor; raises Invalid for anything else."""
    try:
        return uuid.UUID(value or "")
    except ValueError as error:
        raise Invalid(_INCOMPLETE) from error


def cursor_number(value: str | None) -> int:
    """A whole number of at most 64 bits out of a cursor; raises Invalid for anything else."""
    try:
        number = int(value or "")
    except ValueError as error:
        raise Invalid(_INCOMPLETE) from error
    if not -(2**63) <= number < 2**63:
        raise Invalid(_INCOMPLETE)
    return number


def cut_page(rows: Sequence[T], size: int, key: Callable[[T], Sequence[Any]], total: int | None = None) -> Page[T]:
    """Make a page of `size` from a query that asked for `size + 1` rows."""
    shown = rows[:size]
    cursor = encode_cursor(key(shown[-1])) if len(rows) > size and shown else None
    return Page(rows=shown, next_cursor=cursor, total=total)
