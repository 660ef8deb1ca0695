"""Whether conditions make sense: well formed, looking back only, and possible to meet. Pure.

Possible means that some answers to the questions looked at meet the condition while those questions are themselves shown. Each question
has few telling answers (its options, the bounds and what lies beside them), so trying them is exact for choices and good for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from consult.core.sentences import Sentence
from consult.core.vocabulary import SpeakerKind
from consult.listening.surveys.rules.answers import LISTS, most_of, option_codes
from consult.listening.surveys.rules.conditions import (
    DEEPEST,
    MOST_COMPARISONS,
    OPS,
    asked_of,
    compare,
    comparisons,
    part_of,
)
from consult.listening.surveys.types import PageRow, QuestionRow

#: Ways a condition can be met that are tried before it is called possible for want of proof.
_MOST_WAYS = 400
#: How far back the conditions of conditions are followed.
_FARTHEST = 12
#: How many comparisons are followed back for one condition, and for all of a questionnaire: of chains that branch there is no end.
_MOST_FOLLOWED, _MOST_FOLLOWED_IN_ALL = 1_000, 15_000
_ORDERED = frozenset({"greater", "at_least", "less", "at_most"})
_ALWAYS_ANY = frozenset({"answered", "not_answered"})
_BY_PART = frozenset({"matrix", "matrix_multiple", "ranking", "points"})
_NUMBERS = frozenset({"scale", "number"})


@dataclass(frozen=True, slots=True)
class Problem:
    """A condition that is refused: the sentence, and the question or page it stands at."""

    sentence: Sentence
    code: str = ""
    page: int | None = None


def well_formed(condition: Any, depth: int = 0) -> bool:
    """Whether something read from a form or file has the shape of a condition."""
    if not isinstance(condition, Mapping) or depth > DEEPEST:
        return False
    for group in ("all", "any"):
        if group in condition:
            each = condition[group]
            return (
                set(condition) == {group}
                and isinstance(each, list)
                and bool(each)
                and all(well_formed(one, depth + 1) for one in each)
            )
    return (
        {"question", "op"} <= set(condition) <= {"question", "op", "part", "value"}
        and all(isinstance(text, str) and len(text) <= 500 for text in condition.values())
        and condition["op"] in OPS
    )


class _Effort:
    """How many comparisons may still be followed back: in all, and for the condition at hand."""

    def __init__(self) -> None:
        self.in_all = _MOST_FOLLOWED_IN_ALL
        self.here = 0

    def begin(self) -> None:
        """Another condition."""
        self.here = min(_MOST_FOLLOWED, self.in_all)

    def spend(self) -> bool:
        """Whether one more may be followed."""
        self.here -= 1
        self.in_all -= 1
        return self.here >= 0


def check_conditions(
    questions: Sequence[QuestionRow], pages: Sequence[PageRow], sound: set[str | int] | None = None
) -> Problem | None:
    """The first condition that can't stand, or None.

    `sound`: codes of questions and numbers of pages that were found to stand, and are added to; a condition that goes leaves them so.
    """
    sound = set() if sound is None else sound
    effort = _Effort()
    by_code = {question.code: question for question in questions}
    place = {question.code: i for i, question in enumerate(questions)}
    for page in pages:
        if page.number in sound:
            continue
        first = next((place[q.code] for q in questions if q.page >= page.number), len(questions))
        name = Sentence("La pagina %(n)s", n=page.number)
        problem = _check(page.condition, name, by_code, place, first, effort)
        if problem:
            return Problem(problem, page=page.number)
        sound.add(page.number)
    for i, question in enumerate(questions):
        if question.code in sound:
            continue
        name = Sentence("La domanda «%(question)s»", question=question.text[:60])
        problem = _check(question.condition, name, by_code, place, i, effort)
        if problem is None and (question.condition or question.page_condition):
            whole = [c for c in (question.condition, question.page_condition) if c]
            if not possible({"all": whole}, by_code, effort):
                problem = Sentence(
                    "%(thing)s non si vedrebbe mai: la sua condizione non può essere vera, qualunque cosa si risponda.",
                    thing=name,
                )
        if problem:
            return Problem(problem, code=question.code)
        sound.add(question.code)
    return None


def _check(
    condition: Mapping[str, Any] | None,
    name: str,
    by_code: Mapping[str, QuestionRow],
    place: Mapping[str, int],
    before: int,
    effort: _Effort,
) -> Sentence | None:
    if not condition:
        return None
    if not well_formed(condition) or len(list(comparisons(condition))) > MOST_COMPARISONS:
        return Sentence("%(thing)s ha una condizione troppo lunga o scritta male.", thing=name)
    for each in comparisons(condition):
        question = by_code.get(each["question"])
        if question is None:
            return Sentence(
                "%(thing)s ha una condizione su una domanda che non c’è: %(code)s.", thing=name, code=each["question"]
            )
        if place[question.code] >= before:
            return Sentence(
                "%(thing)s dipende da «%(question)s», che si chiede dopo o è la stessa: una condizione guarda solo indietro.",
                thing=name,
                question=question.text[:60],
            )
        problem = _fits(each, question)
        if problem:
            return Sentence("%(thing)s non va: %(why)s", thing=name, why=problem)
    if not possible(condition, by_code, effort):
        return Sentence(
            "%(thing)s non si vedrebbe mai: la sua condizione non può essere vera, qualunque cosa si risponda.",
            thing=name,
        )
    return None


def _fits(comparison: Mapping[str, Any], question: QuestionRow) -> Sentence | None:
    """Whether the comparison can be asked of this kind of question at all."""
    op, part, value = comparison["op"], comparison.get("part") or "", comparison.get("value") or ""
    if not question.asks:
        return Sentence("a un testo non si risponde, quindi non può decidere che cosa si vede.")
    parts = {option.code for option in (question.rows or question.options)} if question.kind in _BY_PART else set()
    if part and part not in parts:
        return Sentence("la riga o voce «%(part)s» non c’è.", part=part)
    if op in _ALWAYS_ANY:
        return None
    if (
        question.kind in _BY_PART
        and not part
        and not (question.kind == "ranking" and op in {"contains", "not_contains"})
    ):
        return Sentence("di una tabella, una classifica o dei punti si guarda una riga o una voce alla volta.")
    if not value:
        return Sentence("manca il valore da confrontare.")
    if question.kind == "file":
        return Sentence("di un file si può solo sapere se c’è.")
    ordered = question.kind in _NUMBERS | {"date", "points"} or (question.kind == "ranking" and part)
    if op in _ORDERED and not ordered:
        return Sentence("«maggiore» e «minore» valgono per numeri e date.")
    codes = choices_of(question)
    by_code = codes is not None and not (question.kind in {"ranking", "points"} and part)
    if by_code and codes and value not in codes:
        return Sentence("«%(value)s» non è tra le risposte possibili.", value=value)
    return None


def choices_of(question: QuestionRow) -> list[str] | None:
    """The codes that can be answered where they are known from the question alone; None where they are not."""
    if question.kind in {"single", "multiple", "likert", "matrix", "matrix_multiple", "ranking", "points"}:
        return [*option_codes(question), *question.ways_out]
    if question.kind == "yes_no":
        return ["yes", "no", *question.ways_out]
    if question.kind == "consent":
        return ["yes"]
    if question.kind == "speaker":
        return [*map(str, SpeakerKind), *question.ways_out]
    if question.kind == "scale":
        low, high = question.settings.get("min", 1), question.settings.get("max", 5)
        return [*map(str, range(low, high + 1)), *question.ways_out]
    return None


_Term = dict[tuple[str, str], list[tuple[str, str]]]


def _ways(
    condition: Mapping[str, Any], by_code: Mapping[str, QuestionRow], seen: frozenset[str], effort: _Effort
) -> Iterator[_Term]:
    """The alternatives under which a condition holds: what each must say of each question. Shown questions only."""
    if "any" in condition:
        for each in condition["any"]:
            yield from _ways(each, by_code, seen, effort)
        return
    if "all" in condition:
        for combination in product(
            *[list(islice(_ways(each, by_code, seen, effort), _MOST_WAYS)) for each in condition["all"]]
        ):
            yield _merged(combination)
        return
    key = (condition["question"], condition.get("part") or "")
    mine: _Term = {key: [(condition["op"], str(condition.get("value") or ""))]}
    question = by_code[condition["question"]]
    own = [c for c in (question.condition, question.page_condition) if c]
    if condition["op"].startswith("not_") or not own or question.code in seen or len(seen) > _FARTHEST or not effort.spend():
        yield mine
        return
    for way in _ways({"all": own}, by_code, seen | {question.code}, effort):
        yield _merged((mine, way))


def _merged(terms: Sequence[_Term]) -> _Term:
    found: _Term = {}
    for term in terms:
        for key, each in term.items():
            found[key] = list(dict.fromkeys([*found.get(key, []), *each]))
    return found


def possible(condition: Mapping[str, Any], by_code: Mapping[str, QuestionRow], effort: _Effort | None = None) -> bool:
    """Whether some answers meet a condition; unproved counts as possible."""
    effort = effort or _Effort()
    effort.begin()
    if not asked_of(condition) <= set(by_code):
        return True
    ways = enumerate(_ways(condition, by_code, frozenset(), effort))
    return any(tried >= _MOST_WAYS or _meets(way, by_code) for tried, way in ways)


def _meets(way: _Term, by_code: Mapping[str, QuestionRow]) -> bool:
    for code in {code for code, _part in way}:
        wanted = [(part, op, value) for (its, part), each in way.items() if its == code for op, value in each]
        candidates = _answers(by_code[code], wanted)
        if not any(
            all(compare(op, part_of(answer, part) if part else answer, value) for part, op, value in wanted)
            for answer in islice(candidates, 4000)
        ):
            return False
    return True


def _answers(question: QuestionRow, wanted: Sequence[tuple[str, str, str]]) -> Iterator[Any]:
    """Answers worth trying against what is wanted of a question."""
    yield None
    yield from question.ways_out
    codes = choices_of(question)
    values = [value for _part, _op, value in wanted if value]
    if question.kind in _NUMBERS:
        yield from _numbers(question, values)
    elif question.kind in {"matrix", "matrix_multiple", "points"}:
        yield from _tables(question, wanted)
    elif question.kind in LISTS:
        yield from _lists(question, codes, wanted)
    elif codes is not None:
        yield from codes
    elif question.kind == "date":
        days = [v for v in values if len(v) == 10]
        yield from (d for d in [*days, "1000-01-01", "9999-12-30"] if _within(question, d))
        yield from (f"{d[:8]}{'27' if d[8:] < '28' else '29'}" for d in days)
    elif question.kind == "file":
        yield {"file": "x"}
    else:
        yield from values
        inside = [value for _part, op, value in wanted if op == "contains"]
        yield " ".join(inside) or "x"
        yield "\u2205 " + " ".join(inside)


def _within(question: QuestionRow, day: str) -> bool:
    return bool(question.settings.get("earliest", "") <= day <= question.settings.get("latest", "9999"))


def _numbers(question: QuestionRow, values: Sequence[str]) -> Iterator[float]:
    settings = question.settings
    low, high = settings.get("min"), settings.get("max")
    if question.kind == "scale":
        low, high = settings.get("min", 1), settings.get("max", 5)
    step = 10.0 ** -(settings.get("decimals") or 0)
    marks = [float(v.replace(",", ".")) for v in values if v.replace(",", "").replace(".", "").lstrip("-").isdigit()]
    tried = [m + d for m in [*marks, *(float(x) for x in (low, high) if x is not None)] for d in (-step, 0.0, step)]
    for number in [*tried, 0.0]:
        if (low is None or number >= low) and (high is None or number <= high):
            yield int(number) if number.is_integer() else number


def _lists(
    question: QuestionRow, codes: Sequence[str] | None, wanted: Sequence[tuple[str, str, str]]
) -> Iterator[list[str]]:
    listed = [c for c in codes if c not in question.ways_out] if codes else []
    needed = [v for _p, op, v in wanted if op in {"contains", "equal"}] + [p for p, _op, _v in wanted if p]
    most = most_of(question) or len(listed) or 1
    least = question.settings.get("least") or 1
    alone = {option.code for option in question.options if option.exclusive}
    base = list(dict.fromkeys(needed))
    spare = [c for c in listed if c not in base] or ["\u2205", "\u2205\u2205"]
    for basis in [base, *[[each] for each in listed], []]:
        for extra in range(min(len(spare), 12) + 1):
            found = [*basis, *[c for c in spare if c not in basis][:extra]]
            single = len(found) == 1 or not set(found) & alone
            if single and 1 <= len(found) <= most and (len(found) >= least or set(found) <= alone):
                yield found
    if question.kind == "ranking":
        for part, _op, value in wanted:
            rank = int(value) if value.isdigit() else 1
            others = [c for c in listed if c != part]
            for place in (rank - 1, rank, rank + 1, 1):
                if 1 <= place <= len(listed):
                    yield [*others[: place - 1], part, *others[place - 1 :]][: max(most, place)]


def _tables(question: QuestionRow, wanted: Sequence[tuple[str, str, str]]) -> Iterator[dict[str, Any]]:
    """Rows are answered independently, points share a total: try the telling values of each part asked about."""
    parts = list(dict.fromkeys(part for part, _op, _value in wanted if part)) or [
        option.code for option in (question.rows or question.options)[:1]
    ]
    ranges: list[list[Any]] = []
    for part in parts:
        if question.kind == "points":
            total = question.settings.get("total") or 100
            marks = [int(v) for p, _op, v in wanted if p == part and v.isdigit()]
            near = {n for m in [*marks, 0, total] for n in (m - 1, m, m + 1) if 0 <= n <= total}
            ranges.append(sorted(near))
        else:
            codes = [option.code for option in question.options]
            ranges.append([None, *codes] if question.kind == "matrix" else [None, *[[c] for c in codes], codes])
    for combination in product(*ranges):
        found = {part: value for part, value in zip(parts, combination, strict=True) if value}
        if question.kind == "points" and sum(found.values()) > (question.settings.get("total") or 100):
            continue
        if found:
            yield found
