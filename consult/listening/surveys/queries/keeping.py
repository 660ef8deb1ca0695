"""What every sending of a sheet needs again, kept in memory: the questions of a questionnaire, and the places around it.

Questions are kept under the mark of the questionnaire's row, which changes with every edit (and is another in every database); places
for some seconds, and who finds a code missing among them reads them anew.
"""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.framework import queries as framework
from consult.listening.surveys.queries.building import questions
from consult.listening.surveys.types import Frame, QuestionnaireRow, QuestionRow
from consult.process.models import Process

_MOST = 64
#: Seconds for which places are taken as they were read.
_PLACES_S = 20.0


class _Kept:
    """The latest things by key; the oldest go. Threads may do the same work twice, never see half of it."""

    def __init__(self) -> None:
        self._things: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()

    def get(self, key: Hashable, *, younger_than: float = float("inf")) -> Any:
        """The thing, or None."""
        kept = self._things.get(key)
        return kept[1] if kept is not None and time.monotonic() - kept[0] < younger_than else None

    def put(self, key: Hashable, thing: Any) -> Any:
        """Keep it."""
        self._things[key] = time.monotonic(), thing
        while len(self._things) > _MOST:
            self._things.popitem(last=False)
        return thing


_QUESTIONS, _FRAMES = _Kept(), _Kept()


def kept_questions(session: Session, *, questionnaire: QuestionnaireRow) -> list[QuestionRow]:
    """The questions in order; those who get them share them and change nothing."""
    key = (str(session.get_bind().engine.url), questionnaire.id, questionnaire.mark)
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
    key = (str(session.get_bind().engine.url), questionnaire.process_id, wanted)
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
