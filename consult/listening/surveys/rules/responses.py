"""Answers collected elsewhere, as rows of a table: which column answers what, and each row in the form in which a sheet is sent. Pure."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consult.core.sentences import Sentence
from consult.core.vocabulary import SpeakerKind
from consult.listening.sources.rules import fold, speaker_from
from consult.listening.surveys.rules.answers import LISTS, NEEDED, clean_values
from consult.listening.surveys.rules.tables import Table
from consult.listening.surveys.types import DONT_KNOW, OTHER, PREFER_NOT, QuestionRow

#: After so many rows `progress` hears of them.
ROWS_A_STEP = 500
#: The column that names a row, so that the same row is known again.
IDENTITY = "_id"
_YES = frozenset({"y", "yes", "si", "1", "true", "vero", "x", "selezionato", "oui", "ja"})
_NO = frozenset({"n", "no", "0", "false", "falso", "non selezionato", "non", "nein"})
_DONT_KNOW = frozenset({"non so", "i don t know", "don t know"})
_PREFER_NOT = frozenset({"preferisco non rispondere", "i prefer not to answer", "prefer not to say"})
_IDENTITIES = frozenset({"id", "id risposta", "response id", "risposta id", "seed"})


def targets_of(questions: Sequence[QuestionRow]) -> dict[str, str]:
    """What a column can answer: a question, a part of one, or the words of "another answer"; each with its name."""
    found: dict[str, str] = {}
    for question in questions:
        if not question.asks or question.kind == "file":
            continue
        if question.kind not in {"matrix", "matrix_multiple", "points"}:
            found[question.code] = f"{question.code} · {question.text[:80]}"
        if question.kind in {"multiple", "matrix", "matrix_multiple", "points", "ranking"}:
            for part in question.rows or question.options:
                found[f"{question.code}|{part.code}"] = f"{question.code} · {question.text[:50]}: {part.label[:50]}"
        if question.kind == "ranking":
            for n in range(1, len(question.options) + 1):
                found[f"{question.code}|#{n}"] = f"{question.code} · {question.text[:50]}: {n}°"
        if question.settings.get("other") and question.kind in {"single", "multiple"}:
            found[f"{question.code}|{OTHER}"] = f"{question.code} · {question.text[:50]}: …"
    return found


def guess(headings: Sequence[str], questions: Sequence[QuestionRow]) -> dict[int, str]:
    """What each column most likely answers, by code (LimeSurvey) or by text (Google Forms); a target is given once."""
    named: dict[str, str] = {}
    for question in questions:
        if not question.asks or question.kind == "file":
            continue
        for start in (question.code, question.text):
            named.setdefault(fold(start), question.code)
            for n, part in enumerate(question.rows or question.options, 1):
                for end in (part.code, part.label):
                    named.setdefault(fold(f"{start} [{end}]"), f"{question.code}|{part.code}")
                if question.kind == "ranking":
                    named.setdefault(fold(f"{start} [{n}]"), f"{question.code}|#{n}")
            for end in ("other", "altro"):
                named.setdefault(fold(f"{start} [{end}]"), f"{question.code}|{OTHER}")
    known = targets_of(questions)
    found: dict[int, str] = {}
    for number, heading in enumerate(headings):
        text = re.sub(r"\s*\[(?:scale|scala)\s*[0-9]\]$", "", heading, flags=re.IGNORECASE)
        wanted = named.get(fold(text)) or named.get(fold(re.sub(r"^[A-Za-z0-9_]+\.\s+", "", text)))
        if wanted is None and fold(heading) in _IDENTITIES:
            wanted = IDENTITY
        if wanted and wanted not in found.values() and (wanted in known or wanted == IDENTITY):
            found[number] = wanted
    return found


@dataclass(frozen=True, slots=True)
class Outside:
    """Names of places, as people write them, and the codes that can be answered."""

    places: Mapping[str, str]
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Taken:
    """A row that can be taken: its line, answers in their stored form, and a mark that is the same whenever it comes again."""

    line: int
    values: dict[str, Any]
    mark: bytes


def take_rows(
    table: Table,
    mapping: Mapping[int, str],
    questions: Sequence[QuestionRow],
    outside: Outside,
    *,
    questionnaire_id: uuid.UUID,
    incomplete: bool = False,
    progress: Callable[[int], None] | None = None,
) -> tuple[list[Taken], list[tuple[int, str]]]:
    """The rows that can be taken, and the lines that can't with the reason. `incomplete`: missing answers are no reason.

    `progress` hears now and then how many rows were looked at.
    """
    by_code = {question.code: question for question in questions}
    good: list[Taken] = []
    bad: list[tuple[int, str]] = []
    seen: Counter[str] = Counter()
    for number, (line, cells) in enumerate(table.rows):
        if progress and number % ROWS_A_STEP == 0:
            progress(number)
        raw: dict[str, Any] = {}
        identity = ""
        for column, target in mapping.items():
            text = cells[column] if column < len(cells) else ""
            if target == IDENTITY:
                identity = text
            elif text:
                code, _bar, part = target.partition("|")
                if code in by_code:
                    _put(raw, by_code[code], part, text, outside)
        values, problems = clean_values(questions, raw, outside.codes)
        if incomplete:
            problems = {key: why for key, why in problems.items() if why != NEEDED}
        if problems:
            first = next(question for question in questions if str(question.id) in problems)
            bad.append(
                (line, Sentence("domanda %(question)s: %(why)s", question=first.code, why=problems[str(first.id)]))
            )
        elif not values:
            bad.append((line, Sentence("Non c’è nessuna risposta nelle colonne scelte.")))
        else:
            stable = identity or json.dumps(values, sort_keys=True, ensure_ascii=False)
            # Two people may say the same: the second time it is another row, unless the file names its rows.
            seen[stable] += 1
            if identity and seen[stable] > 1:
                bad.append((line, Sentence("«%(id)s» è già in un’altra riga di questo file.", id=identity[:60])))
                continue
            mark = f"import:{questionnaire_id}:{'id' if identity else seen[stable]}:{stable}"
            good.append(Taken(line, values, hashlib.sha256(mark.encode()).digest()))
    return good, bad


def _put(raw: dict[str, Any], question: QuestionRow, part: str, text: str, outside: Outside) -> None:
    key, kind = str(question.id), question.kind
    way_out = _way_out(question, text)
    if way_out:
        raw[key] = way_out
    elif part == OTHER:
        raw[question.other_key] = text
        raw[key] = [*raw.get(key, []), OTHER] if kind == "multiple" else OTHER
    elif part.startswith("#"):
        raw.setdefault(key, {})[_option(question, text)] = part[1:]
    elif part and kind == "multiple":
        if fold(text) in _YES or _option(question, text) == part:
            raw[key] = [*raw.get(key, []), part]
        elif fold(text) not in _NO:
            raw[key] = [*raw.get(key, []), text]
    elif part and kind == "matrix_multiple":
        raw.setdefault(key, {})[part] = _split(question, text)[0]
    elif part and kind == "matrix":
        raw.setdefault(key, {})[part] = _option(question, text)
    elif part:
        raw.setdefault(key, {})[part] = text
    else:
        _whole(raw, question, text, outside)


def _whole(raw: dict[str, Any], question: QuestionRow, text: str, outside: Outside) -> None:
    key, kind = str(question.id), question.kind
    if kind in {"strategy", "axis"}:
        raw[key] = [each.strip().split(" ")[0].rstrip(".") for each in re.split(r"[;|]", text) if each.strip()]
    elif kind in LISTS:
        chosen, rest = _split(question, text)
        if rest and question.settings.get("other"):
            chosen, raw[question.other_key] = [*chosen, OTHER], rest
        elif rest:
            chosen = [*chosen, rest]
        raw[key] = chosen
    elif kind in {"single", "likert"}:
        code = _option(question, text)
        known = {option.code for option in question.options}
        if code not in known and question.settings.get("other"):
            raw[key], raw[question.other_key] = OTHER, raw.get(question.other_key) or text
        else:
            raw[key] = code
    elif kind in {"yes_no", "consent"}:
        raw[key] = "yes" if fold(text) in _YES else ("no" if kind == "yes_no" else "") if fold(text) in _NO else text
    elif kind == "place":
        raw[key] = text if text in outside.codes else outside.places.get(fold(text), text)
    elif kind == "speaker":
        raw[key] = text if text in set(SpeakerKind) else str(speaker_from(text) or text)
    elif kind == "date":
        raw[key] = re.split(r"[ T]", text)[0]
    else:
        raw[key] = text


def _way_out(question: QuestionRow, text: str) -> str:
    words = {DONT_KNOW: _DONT_KNOW, PREFER_NOT: _PREFER_NOT}
    return next((code for code in question.ways_out if text == code or fold(text) in words[code]), "")


def _option(question: QuestionRow, text: str) -> str:
    """The code of an option written as code, label or translated label; the text itself where it is none."""
    codes = {option.code for option in question.options}
    if text in codes:
        return text
    wanted = fold(text)
    for option in question.options:
        labels = [option.label, *(str(words.get(f"o.{option.code}", "")) for words in question.texts.values())]
        if wanted in {fold(label) for label in labels if label}:
            return option.code
    return text


def _split(question: QuestionRow, text: str) -> tuple[list[str], str]:
    """Several answers in one cell, in order; labels may hold the very commas that part them, so the longest are found first."""
    found: list[tuple[int, str]] = []
    rest = text
    names = [(option.label, option.code) for option in question.options] + [(o.code, o.code) for o in question.options]
    for name, code in sorted(names, key=lambda each: -len(each[0])):
        match = re.search(rf"(?:^|[,;|>›]\s*){re.escape(name)}\s*(?=$|[,;|>›])", rest, re.IGNORECASE)
        if match and code not in {c for _place, c in found}:
            found.append((match.start(), code))
            rest = rest[: match.start()] + ";" + " " * (match.end() - match.start() - 1) + rest[match.end() :]
    left = " ".join(part.strip() for part in re.split(r"[;|]", rest) if part.strip(" ,>›")).strip(" ,>›")
    return [code for _place, code in sorted(found)], left
