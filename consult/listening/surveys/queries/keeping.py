"""What every sending of a sheet needs again, kept in memory: the questions of a questionnaire, and the places around it.

Questions are kept under the mark of the questionnaire's row, which changes with every edit (and is another in every database); places
for some seconds, and who finds a code missing among them reads them anew.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.keeping import Kept, database_of
from consult.framework import queries as framework
from consult.listening.surveys.queries.building import questions
from consult.listening.surveys.types import Frame, QuestionnaireRow, QuestionRow
from consult.process.models import Process

#: Seconds for which places are taken as they were read.
_PLACES_S = 20.0


_QUESTIONS, _FRAMES = Kept(), Kept()


def kept_questions(session: Session, *, questionnaire: QuestionnaireRow) -> list[QuestionRow]:
    """The questions in order; those who get them share them and change nothing."""
    key = (database_of(session), questionnaire.id, questionnaire.mark)
    found: list[QuestionRow] | None = _QUESTIONS.get(key)
    return found if found is not None else _QUESTIONS.put(key, questions(session, questionnaire_id=questionnaire.id))


def outside(
    session: Session, *, questionnaire: QuestionnaireRow, questions: Sequence[QuestionRow], recent: bool = False
) -> Frame:
    """What can be answered from outside the questionnaire, as far as it is asked about; `recent`: as it was some seconds ago."""
    kinds = {question.kind for question in questions}
    wanted = ("place" in kinds, bool(kinds & {"strategy", "axis"}))
    if not any(wanted):
        return Frame()
    key = (database_of(session), questionnaire.process_id, wanted)
    found: Frame | None = _FRAMES.get(key, younger_than=_PLACES_S) if recent else None
    return found if found is not None else _FRAMES.put(key, _read(session, questionnaire.process_id, *wanted))


def _read(session: Session, process_id: uuid.UUID, places: bool, plan: bool) -> Frame:
    territory, frame = session.execute(
        select(Process.territory_id, Process.frame_id).where(Process.id == process_id)
    ).one()
    return Frame(
        framework.zones(session, territory_id=territory) if places else (),
        framework.municipalities(session, territory_id=territory) if places else (),
        framework.strategies(session, frame_id=frame) if plan else (),
    )
