"""Where quoted words stand, and whether they still do. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from consult.evidence.types import Place

#: Where a quote stands in a sentence: ⟦0⟧, ⟦1⟧ ...
MARK = re.compile(r"⟦(\d+)⟧")
_QUOTED = re.compile(r"«([^«»]{4,})»|“([^“”]{4,})”|\"([^\"]{8,})\"")


def words_hash(words: str) -> str:
    """Hash of quoted words, to know whether they still stand where they stood."""
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()


def find_words(words: str, text: str) -> tuple[int, int] | None:
    """Where words stand in a text, whatever the white space between them; None where they don't."""
    parts = words.split()
    if not parts:
        return None
    if any(part not in text for part in parts):
        return None  # Looking for words is many times faster than for a pattern, and most texts don't hold them.
    match = re.search(r"\s+".join(map(re.escape, parts)), text)
    return match.span() if match else None


def bind(text: str, sources: Mapping[str, tuple[str, int]]) -> tuple[str, tuple[Place, ...]]:
    """Replace words that stand verbatim in a source by their place. `sources`: id -> (text, revision).

    Words between quotation marks are looked for, and a sentence that is nothing but a piece of a source; other words stay.
    """
    found: list[Place] = []

    def place_of(words: str) -> str | None:
        for source_id, (body, revision) in sources.items():
            span = find_words(words.rstrip(" .") if words.endswith(".") else words, body)
            if span is not None:
                found.append(Place(source_id, span[0], span[1], words_hash(body[span[0] : span[1]]), revision))
                return f"⟦{len(found) - 1}⟧"
        return None

    text = MARK.sub("", text)
    bound = _QUOTED.sub(
        lambda m: f"«{mark}»" if (mark := place_of((m[1] or m[2] or m[3]).strip())) else m.group(), text
    )
    if not found and len(text.split()) >= 4:
        bound = f"«{mark}»" if (mark := place_of(text.strip(' «»“”"'))) else bound
    return bound, tuple(found)


def words_at(place: Place, text: str) -> str | None:
    """The quoted words where they still stand in the source's present text; None where the text changed there."""
    words = text[place.start : place.end]
    return words if words and words_hash(words) == place.sha256 else None
