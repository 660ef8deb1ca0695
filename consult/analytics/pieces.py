"""Texts cut into the word pieces of the language model, as its own tokenizer cuts them, in a seventh of the memory.

The cut is the likeliest one under the vocabulary's unigram model (Kudo 2018). A piece may begin with the sign for a space and never goes
on beyond the next one, so a text is cut word by word, and the words of a language come back: each is cut once. Where two cuts of a word are
so nearly alike that what stands before it may decide, by the last digits of a sum, the text is cut as a whole: numbers are the same either way.
"""

from __future__ import annotations

import json
from array import array
from functools import lru_cache
from pathlib import Path

SPACE = "▁"
UNKNOWN_LOSS = 10.0  # of a character that stands in no piece, below the least likely one
SURE = 1e-6  # a difference between two cuts that no order of adding up makes up for
MOST_WORDS = 32_768  # kept cut

Cut = tuple[tuple[int, ...], bool]


class Pieces:
    """The model's vocabulary: texts to numbers of word pieces."""

    def __init__(self, folder: Path) -> None:
        model = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]
        characters = json.loads((folder / "characters.json").read_text(encoding="utf-8"))
        self._characters = {int(code): text for code, text in characters.items()}
        self._unknown: int = model["unk_id"]
        self._numbers = {piece: number for number, (piece, _) in enumerate(model["vocab"])}
        self._scores = array("d", [score for _, score in model["vocab"]])
        self._unknown_score = min(self._scores) - UNKNOWN_LOSS
        self._longest = max(map(len, self._numbers))
        self._by_word = not any(SPACE in piece[1:] for piece in self._numbers)
        self._cut_word = lru_cache(maxsize=MOST_WORDS)(self._cut)

    def of(self, text: str) -> list[int]:
        """The numbers of a text's pieces, without those that mark its begin and end."""
        cleaned = " ".join(text.translate(self._characters).split())
        if not cleaned:
            return []
        whole = SPACE + cleaned.replace(" ", SPACE)
        if self._by_word:
            found = [self._cut_word(SPACE + word) for word in whole[1:].split(SPACE)]
            if all(sure for _, sure in found):
                return [number for numbers, _ in found for number in numbers]
        return list(self._cut(whole)[0])

    def _cut(self, text: str) -> Cut:
        """The likeliest cut, the earlier begin of a piece winning where two are equal, and whether none came near it."""
        size = len(text)
        best = [0.0] * (size + 1)
        begins = [-1] * (size + 1)
        numbers = [self._unknown] * (size + 1)
        known, scores, sure = self._numbers, self._scores, True
        for start in range(size):
            here = best[start]
            for end in range(start + 1, min(size, start + self._longest) + 1):
                number = known.get(text[start:end])
                if number is None and end > start + 1:
                    continue
                score = here + (self._unknown_score if number is None else scores[number])
                if begins[end] >= 0:
                    sure = sure and abs(score - best[end]) > SURE
                    if score <= best[end]:
                        continue
                best[end], begins[end], numbers[end] = score, start, self._unknown if number is None else number
        found: list[int] = []
        end = size
        while end > 0:
            # Characters that stand in no piece are one unknown piece together.
            if not (numbers[end] == self._unknown and found and found[-1] == self._unknown):
                found.append(numbers[end])
            end = begins[end]
        return tuple(reversed(found)), sure
