"""How alike a finding and the provisions of existing plans are, by the words they share. Pure; it only suggests."""

from __future__ import annotations

import math
import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

#: Below so much likeness a provision is no suggestion; a strategy in common adds to it.
LEAST, SAME_STRATEGY, SUGGESTED = 0.06, 0.10, 6
#: So many words in common make a text like another whose title shares none.
ENOUGH = 3


@dataclass(frozen=True, slots=True)
class Likeness:
    """A text that is like another, how much (0 to 1), and the words that say so, the rarest first."""

    key: uuid.UUID
    score: float
    words: tuple[str, ...]


def rank(
    wanted: Collection[str],
    texts: Mapping[uuid.UUID, Collection[str]],
    *,
    alike: Collection[uuid.UUID] = (),
    heads: Collection[str] = (),
) -> list[Likeness]:
    """Texts by likeness to the wanted words, best first: cosine over word stems, each weighed by its rarity among the texts.

    `alike` are texts that share a strategy with the finding: they gain a little, never enough alone. With `heads`, the words that say
    what it is about, the rest is what many voices said: words that no text has do not count against one that has the others, and a text
    that shares none of the heads must share several words.
    """
    mine, favoured = set(wanted), set(alike)
    number: Counter[str] = Counter(word for words in texts.values() for word in set(words))
    weight = {word: math.log((1 + len(texts)) / (0.5 + n)) for word, n in number.items()}
    rare = math.log((1 + len(texts)) / 0.5)
    counted = [word for word in mine if word in weight or not heads]
    length = math.sqrt(sum(weight.get(word, rare) ** 2 for word in counted)) or 1.0
    named_in = set(heads)
    found = []
    for key, words in texts.items():
        shared = mine & set(words)
        if heads and not shared & named_in and len(shared) < ENOUGH:
            continue
        own = math.sqrt(sum(weight[word] ** 2 for word in set(words))) or 1.0
        score = sum(weight[word] ** 2 for word in shared) / (length * own)
        if score > 0 and key in favoured:
            score += SAME_STRATEGY
        if score >= LEAST and shared:
            named = sorted(shared, key=lambda word: (-weight[word], word))
            found.append(Likeness(key, min(score, 1.0), tuple(named[:6])))
    return sorted(found, key=lambda item: (-item.score, str(item.key)))[:SUGGESTED]
