"""How work is cut, how long it lasts, hashes of inputs. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

#: A part must be ready well within the worker's soft limit of 75 s on a busy core: at about 25 texts a second, a third of it.
SHARD_SOURCES = 100
SHARD_CHARACTERS = 60_000


def cut_into_shards(sizes: Sequence[tuple[str, int]], most: int = SHARD_SOURCES) -> list[list[str]]:
    """Cut sources, given as (id, characters) in order, into parts of bounded number and length; a very long one stands alone."""
    shards: list[list[str]] = []
    room = 0
    for source_id, characters in sizes:
        if not shards or len(shards[-1]) >= most or room < characters:
            shards.append([])
            room = SHARD_CHARACTERS
        shards[-1].append(source_id)
        room -= characters
    return shards


def inputs_hash(inputs: Iterable[tuple[str, int, str]]) -> str:
    """Hash over (id, revision, content hash) of all inputs in order of id: equal for equal inputs, whatever their order."""
    total, listed = hashlib.sha256(), sorted(inputs)
    # Many lines at once: feeding the hash line by line takes longer than the hash itself.
    for start in range(0, len(listed), 1000):
        lines = [f"{key}\x1f{revision}\x1f{digest}\n" for key, revision, digest in listed[start : start + 1000]]
        total.update("".join(lines).encode())
    return total.hexdigest()


def inputs_with(inputs: Iterable[Sequence[Any]], changes: Iterable[Sequence[Any]]) -> list[tuple[str, int, str]]:
    """Inputs, in order of id, with some changed; what is changed to revision 0 is no longer among them."""
    found: dict[str, Any] = {row[0]: tuple(row) for row in inputs}
    found |= {row[0]: tuple(row) for row in changes}
    return [found[key] for key in sorted(found) if found[key][1]]


def remaining_seconds(done: int, total: int, passed: float) -> float | None:
    """Seconds left at the pace so far; None until a tenth is done, since the first parts tell little."""
    if total <= 0 or done * 10 < total or passed <= 0:
        return None
    return passed / done * (total - done)
