"""What several counters found of the phrases of different groups, put together as if one had counted them all. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from consult.analytics.phrases import PhraseCounter


def joined(parts: Iterable[PhraseCounter]) -> PhraseCounter:
    """One counter of what all of `parts` counted, each of groups of its own, in this order."""
    whole = PhraseCounter()
    for part in parts:
        for name, theirs in vars(part).items():
            mine = getattr(whole, name)
            if isinstance(mine, Counter):
                mine.update(theirs)
                continue
            for key, found in theirs.items():
                if isinstance(found, str):
                    mine.setdefault(key, found)  # The language a word was first said in.
                elif isinstance(found, list):
                    mine[key].extend(found)
                else:
                    mine[key].update(found)
    return whole
