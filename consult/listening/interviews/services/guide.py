"""The interview guide."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.framework.models import Axis, Strategy
from consult.listening.interviews.models import GuideQuestion
from consult.listening.interviews.rules import question_parts
from consult.process.models import Process


def set_guide(
    session: Session, *, process_id: uuid.UUID, questions: Sequence[str], actor: Actor, now: datetime
) -> None:
    """Replace the interview guide of a process. A question may end with what it asks about: [1.2] a strategy, [3] an axis.

    Raises Invalid for a mark that names neither.
    """
    here = Process.id == process_id
    of_frame = select(Strategy.code, Strategy.id).join(Process, Process.frame_id == Strategy.frame_id).where(here)
    strategies = {row[0]: row[1] for row in session.execute(of_frame)}
    numbered = select(Axis.number, Axis.id).join(Process, Process.frame_id == Axis.frame_id).where(here)
    axes = {row[0]: row[1] for row in session.execute(numbered)}
    rows = []
    for position, line in enumerate(questions, 1):
        text, mark = question_parts(line)
        if mark and mark not in strategies and not (mark.isdigit() and int(mark) in axes):
            sentence = Sentence("«%(mark)s» non è né una strategia né un asse.", mark=mark)
            raise Invalid(sentence, {"questions": sentence})
        axis_id = axes.get(int(mark)) if mark.isdigit() else None
        rows.append(
            {
                "id": uuid.uuid4(), "process_id": process_id, "position": position, "text": text, "strategy_id": strategies.get(mark),
                "axis_id": axis_id,
            }
        )  # fmt: skip  # one row of values reads better so
    session.execute(delete(GuideQuestion).where(GuideQuestion.process_id == process_id))
    if questions:
        session.execute(insert(GuideQuestion), rows)
    record(
        session,
        actor=actor,
        action="interview.guide_set",
        kind=ThingKind.process,
        object_id=process_id,
        process_id=process_id,
        questions=len(questions),
    )
    session.flush()
