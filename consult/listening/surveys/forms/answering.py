"""The sheet a respondent fills in: one field per question, whatever its kind, that reads several controls where it must.

Names of controls: `q_<key>` for the answer itself; `q_<key>_<code>` for a row of a matrix, the place of a ranked option, or an option's
points; `q_<key>_other` for the words of "another answer"; `q_<key>_file` for a file, `q_<key>_drop` to take it away again. All work
without JavaScript.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField

from consult.core.vocabulary import SpeakerKind
from consult.listening.sources.forms import place_choices
from consult.listening.surveys.forms.files import seal, unseal
from consult.listening.surveys.rules import LONGEST, most_of
from consult.listening.surveys.types import DONT_KNOW, OTHER, PREFER_NOT, Frame, Option, QuestionRow
from consult.web.forms import Form, line
from consult.web.labels import choices as label_choices

SMALL_LIST = 7
_BY_PART = frozenset({"matrix", "matrix_multiple", "ranking", "points"})
_SEVERAL = frozenset({"multiple", "strategy", "axis", "matrix_multiple"})


class _Widget:
    """Marks the field for the macros; a summary of errors finds the control by the field's id."""

    input_type = "question"

    def __call__(self, field: Any, **more: Any) -> str:
        return ""


class QuestionField(Field):  # type: ignore[misc]  # WTForms ships no types.
    """The answer to one question: a text, a list of codes, or a mapping of codes, as it was sent; the service checks it."""

    widget = _Widget()

    def __init__(self, question: QuestionRow, **options: Any) -> None:
        super().__init__(label=question.text, description="", **options)
        self.question = question
        #: What can be chosen from outside, put in by `answer_form`.
        self.frame = Frame()
        #: Keeps the random order of options the same from page to page.
        self.seed = ""
        self.other = ""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Show an answer and its other words, from wherever `answer_form` has them; what is sent is read by `sent_answers`."""
        self.process_errors: list[str] = []
        stored = data if isinstance(data, tuple) and len(data) == 2 else (None, "")
        self.data: Any = stored[0]
        self.other = stored[1] or ""

    # What the macros ask for.

    @property
    def options(self) -> list[Option]:
        """The options in the order in which this respondent sees them; those that exclude the others stay at the end."""
        found = list(self.question.options)
        if self.question.settings.get("random"):
            found.sort(key=lambda option: (option.exclusive, self._draw(option.code)))
        return found

    @property
    def rows(self) -> list[Option]:
        """The rows of a matrix, as this respondent sees them."""
        found = list(self.question.rows)
        return sorted(found, key=lambda row: self._draw(row.code)) if self.question.settings.get("random") else found

    def _draw(self, code: str) -> bytes:
        return hashlib.sha256(f"{self.seed}:{self.question.id}:{code}".encode()).digest()

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Codes and words to choose from, "another answer" included, ways out not."""
        question = self.question
        if question.kind == "yes_no":
            return [("yes", _("Sì")), ("no", _("No"))]
        if question.kind == "scale":
            low, high = question.settings.get("min", 1), question.settings.get("max", 5)
            return [(str(n), str(n)) for n in range(low, high + 1)]
        if question.kind == "speaker":
            return list(label_choices(SpeakerKind, empty=""))[1:]
        if question.kind == "axis":
            return list({str(s.axis_number): f"{s.axis_number}. {s.axis_title}" for s in self.frame.strategies}.items())
        if question.kind == "strategy":
            return [(s.code, f"{s.code} {s.title}") for s in self.frame.strategies]
        found = [(option.code, option.label) for option in self.options]
        if question.settings.get("other") and question.kind in {"single", "multiple"}:
            found.append((OTHER, question.settings.get("other_label") or _("Altro")))
        return found

    @property
    def groups(self) -> dict[str, list[tuple[str, Any]]]:
        """Choices of a drop-down in groups: places by zone, strategies by axis."""
        if self.question.kind == "place":
            return place_choices(self.frame.zones, self.frame.towns, empty=_("Scegli"))
        found: dict[str, list[tuple[str, Any]]] = {"": [("", _("Scegli"))]}
        for s in self.frame.strategies:
            found.setdefault(f"{s.axis_number}. {s.axis_title}", []).append((s.code, f"{s.code} {s.title}"))
        return found

    @property
    def heads(self) -> dict[str, str]:
        """The axis that begins at a strategy, where strategies are boxes to tick."""
        if self.question.kind != "strategy":
            return {}
        first: dict[str, str] = {}
        for s in self.frame.strategies:
            first.setdefault(f"{s.axis_number}. {s.axis_title}", s.code)
        return {code: axis for axis, code in first.items()}

    @property
    def ways_out(self) -> list[tuple[str, str]]:
        """The answers offered instead of an answer."""
        words = {DONT_KNOW: _("Non so"), PREFER_NOT: _("Preferisco non rispondere")}
        return [(code, words[code]) for code in self.question.ways_out]

    @property
    def dropped(self) -> bool:
        """Whether it is a drop-down: asked for, or a long list."""
        question = self.question
        if question.kind in {"place", "speaker"}:
            return True
        if question.kind == "strategy":
            return most_of(question) == 1
        if question.kind == "axis":
            return False
        return question.kind == "single" and (
            question.settings.get("look") == "list" or len(question.options) > SMALL_LIST * 2
        )

    @property
    def kept_name(self) -> str:
        """The name of a file that came with an earlier page."""
        return (
            str(self.data.get("name") or "") if self.question.kind == "file" and isinstance(self.data, Mapping) else ""
        )

    @property
    def token(self) -> str:
        """The note under which that file travels on."""
        return seal(self.data) if self.kept_name else ""

    @property
    def longest(self) -> int:
        """Characters a text may have."""
        most = LONGEST.get(self.question.kind, 300)
        return min(self.question.settings.get("most_chars") or most, most)

    def is_chosen(self, code: str) -> bool:
        """Whether a code is (among) what was answered."""
        return code in self.data if isinstance(self.data, list) else str(self.data or "") == code

    def part(self, code: str) -> Any:
        """What was answered for a row or an option; for a ranked option its place."""
        if isinstance(self.data, Mapping):
            return self.data.get(code, "")
        if isinstance(self.data, list) and self.question.kind == "ranking":
            return self.data.index(code) + 1 if code in self.data else ""
        return ""

    def part_has(self, row: str, code: str) -> bool:
        """Whether a code was chosen in a row of a matrix."""
        given = self.part(row)
        return code in given if isinstance(given, list) else given == code

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Names and values that carry the answer along in hidden controls."""
        if self.question.kind == "file":
            if self.kept_name:
                yield self.name, self.token
        elif isinstance(self.data, Mapping):
            for code, value in self.data.items():
                for each in value if isinstance(value, list) else [value]:
                    if str(each):
                        yield f"{self.name}_{code}", str(each)
        else:
            for each in self.data if isinstance(self.data, list) else [self.data]:
                if each not in (None, ""):
                    yield self.name, str(each)
        if self.other:
            yield f"{self.name}_other", self.other


class AnswerForm(Form):
    """The sheet of a respondent; the questions' fields are added by `answer_form`."""

    code = HiddenField()
    step = HiddenField()
    version = HiddenField()
    resume = HiddenField()
    #: Version of the draft that the page was made from; empty: there was none.
    draft = HiddenField()


