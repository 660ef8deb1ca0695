"""When a question or page is shown: groups of comparisons with earlier answers. Pure; `static/js/questionnaire.js` says the same.

A condition is {"all": [...]} or {"any": [...]} of further conditions, or one comparison
{"question": code, "part": code of a row or option or "", "op": one of OPS, "value": text}. Values are compared as texts, without
regard to case and to runs of blanks, or as numbers where both are. A question that is not shown counts as not answered, and the
negations (not_equal, not_contains, not_answered) hold for it. One table of cases in the tests holds both languages to this.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from consult.listening.surveys.types import QuestionRow

OPS = (
    "equal", "not_equal", "contains", "not_contains", "greater", "at_least", "less", "at_most", "answered", "not_answered",
)  # fmt: skip  # one line reads better
DEEPEST = 4
MOST_COMPARISONS = 30
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:[.,][0-9]{1,9})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BLANKS = re.compile(r"[ \t\n\r]+")


def plain(value: Any) -> str:
    """A value as it is compared: one line, lower case, numbers without a needless fraction."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", str(value))).strip(" ").lower()


def _number(text: str) -> float | None:
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def _same(one: str, other: str) -> bool:
    first, second = _number(one), _number(other)
    return one == other or (first is not None and first == second)


def part_of(value: Any, part: str) -> Any:
    """The answer of a row (matrix), the points of an option, or the rank of an option, from 1."""
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, list):
        return value.index(part) + 1 if part in value else None
    return None


def compare(op: str, answer: Any, value: str) -> bool:
    """Whether one comparison holds for an answer in its stored form."""
    if op.startswith("not_"):
        return not compare(op.removeprefix("not_"), answer, value)
    if answer is None or answer in ("", [], {}):
        return False
    if op == "answered":
        return True
    wanted = plain(value)
    if isinstance(answer, Mapping):
        # A whole matrix or distribution is only answered or not; its parts can be compared.
        return False
    if isinstance(answer, list):
        given = [plain(each) for each in answer]
        if op == "contains":
            return any(_same(each, wanted) for each in given)
        return op == "equal" and len(given) == 1 and _same(given[0], wanted)
    text = plain(answer)
    if op == "equal":
        return _same(text, wanted)
    if op == "contains":
        return bool(wanted) and wanted in text
    first: Any = _number(text)
    second: Any = _number(wanted)
    if first is None or second is None:
        if not (_DAY.fullmatch(text) and _DAY.fullmatch(wanted)):
            return False
        first, second = text, wanted
    return bool(
        first > second
        if op == "greater"
        else first >= second
        if op == "at_least"
        else first < second
        if op == "less"
        else op == "at_most" and first <= second
    )


def holds(condition: Mapping[str, Any] | None, answers: Mapping[str, Any]) -> bool:
    """Whether a condition holds for answers by question code; no condition holds always."""
    if not condition:
        return True
    if "all" in condition:
        return all(holds(each, answers) for each in condition["all"])
    if "any" in condition:
        return any(holds(each, answers) for each in condition["any"])
    answer = answers.get(condition["question"])
    if condition.get("part"):
        answer = part_of(answer, condition["part"])
    return compare(condition["op"], answer, str(condition.get("value") or ""))


def comparisons(condition: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """All comparisons within a condition, in order."""
    if condition:
        for group in ("all", "any"):
            for each in condition.get(group, ()):
                yield from comparisons(each)
        if "question" in condition:
            yield condition


def asked_of(condition: Mapping[str, Any] | None) -> set[str]:
    """Codes of the questions a condition looks at."""
    return {each["question"] for each in comparisons(condition)}


def rename(condition: Any, old: str, new: str) -> Any:
    """The condition with a question called by its new code."""
    if isinstance(condition, Mapping):
        changed = {key: rename(each, old, new) for key, each in condition.items()}
        if condition.get("question") == old:
            changed["question"] = new
        return changed
    if isinstance(condition, list):
        return [rename(each, old, new) for each in condition]
    return condition


def is_shown(question: QuestionRow, answers: Mapping[str, Any]) -> bool:
    """Whether a question is shown, its page included, to somebody whose answers to the shown questions before it are these, by code."""
    return holds(question.page_condition, answers) and holds(question.condition, answers)


def shown(questions: Sequence[QuestionRow], answers: Mapping[str, Any]) -> list[QuestionRow]:
    """The questions that are shown for answers by code; an answer to a hidden question counts as none."""
    seen: dict[str, Any] = {}
    found: list[QuestionRow] = []
    for question in questions:
        if is_shown(question, seen):
            found.append(question)
            if question.code in answers:
                seen[question.code] = answers[question.code]
    return found


def by_code(questions: Sequence[QuestionRow], values: Mapping[str, Any]) -> dict[str, Any]:
    """Answers by question code, from answers by question key."""
    return {q.code: values[str(q.id)] for q in questions if str(q.id) in values}


def steps(questions: Sequence[QuestionRow], values: Mapping[str, Any]) -> list[int]:
    """The pages that somebody with these answers (by question key) goes through; those without a shown question are skipped."""
    return sorted({question.page for question in shown(questions, by_code(questions, values))})


def stopped_at(questions: Sequence[QuestionRow], values: Mapping[str, Any]) -> int | None:
    """The page where somebody with these answers stopped: the last that has one, or the next where nothing is missing on it."""
    seen = shown(questions, by_code(questions, values))
    answered = [question.page for question in seen if str(question.id) in values]
    if not answered:
        return None
    last = max(answered)
    missing = any(question.asks and str(question.id) not in values for question in seen if question.page == last)
    after = sorted({question.page for question in seen if question.page > last})
    return last if missing or not after else after[0]


def decided(question: QuestionRow, questions: Sequence[QuestionRow]) -> bool:
    """Whether its condition looks at earlier pages only, so that it is known before its page is shown."""
    here = {q.code for q in questions if q.page == question.page}
    return not asked_of(question.condition) & here
