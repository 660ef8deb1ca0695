"""What became of a text, word by word and sentence by sentence. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORDS = re.compile(r"\s+|[^\s]+")
#: Between sentences, and after each line: what stands between two such places is kept or changed as a whole.
_BREAKS = re.compile(r"(?<=[.!?…])(?=\s)|(?<=\n)(?=.)")
_DIGITS = re.compile(r"\d[\d.,]*")
#: How alike two sentences must be to count as one that was changed, 0 to 1.
ALIKE = 0.5


#: How many pairs of equal words a comparison may begin with. A text of 8,000 characters has some ten thousand; what repeats one word
#: for ever has millions, and comparing it takes minutes (the time grows with the cube of the repetitions).
_MOST_PAIRS = 60_000


def _tame(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether two rows of pieces repeat themselves little enough to be compared. Blanks between words don't count: words part them."""
    there = Counter(new)
    return sum(n * there[piece] for piece, n in Counter(old).items() if not piece.isspace()) <= _MOST_PAIRS


def changes(before: str, after: str) -> Sequence[tuple[str, str]]:
    """What became of a text, word by word: pieces marked same, added or gone, in order.

    Texts that repeat themselves too much to be compared so are compared line by line, and if need be as wholes.
    """
    if before == after:
        return [("same", before)] if before else []
    for split in (_WORDS.findall, _BREAKS.split):
        old, new = split(before), split(after)
        if _tame(old, new):
            return _compared(old, new)
    return [(kind, text) for kind, text in (("gone", before), ("added", after)) if text]


#: Up to so many characters a text is short.
SHORT = 160


def side_by_side(one: str, other: str) -> tuple[list[tuple[bool, str]], list[tuple[bool, str]]]:
    """Two texts for two columns: each as pieces, with whether the piece stands only there. Blanks between two changes go with them.

    Short texts come whole and unmarked: eyes are faster than marks there.
    """
    if max(len(one), len(other)) <= SHORT:
        return [(False, one)], [(False, other)]
    left: list[tuple[bool, str]] = []
    right: list[tuple[bool, str]] = []

    def put(column: list[tuple[bool, str]], apart: bool, text: str) -> None:
        if column and column[-1][0] == apart:
            column[-1] = (apart, column[-1][1] + text)
        else:
            column.append((apart, text))

    pieces = changes(one, other)
    for place, (kind, text) in enumerate(pieces):
        apart = kind != "same" or (0 < place < len(pieces) - 1 and not text.strip())
        if kind != "added":
            put(left, apart, text)
        if kind != "gone":
            put(right, apart, text)
    return left, right


def _compared(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    pieces: list[tuple[str, str]] = []
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(("same", "".join(old[i:j])))
            continue
        if i < j:
            pieces.append(("gone", "".join(old[i:j])))
        if k < m:
            pieces.append(("added", "".join(new[k:m])))
    return pieces


Hunk = tuple[int, int, tuple[str, ...]]


def _hunks(base: Sequence[str], new: Sequence[str]) -> list[Hunk]:
    """What was put in the place of which pieces of the base, in order."""
    matcher = SequenceMatcher(None, base, new, autojunk=False)
    return [(i, j, tuple(new[k:m])) for tag, i, j, k, m in matcher.get_opcodes() if tag != "equal"]


def united(base: str, one: str, other: str) -> str | None:
    """A text that was changed twice, apart, with both changes; None where both touched the same sentence, or the same place.

    Sentence by sentence, never word by word: two halves of a sentence that two people changed seldom make one that either meant.
    """
    if base in (one, other):
        return other if base == one else one
    pieces, first, second = (_BREAKS.split(text) for text in (base, one, other))
    if not (_tame(pieces, first) and _tame(pieces, second)):
        return None
    hunks = {*_hunks(pieces, first), *_hunks(pieces, second)}
    result: list[str] = []
    at = 0
    last: Hunk | None = None
    for hunk in sorted(hunks):
        start, end, new = hunk
        # A change that both made alike stands once in the set; anything else that meets is a clash.
        if last is not None and (start < last[1] or start == last[0]):
            return None
        result += [*pieces[at:start], *new]
        at, last = end, hunk
    return "".join([*result, *pieces[at:]])


@dataclass(frozen=True, slots=True)
class SentenceChange:
    """A sentence and what became of it: same, numbers (nothing else changed), changed, gone or added; `pieces` word by word."""

    kind: str
    pieces: tuple[tuple[str, str], ...]


def alike(one: str, other: str) -> float:
    """How much two texts have in common, word by word, 0 to 1."""
    matcher = SequenceMatcher(None, one.casefold().split(), other.casefold().split(), autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() > ALIKE / 2 else 0.0


def reworded(before: str, after: str) -> Sequence[tuple[str, str]]:
    """What became of a line: word by word where it was changed, the whole of it where it says something else."""
    return (
        changes(before, after) if alike(before, after) >= ALIKE else [("gone", before), ("same", " "), ("added", after)]
    )


def sentence_changes(before: Sequence[str], after: Sequence[str]) -> list[SentenceChange]:
    """Two rows of sentences set side by side, in reading order: equal ones first found, then the most alike among the rest."""
    found: list[SentenceChange] = []
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [SentenceChange("same", (("same", text),)) for text in before[i:j]]
        else:
            found += _between(before[i:j], after[k:m])
    return found


def _between(old: Sequence[str], new: Sequence[str]) -> list[SentenceChange]:
    """Sentences that are not equal: each new one beside the most alike old one not before the last paired, the rest added or gone."""
    found: list[SentenceChange] = []
    start = 0
    for text in new:
        score, at = max(((alike(old[i], text), -i) for i in range(start, len(old))), default=(0.0, 0))
        if score < ALIKE:
            found.append(SentenceChange("added", (("added", text),)))
            continue
        found += [SentenceChange("gone", (("gone", left),)) for left in old[start:-at]]
        before = old[-at]
        kind = "numbers" if _DIGITS.sub("0", before) == _DIGITS.sub("0", text) else "changed"
        found.append(SentenceChange(kind, tuple(changes(before, text))))
        start = 1 - at
    return found + [SentenceChange("gone", (("gone", left),)) for left in old[start:]]
