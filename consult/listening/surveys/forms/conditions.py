"""The form of a condition: comparisons in groups, as one table that needs no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FieldList, FormField, IntegerField, SelectField, StringField, widgets
from wtforms import Form as PlainForm
from wtforms.validators import Optional

from consult.listening.surveys.forms.wording import op_words, value_words
from consult.listening.surveys.rules.logic import choices_of
from consult.listening.surveys.types import Frame, QuestionRow
from consult.web.forms import Form, radio

MOST_LINES = 30
GROUPS = tuple((str(n), str(n)) for n in range(1, 7))


class _Line(PlainForm):  # type: ignore[misc]  # WTForms ships no types.
    group = SelectField(_l("Gruppo"), choices=list(GROUPS), validate_choice=False)
    target = SelectField(_l("Domanda"), choices=[], validate_choice=False)
    op = SelectField(_l("Confronto"), choices=[], validate_choice=False)
    value = StringField(_l("Risposta"))


class ConditionForm(Form):
    """When a question or page is shown."""

    mode = radio(
        _l("Come stanno insieme le righe"),
        choices=(
            ("any", _l("Le righe di un gruppo valgono insieme (e); basta un gruppo (oppure)")),
            ("all", _l("In un gruppo basta una riga (oppure); servono tutti i gruppi (e)")),
        ),
    )
    lines = FieldList(FormField(_Line), max_entries=MOST_LINES)
    #: Version of the question or page that the form was made from.
    version = IntegerField(validators=[Optional()], widget=widgets.HiddenInput())
    refused = ""

    def add_lines(self, number: int = 5) -> None:
        """Some more empty lines, as far as there may be more."""
        last = self.lines[-1].form.group.data if len(self.lines) else "1"
        for _line in range(min(number, MOST_LINES - len(self.lines))):
            self.lines.append_entry({"group": last, "target": "", "op": "equal", "value": ""})

    def offer(self, before: Sequence[QuestionRow]) -> None:
        """Put the earlier questions, their rows and the comparisons into the drop-downs."""
        targets = [("", _("–"))]
        for question in before:
            if question.kind not in {"matrix", "matrix_multiple", "points"}:
                targets.append((question.code, f"{question.code} · {question.text[:70]}"))
            if question.kind in {"matrix", "matrix_multiple", "points", "ranking"}:
                targets += [
                    (f"{question.code}|{part.code}", f"{question.code} · {question.text[:40]}: {part.label[:40]}")
                    for part in (question.rows or question.options)
                ]
        ops = list(op_words().items())
        for line in self.lines:
            line.form.target.choices = targets
            line.form.op.choices = ops


def condition_form(condition: Mapping[str, Any] | None, before: Sequence[QuestionRow], frame: Frame) -> ConditionForm:
    """The form of a condition, with empty lines to add to."""
    mode, groups = _grouped(condition)
    by_code = {question.code: question for question in before}
    lines = []
    for number, group in enumerate(groups[: len(GROUPS)], 1):
        for each in group:
            question, part, value = by_code.get(each["question"]), each.get("part") or "", str(each.get("value") or "")
            lines.append(
                {
                    "group": str(number),
                    "target": each["question"] + (f"|{part}" if part else ""),
                    "op": each["op"],
                    "value": value_words(question, value, part, frame) if question and value else value,
                }
            )
    form = ConditionForm(data={"mode": mode, "lines": lines[:MOST_LINES]})
    form.add_lines(3)
    return form


def _grouped(condition: Mapping[str, Any] | None) -> tuple[str, list[list[Mapping[str, Any]]]]:
    """A condition as groups of comparisons; deeper ones are multiplied out."""
    if not condition:
        return "any", []
    if "question" in condition:
        return "any", [[condition]]
    outer = "any" if "any" in condition else "all"
    inner = "all" if outer == "any" else "any"
    parts = condition[outer]
    if all("question" in part for part in parts):
        return "any", [list(parts)] if outer == "all" else [[part] for part in parts]
    groups = []
    for part in parts:
        if "question" in part:
            groups.append([part])
        elif inner in part and all("question" in each for each in part[inner]):
            groups.append(list(part[inner]))
        else:
            return "any", _multiplied(condition)
    return outer, groups


def _multiplied(condition: Mapping[str, Any]) -> list[list[Mapping[str, Any]]]:
    if "any" in condition:
        return [way for each in condition["any"] for way in _multiplied(each)][:MOST_LINES]
    if "all" in condition:
        combinations = product(*[_multiplied(each) for each in condition["all"]])
        return [[c for way in ways for c in way] for ways, _n in zip(combinations, range(MOST_LINES), strict=False)]
    return [[condition]]


def read_condition(form: ConditionForm, before: Sequence[QuestionRow], frame: Frame) -> dict[str, Any] | None:
    """The condition that was typed; None where no line says anything. Answers may be typed as words or as codes."""
    by_code = {question.code: question for question in before}
    groups: dict[str, list[dict[str, str]]] = {}
    for line in form.lines:
        code, _bar, part = (line.form.target.data or "").partition("|")
        if not code:
            continue
        comparison = {"question": code, "op": line.form.op.data or "equal"}
        if part:
            comparison["part"] = part
        value = " ".join((line.form.value.data or "").split())[:500]
        if value and comparison["op"] not in {"answered", "not_answered"}:
            question = by_code.get(code)
            comparison["value"] = _coded(question, value, part, frame) if question else value
        groups.setdefault(line.form.group.data or "1", []).append(comparison)
    if not groups:
        return None
    outer, inner = ("all", "any") if form.mode.data == "all" else ("any", "all")
    parts: list[dict[str, Any]] = [
        dict(lines[0]) if len(lines) == 1 else {inner: lines} for _group, lines in sorted(groups.items())
    ]
    return parts[0] if len(parts) == 1 else {outer: parts}


def _coded(question: QuestionRow, value: str, part: str, frame: Frame) -> str:
    """The code of an answer that was typed in words."""
    codes = list(choices_of(question) or question.ways_out)
    if question.kind == "place":
        codes += [f"z:{zone.id}" for zone in frame.zones] + [f"m:{town.id}" for town in frame.towns]
    if value in codes:
        return value
    wanted = value.casefold()
    return next((code for code in codes if value_words(question, code, part, frame).casefold() == wanted), value)


def suggestions(question: QuestionRow, frame: Frame) -> list[str]:
    """The answers that can be typed, in words, for the browser to offer."""
    codes = list(choices_of(question) or question.ways_out)
    return [value_words(question, code, "x" if question.rows else "", frame) for code in codes][:60]
