"""Answers on paper: the numbers printed beside the choices, and how an operator types an answer with them, one line a question. Pure.

One choice: its number. Several: numbers with blanks. A grid: a number per row ("2 1 - 3"; several per row: "1 2 / 3 / -"). An order
of preference: for each voice, as printed, the place written beside it ("2 - 1"). Points: the number beside each voice. Place: number of
the zone, or the name of the municipality. Whatever can't be read is refused with a sentence that says how to write it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from consult.core.sentences import Sentence
from consult.core.vocabulary import SpeakerKind
from consult.listening.sources.rules import fold
from consult.listening.surveys.types import DONT_KNOW, OTHER, PREFER_NOT, QuestionRow

_SPLIT = re.compile(r"[\s,;]+")
NOTHING = {"-", "–", "0"}
#: Kinds that an operator can't type: nothing is asked, or a file would have to come from paper.
NOT_ON_PAPER = frozenset({"display", "file"})


def paper_codes(question: QuestionRow) -> list[str]:
    """The codes that are printed with a number, in order: choices, "another answer", then the ways out."""
    own = [option.code for option in question.options]
    if question.kind == "yes_no":
        own = ["yes", "no"]
    elif question.kind == "consent":
        own = ["yes"]
    elif question.kind == "speaker":
        own = [str(kind) for kind in SpeakerKind]
    elif question.kind not in {"single", "multiple", "likert", "matrix", "matrix_multiple", "ranking", "points"}:
        own = []
    if question.settings.get("other") and question.kind in {"single", "multiple"}:
        own.append(OTHER)
    return own


def out_codes(question: QuestionRow) -> list[tuple[str, str]]:
    """What is typed for "I don't know" and "I prefer not to say", where they are offered: ("ns", code), ("nr", code)."""
    typed = {DONT_KNOW: "ns", PREFER_NOT: "nr"}
    return [(typed[code], code) for code in question.ways_out]


def read_line(question: QuestionRow, line: str, places: Mapping[str, str]) -> dict[str, Any]:
    """What an operator typed for one question, as a browser would have sent it: by question key, other words beside.

    `places` maps folded names and numbers of places to their codes. Raises ValueError with a sentence.
    """
    text = line.strip()
    key = str(question.id)
    if not text:
        return {}
    for typed, code in out_codes(question):
        if fold(text) == typed:
            return {key: code}
    kind = question.kind
    if kind in {"short", "long", "number", "scale", "date"}:
        return {key: text}
    if kind == "place":
        place = places.get(fold(text)) or _only(text, places)
        if place is None:
            raise ValueError(Sentence("«%(text)s» non è una zona né un comune di questo territorio.", text=text[:60]))
        return {key: place}
    if kind in {"strategy", "axis"}:
        return {key: [each for each in _SPLIT.split(text) if each]}
    codes = paper_codes(question)
    if kind in {"single", "multiple"}:
        return _choices(question, text, codes)
    if kind in {"matrix", "matrix_multiple"}:
        return {key: _grid(question, text, codes)}
    if kind in {"ranking", "points"}:
        return {key: _beside(question, text, codes)}
    return {key: _code(text, codes)}


def _only(text: str, places: Mapping[str, str]) -> str | None:
    """The one place whose name begins like this."""
    found = {code for name, code in places.items() if name.startswith(fold(text)) and not name.isdigit()}
    return found.pop() if len(found) == 1 else None


def _code(text: str, codes: Sequence[str]) -> str:
    if not text.isdecimal() or not 1 <= int(text) <= len(codes):
        raise ValueError(Sentence("Scrivi il numero stampato accanto alla voce: da 1 a %(n)s.", n=len(codes)))
    return codes[int(text) - 1]


def _choices(question: QuestionRow, text: str, codes: Sequence[str]) -> dict[str, Any]:
    """Numbers; after the number of "another answer" come its words."""
    key = str(question.id)
    chosen: list[str] = []
    rest = text
    while rest:
        parts = _SPLIT.split(rest, maxsplit=1)
        rest = parts[1] if len(parts) > 1 else ""
        code = _code(parts[0], codes)
        chosen.append(code)
        if code == OTHER:
            return {key: chosen if question.kind == "multiple" else code, question.other_key: rest}
    if question.kind == "multiple":
        return {key: chosen}
    if len(chosen) != 1:
        raise ValueError(Sentence("Qui si può scegliere una voce sola."))
    return {key: chosen[0]}


def _grid(question: QuestionRow, text: str, codes: Sequence[str]) -> dict[str, Any]:
    several = question.kind == "matrix_multiple"
    parts = [part.strip() for part in text.split("/")] if several else [each for each in _SPLIT.split(text) if each]
    if len(parts) != len(question.rows):
        sign = " / " if several else " "
        raise ValueError(
            Sentence(
                "Serve un numero per ciascuna delle %(n)s righe (un trattino dove non c’è risposta), separati da «%(sign)s».",
                n=len(question.rows), sign=sign,
            )
        )  # fmt: skip  # one row of values reads better so
    found: dict[str, Any] = {}
    for row, part in zip(question.rows, parts, strict=True):
        if part in NOTHING or not part:
            continue
        found[row.code] = [_code(each, codes) for each in _SPLIT.split(part) if each] if several else _code(part, codes)
    return found


def _beside(question: QuestionRow, text: str, codes: Sequence[str]) -> Any:
    """Places or points written beside each voice, in the order in which they are printed."""
    parts = [each for each in _SPLIT.split(text) if each]
    if len(parts) != len(codes):
        raise ValueError(
            Sentence(
                "Serve un numero per ciascuna delle %(n)s voci, nell’ordine stampato; un trattino dove non c’è.",
                n=len(codes),
            )
        )
    given = {code: part for code, part in zip(codes, parts, strict=True) if part not in NOTHING}
    if question.kind == "points":
        return given
    if not all(part.isdecimal() for part in given.values()):
        raise ValueError(Sentence("Scrivi il posto di ciascuna voce: 1 per la prima, 2 per la seconda."))
    if len(set(given.values())) < len(given):
        raise ValueError(Sentence("Due voci hanno lo stesso posto."))
    return sorted(given, key=lambda code: int(given[code]))
