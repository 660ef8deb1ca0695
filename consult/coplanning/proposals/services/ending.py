"""The end of what waits for an author's word: who has to answer is reminded once, and what nobody answers lapses, so that nothing waits for ever."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from consult.coplanning.proposals import queries
from consult.coplanning.proposals.services.amendment_rows import TOPIC, both, move, note
from consult.coplanning.proposals.services.carrying import TELL, ask_to_tell, end, open_act
from consult.coplanning.proposals.types import AmendmentState, RegroupingState
from consult.core import jobs
from consult.core.errors import Conflict
from consult.core.permissions import SYSTEM

LAPSE, LAPSE_AMENDMENT = "coplanning.lapse_question", "coplanning.lapse_amendment"


def ask_for_due(session: Session, *, now: datetime) -> None:
    """Ask for the end of each question and amendment whose time is over, or of which nothing can come any more, and for each reminder that
    is due; a date that moved since the last reminder brings another."""
    day = now.date().isoformat()
    questions, amendments = queries.lapsing_questions(session, now=now), queries.lapsing_amendments(session, now=now)
    jobs.enqueue_all(session, LAPSE, {f"{key}:{day}": {"regrouping_id": key} for key in questions})
    jobs.enqueue_all(session, LAPSE_AMENDMENT, {f"{key}:{day}": {"amendment_id": key} for key in amendments})
    soon: dict[str, dict[str, dict[str, object]]] = {"regrouping": {}, "amendment": {}}
    for due in queries.ending(session, now=now):
        about = "regrouping" if due.kind == "regrouping" else "amendment"
        soon[about][f"{due.id}:soon:{due.until.date().isoformat()}"] = {f"{about}_id": due.id, "what": "soon"}
    jobs.enqueue_all(session, TELL, soon["regrouping"])
    jobs.enqueue_all(session, TOPIC, soon["amendment"])


def lapse(session: Session, *, regrouping_id: uuid.UUID, now: datetime) -> bool:
    """End a question that nobody answered: the proposals stay as they are, and both authors are told. Says whether it did.

    Not one that was answered at the last moment, or whose phase was prolonged since it was asked for.
    """
    process_id = queries.process_of_regrouping(session, regrouping_id=regrouping_id)
    if process_id is None:
        return False
    try:
        act, _parts, _rows = open_act(session, process_id, regrouping_id, RegroupingState.asked)
    except Conflict:
        return False
    why = queries.lapsing_questions(session, now=now, regrouping_id=act.id).get(act.id)
    if why is None:
        return False
    act.lapsed_because = str(why)
    end(session, act, RegroupingState.lapsed, "", SYSTEM, now)
    ask_to_tell(session, act, str(RegroupingState.lapsed), now)
    return True


def lapse_amendment(session: Session, *, amendment_id: uuid.UUID, now: datetime) -> bool:
    """End a change that its proposal's author did not answer: the words stay as they are, and both are told. Says whether it did.

    Whoever proposed it may propose it again, where things still come in.
    """
    process_id = queries.process_of_amendment(session, amendment_id=amendment_id)
    if process_id is None:
        return False
    _proposal, row = both(session, process_id, amendment_id)
    why = queries.lapsing_amendments(session, now=now, amendment_id=row.id).get(row.id)
    if why is None:
        return False
    row.lapsed_because = str(why)
    move(session, row, AmendmentState.lapsed, None, now)
    note(session, row.id, process_id, "lapsed", SYSTEM, because=str(why))
    jobs.enqueue(session, TOPIC, key=f"{row.id}:lapsed", amendment_id=row.id, what="lapsed")
    return True
