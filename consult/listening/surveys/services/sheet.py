"""The questions of a questionnaire with the places of its territory: what an answer is checked against."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Self

from sqlalchemy.orm import Session

from consult.core.errors import Invalid
from consult.listening.surveys import queries, rules
from consult.listening.surveys.types import DONT_KNOW, PREFER_NOT, Frame, QuestionnaireRow, QuestionRow


def words_in(questions: Sequence[QuestionRow], values: Mapping[str, Any]) -> dict[str, str]:
    """The words among the values of an answer, by key; "I don't know" is an answer, not words."""
    keys = [q.key for q in questions if q.open] + [q.other_key for q in questions if q.invites_words]
    return {key: values[key] for key in keys if values.get(key) not in (None, DONT_KNOW, PREFER_NOT)}


class Sheet:
    """The questions of a questionnaire with the places of its territory: what an answer is checked against."""

    def __init__(
        self, questionnaire: QuestionnaireRow, questions: Sequence[QuestionRow], frame: Frame, *, held: bool = False
    ) -> None:
        """From what a page has read already; `held`: after it took the locks that keep questionnaire and phase open."""
        self.held = held
        self.questionnaire = questionnaire
        self.questions = questions
        self.frame = frame

    @classmethod
    def load(cls, session: Session, questionnaire: QuestionnaireRow) -> Self:
        """Read what it needs: places only where they are asked for, strategies too."""
        questions = queries.questions(session, questionnaire_id=questionnaire.id)
        return cls(questionnaire, questions, queries.outside(session, questionnaire=questionnaire, questions=questions))

    @property
    def codes(self) -> frozenset[str]:
        """What can be answered from outside the questionnaire."""
        return self.frame.codes

    def read(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Valid answers by question key. Raises Invalid with a sentence per form field."""
        values, problems = rules.clean_values(self.questions, raw, self.codes)
        if problems:
            fields = {q.field: problems[q.key] for q in self.questions if q.key in problems}
            raise Invalid("Qualche risposta manca o non è valida.", fields)
        if not values:
            raise Invalid("Non c’è ancora nessuna risposta da inviare.")
        return values

    def place(self, values: Mapping[str, Any]) -> tuple[uuid.UUID | None, uuid.UUID | None]:
        """Zone and municipality that were answered."""
        code = rules.given_place(self.questions, values) or ""
        return self.frame.town_of.get(code, (self.frame.zone_of.get(code), None))

    def closed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The answers without words: words stand in the sources, once."""
        words = self.words(values)
        return {key: value for key, value in values.items() if key not in words}

    def words(self, values: Mapping[str, Any]) -> dict[str, str]:
        """The words by the key under which they were given: of open questions and of other answers."""
        return words_in(self.questions, values)
