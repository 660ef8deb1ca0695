"""A questionnaire in another language: which texts there are, which are missing, and how a respondent reads them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from consult.listening.surveys.rules.document import Plan
from consult.listening.surveys.types import Option, PageRow, QuestionnaireRow, QuestionRow

_WORD_SETTINGS = ("min_label", "max_label", "other_label", "unit")


@dataclass(frozen=True, slots=True)
class Words:
    """One text to translate: its key, the original, and where it stands."""

    key: str
    original: str
    translated: str
    where: str
    long: bool

    @property
    def mark(self) -> str:
        """Tells whether the translation is still the one that was shown."""
        return mark_of(self.translated)


def mark_of(text: str) -> str:
    """A few letters that tell one text from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _of_question(question: QuestionRow) -> dict[str, str]:
    found = {"text": question.text, "help": question.help, "purpose": question.purpose}
    found |= {f"o.{option.code}": option.label for option in question.options}
    found |= {f"r.{row.code}": row.label for row in question.rows}
    found |= {f"s.{name}": str(question.settings[name]) for name in _WORD_SETTINGS if question.settings.get(name)}
    return {key: text for key, text in found.items() if text}


def texts_of(
    questionnaire: QuestionnaireRow, pages: Sequence[PageRow], questions: Sequence[QuestionRow], language: str
) -> list[Words]:
    """All texts of a questionnaire beside their translation, in the order in which they are read."""
    found: list[Words] = []

    def take(prefix: str, texts: dict[str, str], kept: dict[str, Any], where: str) -> None:
        there = kept.get(language, {})
        found.extend(
            Words(f"{prefix}{key}", text, str(there.get(key, "")), where, len(text) > 90 or "\n" in text)
            for key, text in texts.items()
            if text
        )

    whole = {"title": questionnaire.title, "intro": questionnaire.intro, "thanks": questionnaire.thanks}
    take("", whole, questionnaire.texts, "")
    named = {page.number: page for page in pages}
    seen: set[int] = set()
    for question in questions:
        page = named.get(question.page)
        if page is not None and page.number not in seen:
            seen.add(page.number)
            take(f"p{page.number}.", {"title": page.title, "intro": page.intro}, page.texts, str(page.number))
        take(f"{question.code}.", _of_question(question), question.texts, question.code)
    return found


def missing(texts: Sequence[Words]) -> int:
    """How many texts have no translation yet."""
    return sum(not words.translated for words in texts)


def question_in(question: QuestionRow, language: str) -> QuestionRow:
    """A question in a language; what is not translated stays in the original."""
    there = question.texts.get(language)
    if not there:
        return question
    settings = {
        name: there.get(f"s.{name}", value) if name in _WORD_SETTINGS else value
        for name, value in question.settings.items()
    }
    return replace(
        question,
        text=there.get("text", question.text),
        help=there.get("help", question.help),
        purpose=there.get("purpose", question.purpose),
        options=tuple(Option(o.code, there.get(f"o.{o.code}", o.label), o.exclusive) for o in question.options),
        rows=tuple(Option(o.code, there.get(f"r.{o.code}", o.label), o.exclusive) for o in question.rows),
        settings=settings,
    )


def page_in(page: PageRow, language: str) -> PageRow:
    """A page in a language."""
    there = page.texts.get(language, {})
    return replace(page, title=there.get("title", page.title), intro=there.get("intro", page.intro))


def questionnaire_in(questionnaire: QuestionnaireRow, language: str) -> QuestionnaireRow:
    """Title, introduction and thanks in a language."""
    there = questionnaire.texts.get(language)
    if not there:
        return questionnaire
    return replace(
        questionnaire,
        title=there.get("title", questionnaire.title),
        intro=there.get("intro", questionnaire.intro),
        thanks=there.get("thanks", questionnaire.thanks),
    )


def plan_words(plan: Plan, language: str) -> tuple[str, str]:
    """Title and introduction of a plan in a language."""
    there = plan.texts.get(language, {})
    return there.get("title", plan.title), there.get("intro", plan.intro)


def chosen_language(questionnaire: QuestionnaireRow, asked: str, reading: str) -> str:
    """The language in which a respondent reads: the one asked for, else the one they read the site in, else the original."""
    return next((code for code in (asked, reading) if code in questionnaire.languages), questionnaire.languages[0])
