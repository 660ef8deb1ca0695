"""Things that were read and will be asked for again in a moment, kept in the memory of one process."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session


class Kept:
    """The latest things by key; the oldest go. Threads may do the same work twice, never see half of it.

    Who gets a thing shares it with others and changes nothing in it.
    """

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._things: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()

    def get(self, key: Hashable, *, younger_than: float = float("inf")) -> Any:
        """The thing, or None; `younger_than` in seconds."""
        kept = self._things.get(key)
        return kept[1] if kept is not None and time.monotonic() - kept[0] < younger_than else None

    def put(self, key: Hashable, thing: Any) -> Any:
        """Keep it as the latest, also where one was kept under this key before."""
        self._things[key] = time.monotonic(), thing
        self._things.move_to_end(key)
        while len(self._things) > self._most:
            self._things.popitem(last=False)
        return thing


#: To be asked for its name an address is written out; an engine's own never changes.
_NAMES: WeakKeyDictionary[Engine, str] = WeakKeyDictionary()


def database_of(session: Session) -> str:
    """The database a thing was read from, as part of its key."""
    engine = session.get_bind().engine
    found = _NAMES.get(engine)
    if found is None:
        found = _NAMES[engine] = str(engine.url)
    return found
