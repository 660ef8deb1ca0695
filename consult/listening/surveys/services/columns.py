"""Answers as rows of a table: one column per question in question order, whatever path a respondent took; coded and in words.

Words are those of the questionnaire and, for our own codes, of the language asked for. Nothing personal stands in any row: no name, no
address, no time; the key of an answer is random and leads nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from babel.support import NullTranslations, Translations

from config import ROOT
from consult.core.sentences import Sentence
from consult.core.vocabulary import SpeakerKind
from consult.listening.surveys import rules
from consult.listening.surveys.types import DONT_KNOW, OTHER, PREFER_NOT, QuestionRow

SPEAKERS: dict[str, Sentence] = {
    SpeakerKind.resident: Sentence("residente"), SpeakerKind.municipality: Sentence("comune"),
    SpeakerKind.zone_spokesperson: Sentence("portavoce di zona"), SpeakerKind.association: Sentence("associazione"),
    SpeakerKind.business: Sentence("impresa"), SpeakerKind.trade_union: Sentence("sindacato"), SpeakerKind.education: Sentence("scuola"),
    SpeakerKind.research: Sentence("università e ricerca"), SpeakerKind.health_social: Sentence("sanità e sociale"),
    SpeakerKind.professional: Sentence("professioni"), SpeakerKind.utility: Sentence("servizi pubblici"),
}  # fmt: skip  # pairs read better side by side


class Words:
    """The words of codes in one language, looked up once a file."""

    def __init__(
        self,
        language: str,
        *,
        places: Mapping[str, str],
        strategies: Mapping[str, str] | None = None,
        axes: Mapping[str, str] | None = None,
    ) -> None:
        catalogue: NullTranslations = Translations.load(str(ROOT / "consult" / "web" / "translations"), [language])
        self.say = catalogue.ugettext
        self.places, self.strategies, self.axes = places, dict(strategies or {}), dict(axes or {})
        _ = self.say
        self.yes, self.no, self.other = _("Sì"), _("No"), _("Altro")
        self.out = {DONT_KNOW: _("Non so"), PREFER_NOT: _("Preferisco non rispondere")}
        self.speakers = {str(kind): _(words.template) for kind, words in SPEAKERS.items()}

    def options(self, question: QuestionRow) -> dict[str, str]:
        """The words of each code that the question may be answered with."""
        found = {option.code: option.label for option in question.options}
        if question.kind == "yes_no":
            found = {"yes": self.yes, "no": self.no}
        elif question.kind == "consent":
            found = {"yes": self.yes}
        elif question.kind == "speaker":
            found = dict(self.speakers)
        elif question.kind in {"place", "strategy", "axis"}:
            found = dict({"place": self.places, "strategy": self.strategies}.get(question.kind, self.axes))
        if question.settings.get("other"):
            found[OTHER] = question.settings.get("other_label") or self.other
        return found | self.out


class Column:
    """One question as a column."""

    def __init__(self, question: QuestionRow, words: Words) -> None:
        self.question = question
        self.key = str(question.id)
        self.words = words
        self.options = words.options(question)
        self.rows = {row.code: row.label for row in question.rows}

    def coded(self, values: Mapping[str, Any]) -> Any:
        """The answer as it is stored, on one line; codes separated by bars."""
        value = values.get(self.key)
        if isinstance(value, list):
            return " | ".join(map(str, value))
        if isinstance(value, dict):
            if self.question.kind == "file":
                return value.get("name", "")
            return " ; ".join(f"{k}={' | '.join(map(str, v)) if isinstance(v, list) else v}" for k, v in value.items())
        return "" if value is None else value

    def labelled(self, values: Mapping[str, Any]) -> Any:
        """The answer in words; a number stays one."""
        value = values.get(self.key)
        if value is None:
            return ""
        if isinstance(value, list):
            joint = " > " if self.question.kind == "ranking" else " | "
            return joint.join(self._word(code, values) for code in value)
        if isinstance(value, dict):
            if self.question.kind == "file":
                return value.get("name", "")
            if self.question.kind == "points":
                return " ; ".join(f"{self._word(code, values)}: {n}" for code, n in value.items())
            return " ; ".join(
                f"{self.rows.get(row, row)}: {' | '.join(self._word(c, values) for c in (v if isinstance(v, list) else [v]))}"
                for row, v in value.items()
            )
        return self._word(value, values) if isinstance(value, str) else value

    def _word(self, code: Any, values: Mapping[str, Any]) -> str:
        word = self.options.get(str(code), str(code))
        if code == OTHER and values.get(self.question.other_key):
            return f"{word}: {values[self.question.other_key]}"
        return word


def columns_of(questions: Sequence[QuestionRow], words: Words) -> list[Column]:
    """The columns, in question order; words between questions ask nothing and have none."""
    return [Column(question, words) for question in questions if question.asks]


def dictionary_rows(columns: Sequence[Column], words: Words) -> list[list[str]]:
    """The data dictionary: a row per column, with what its codes mean."""
    _ = words.say
    head = [
        _("colonna"), _("domanda"), _("tipo"), _("passo"), _("obbligatoria"), _("codici"), _("righe"), _("perché si chiede"),
        _("condizione"),
    ]  # fmt: skip  # one row of values reads better so
    rows = [head]
    for column in columns:
        q = column.question
        codes = "\n".join(f"{code} = {label}" for code, label in _codes(column))
        rows.append(
            [
                q.code or column.key, q.text, _(rules.KINDS[q.kind].template), str(q.page),
                words.yes if q.required else words.no, codes, "\n".join(f"{code} = {label}" for code, label in column.rows.items()),
                q.purpose, _condition(q.condition),
            ]
        )  # fmt: skip  # one row of values reads better so
    return rows


def _codes(column: Column) -> list[tuple[str, str]]:
    """The codes worth listing: those of places and plans stand in lists of their own."""
    q = column.question
    if q.kind in {"short", "long", "number", "date", "file"}:
        own: dict[str, str] = {}
    elif q.kind == "scale":
        low, high = q.settings.get("min", 1), q.settings.get("max", 5)
        named = {low: q.settings.get("min_label"), high: q.settings.get("max_label")}
        own = {str(n): named.get(n) or str(n) for n in range(low, high + 1)}
    elif q.kind == "place":
        own = {code: label for code, label in column.options.items() if code.startswith("z:")}
    else:
        own = {code: label for code, label in column.options.items() if not code.startswith("_") or code == OTHER}
    return [*own.items(), *((code, column.words.out[code]) for code in q.ways_out)]


def _condition(condition: Mapping[str, Any] | None) -> str:
    if not condition:
        return ""
    parts = condition.get("all") or condition.get("any") or []
    if parts:
        joint = " AND " if condition.get("all") else " OR "
        return joint.join(f"({_condition(part)})" if "question" not in part else _condition(part) for part in parts)
    part = f"[{condition['part']}]" if condition.get("part") else ""
    return f"{condition.get('question', '')}{part} {condition.get('op', '')} {condition.get('value', '')}".strip()
