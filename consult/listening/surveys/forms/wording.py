"""Conditions in words, for respondents without script and for the builder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from consult.core.vocabulary import SpeakerKind
from consult.listening.surveys.types import DONT_KNOW, OTHER, PREFER_NOT, Frame, QuestionRow
from consult.web.labels import label


def op_words() -> dict[str, str]:
    """The comparisons, to choose from and to read."""
    return {
        "equal": _("è"),
        "not_equal": _("non è"),
        "contains": _("contiene"),
        "not_contains": _("non contiene"),
        "greater": _("è maggiore di"),
        "at_least": _("è almeno"),
        "less": _("è minore di"),
        "at_most": _("è al massimo"),
        "answered": _("ha una risposta"),
        "not_answered": _("non ha risposta"),
    }


def value_words(question: QuestionRow, value: str, part: str, frame: Frame) -> str:
    """The answer a comparison looks for, as the respondent reads it."""
    known: dict[str, str] = {DONT_KNOW: _("Non so"), PREFER_NOT: _("Preferisco non rispondere"), OTHER: _("Altro")}
    known |= {option.code: option.label for option in question.options} if not part or question.rows else {}
    if question.kind in {"yes_no", "consent"}:
        known |= {"yes": _("Sì"), "no": _("No")}
    elif question.kind == "speaker":
        known |= {str(kind): label(kind) for kind in SpeakerKind}
    elif question.kind == "place":
        known |= {f"z:{zone.id}": zone.name for zone in frame.zones} | {f"m:{t.id}": t.name for t in frame.towns}
    return str(known.get(value, value))


def condition_words(
    condition: Mapping[str, Any] | None,
    questions: Sequence[QuestionRow],
    frame: Frame | None = None,
    inner: bool = False,
) -> str:
    """A condition as a sentence's part: «Usi il treno?» è «Sì» e …"""
    if not condition:
        return ""
    for group, joint in (("all", _("e")), ("any", _("oppure"))):
        if group in condition:
            parts = [condition_words(each, questions, frame, True) for each in condition[group]]
            text = f" {joint} ".join(parts)
            return f"({text})" if inner and len(parts) > 1 else text
    question = next((q for q in questions if q.code == condition["question"]), None)
    if question is None:
        return str(condition["question"])
    part = condition.get("part") or ""
    name = next((o.label for o in (question.rows or question.options) if o.code == part), "") if part else ""
    subject = f"«{question.text}: {name}»" if name else f"«{question.text}»"
    verb = op_words()[condition["op"]]
    if condition["op"] in {"answered", "not_answered"}:
        return f"{subject} {verb}"
    return f"{subject} {verb} «{value_words(question, str(condition.get('value') or ''), part, frame or Frame())}»"


def sent_words(question: QuestionRow, sent: Any, other: str = "", frame: Frame | None = None) -> str:
    """What was sent for a question, valid or not, as a person reads it: nothing that was typed is left out."""
    if isinstance(sent, Mapping) and question.kind != "file":
        sent = {code: each for code, each in sent.items() if each not in ("", [], [""])}
    words = answer_words(question, sent, other, frame) if sent not in (None, "", [], {}) else ""
    if not other or sent == OTHER or (isinstance(sent, list) and OTHER in sent):
        return words
    # Words for another answer that was not chosen.
    return f"{words}; {other}" if words else other


def answer_words(question: QuestionRow, value: Any, other: str = "", frame: Frame | None = None) -> str:
    """An answer in its stored form, as a person reads it."""
    if value is None:
        return ""
    around = frame or Frame()
    if isinstance(value, Mapping):
        if question.kind == "file":
            return str(value.get("name") or "")
        names = {option.code: option.label for option in (question.rows or question.options)}
        parts = [
            f"{names.get(code, code)}: "
            + (str(each) if question.kind in {"points", "ranking"} else answer_words(question, each, "", around))
            for code, each in value.items()
        ]
        return "; ".join(parts)
    if isinstance(value, list):
        listed = [answer_words(question, each, other, around) for each in value]
        joint = " › " if question.kind == "ranking" else ", "
        return joint.join(listed)
    words = value_words(question, str(value), "", around)
    unit = question.settings.get("unit")
    if question.kind == "number" and unit:
        words = f"{words} {unit}"
    return f"{words}: {other}" if value == OTHER and other else words