class ResumeForm(Form):
    """The code of a draft."""

    code = line(_l("Codice per riprendere"), maximum=40, description=_l("Quattro gruppi di lettere e cifre."))


def answer_form(
    questions: Sequence[QuestionRow],
    frame: Frame,
    values: Mapping[str, Any] | None = None,
    *,
    key: str = "",
) -> AnswerForm:
    """The sheet for these questions, filled with `values` by question key, whatever was sent.

    `key`: the same for the same questions in the same words, so that their form need not be made anew with each request.
    """
    given = values or {}
    sheet = _sheet(questions, key)
    form = sheet(
        formdata=None, data={q.field: (given.get(q.key), given.get(q.other_key)) for q in questions if q.asks}
    )
    for question in questions:
        if question.asks:
            form[question.field].frame = frame
            # Says "optional" where it is; the value itself is checked by the service.
            form[question.field].flags.required = question.required
    return form


def shuffle(form: AnswerForm, questions: Sequence[QuestionRow], seed: str) -> None:
    """Let the random orders of options hang on something that this respondent's pages share."""
    for question in questions:
        if question.asks:
            form[question.field].seed = seed


def logic(questions: Sequence[QuestionRow]) -> str:
    """What the browser needs to show and hide questions, as text for an attribute; empty where no question has a condition."""
    if not any(question.condition or question.page_condition for question in questions):
        return ""
    return json.dumps(
        [
            {"code": q.code, "kind": q.kind, "name": q.field, "when": [c for c in (q.page_condition, q.condition) if c]}
            for q in questions
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    )


_SHEETS: OrderedDict[str, type[AnswerForm]] = OrderedDict()
_MOST_SHEETS = 64


def _sheet(questions: Sequence[QuestionRow], key: str) -> type[AnswerForm]:
    """The form of these questions. Making one costs as much as reading what was sent."""
    kept = _SHEETS.get(key) if key else None
    if kept is None:
        fields: dict[str, Any] = {q.field: QuestionField(q) for q in questions if q.asks}
        kept = type("Sheet", (AnswerForm,), fields)
        if key:
            _SHEETS[key] = kept
            while len(_SHEETS) > _MOST_SHEETS:
                _SHEETS.popitem(last=False)
    return kept


#: How long the name of a question's own control is; those of its parts begin with it and a line.
_NAME_LENGTH = 34


def _named(formdata: Any) -> set[str]:
    """The questions of which something was sent, by the names of their controls."""
    return {name[:_NAME_LENGTH] for name in formdata if name[_NAME_LENGTH : _NAME_LENGTH + 1] in {"", "_"}}


def _read(question: QuestionRow, formdata: Any) -> Any:
    """What was sent for a question, as its kind is sent."""
    name, kind = question.field, question.kind
    whole = [value for value in formdata.getlist(name) if value]
    if kind in _BY_PART:
        if whole and whole[0] in question.ways_out:
            return whole[0]
        if kind == "ranking" and whole:
            return whole
        sent = {part.code: formdata.getlist(f"{name}_{part.code}") for part in question.rows or question.options}
        return {code: values if kind in _SEVERAL else values[0] for code, values in sent.items() if values}
    if kind in _SEVERAL:
        return whole
    if kind == "file":
        return unseal(whole[0]) if whole and not formdata.get(f"{name}_drop") else None
    return whole[0] if whole else ""


def sent_answers(questions: Sequence[QuestionRow], formdata: Any) -> dict[str, Any]:
    """What was sent, by question key, with the words of other answers beside; a form is only made where the sheet is shown again."""
    there = _named(formdata)
    found: dict[str, Any] = {}
    for question in questions:
        if question.asks:
            sent = question.field in there
            found[question.key] = _read(question, formdata) if sent else None
            other = formdata.get(f"{question.field}_other", "") if sent else ""
            if other:
                found[question.other_key] = other
    return found
