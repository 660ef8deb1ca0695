"""A question that changes its code is called by the new one wherever a condition looks at it."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.listening.surveys.models import Question, QuestionnairePage
from consult.listening.surveys.rules.conditions import asked_of, rename


def rename_in_conditions(session: Session, questionnaire_id: uuid.UUID, old: str, new: str) -> None:
    """Put the new code into all conditions of the questionnaire."""
    questions = select(Question).where(Question.questionnaire_id == questionnaire_id).order_by(Question.id)
    pages = (
        select(QuestionnairePage)
        .where(QuestionnairePage.questionnaire_id == questionnaire_id)
        .order_by(QuestionnairePage.id)
    )
    for rows in (session.execute(questions).scalars().all(), session.execute(pages).scalars().all()):
        for row in rows:
            if old in asked_of(row.condition):
                row.condition = rename(row.condition, old, new)
    session.flush()
