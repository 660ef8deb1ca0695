"""Appeals: an author asks another moderator to look again at a text that was hidden or refused. One appeal a decision, one answer."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs, settling
from consult.core.errors import Conflict, Forbidden, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.moderation import rules
from consult.moderation.models import ModerationAct, ModerationAppeal
from consult.moderation.queries import own_decisions, waiting
from consult.moderation.services import visibility
from consult.moderation.types import AppealState
from consult.process.queries import roles_in, slug_of

OVERDUE = "moderation.tell_overdue"
TOPIC = "moderation.tell_appeal"


def file_appeal(
    session: Session, *, process_id: uuid.UUID, act_id: uuid.UUID, words: str, actor: Actor, now: datetime
) -> uuid.UUID:
    """Appeal against the decision by which one's own text was hidden or refused; returns the appeal's key. Other moderators are told.

    They have two weeks; then managers are told too. Raises NotFound for a decision on somebody else's text, Invalid with a sentence,
    Conflict where there is an appeal already.
    """
    own = own_decisions.own_decision(session, process_id=process_id, act_id=act_id)
    if own is None or actor.account_id is None or own.author_id != actor.account_id:
        raise NotFound("Questa decisione non c’è.")
    here: dict[str, Any] = {
        "link_endpoint": "appeals.show",
        "link_values": {"slug": slug_of(session, process_id=process_id), "act_id": str(act_id)},
    }
    if not own.latest:
        raise Conflict("Dopo questa decisione ce n’è stata un’altra: guarda come è ora.", **here)
    if not rules.may_appeal(acted_at=own.acted_at, now=now):
        raise Invalid(Sentence("Il ricorso si può fare entro %(n)s giorni dalla decisione.", n=rules.APPEAL_DAYS))
    said = words.strip()
    if not rules.MIN_APPEAL <= len(said) <= rules.MAX_APPEAL:
        sentence = Sentence("Servono da %(min)d a %(max)d caratteri.", min=rules.MIN_APPEAL, max=rules.MAX_APPEAL)
        raise Invalid("Al ricorso manca qualcosa.", {"words": sentence})
    key = session.execute(
        insert(ModerationAppeal)
        .values(
            id=uuid.uuid4(), process_id=process_id, act_id=act_id, appellant_id=actor.account_id, words=said,
            state=str(AppealState.open), filed_at=now,
        )
        .on_conflict_do_nothing(index_elements=["act_id"])
        .returning(ModerationAppeal.id)
    ).scalar_one_or_none()  # fmt: skip  # one row of values reads better so
    if key is None:
        raise Conflict("Per questa decisione c’è già un ricorso.", **here)
    _note(session, key, process_id, "filed", actor)
    jobs.enqueue(session, TOPIC, key=f"{key}:filed", appeal_id=key)
    jobs.enqueue(session, OVERDUE, key=f"appeal:{key}", not_before=settling.answer_by(now), kind="appeal", thing_id=key)
    return key


def answer(
    session: Session,
    *,
    process_id: uuid.UUID,
    appeal_id: uuid.UUID,
    accept: bool,
    words: str,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Answer an appeal: show the text again, or confirm the decision; returns the appeal's key, by which it can be undone.

    The author is told once nobody can undo it. Raises Forbidden for who took the decision or wrote the text, Conflict where it was
    answered already, Invalid without words.
    """
    row = _locked(session, process_id, appeal_id)
    act = session.execute(select(ModerationAct).where(ModerationAct.id == row.act_id)).scalar_one()
    roles = roles_in(session, process_id=process_id, account_id=actor.account_id)
    if not settling.may_settle(
        involved=[act.acted_by, row.appellant_id], who=actor.account_id, roles=roles, since=row.filed_at, now=now
    ):
        raise Forbidden(
            "A un ricorso risponde un altro moderatore, mai chi ha deciso né chi ha scritto il testo; dopo due settimane, chi gestisce il processo."
        )
    if row.state != AppealState.open:
        raise Conflict(
            "A questo ricorso ha già risposto qualcun altro.",
            link_endpoint="second_look.index",
            link_values={"slug": slug_of(session, process_id=process_id)},
        )
    said = words.strip()
    if not rules.MIN_ANSWER <= len(said) <= rules.MAX_ANSWER:
        sentence = Sentence("Servono da %(min)d a %(max)d caratteri.", min=rules.MIN_ANSWER, max=rules.MAX_ANSWER)
        raise Invalid("La risposta manca.", {"answer": sentence})
    row.state = str(AppealState.accepted if accept else AppealState.confirmed)
    row.answer, row.decided_at, row.decided_by = said, now, actor.account_id
    session.flush()
    if accept and waiting.is_latest(session, act=act):
        row.restoring_act_id = visibility.restore(
            session,
            process_id=process_id,
            kind=ThingKind(act.thing_kind),
            thing_id=act.thing_id,
            version=None,
            actor=actor,
            now=now,
            told=False,
        )
    _note(session, row.id, process_id, str(row.state), actor)
    ask_to_tell_answer(session, row, now)
    return row.id


def take_back(session: Session, *, process_id: uuid.UUID, appeal_id: uuid.UUID, actor: Actor, now: datetime) -> bool:
    """Give an answer back within ten seconds: the appeal is open again, and a text that was shown again is hidden. False: no such appeal.

    Raises Conflict where it is too late or somebody else's.
    """
    row = session.execute(
        select(ModerationAppeal)
        .where(ModerationAppeal.id == appeal_id, ModerationAppeal.process_id == process_id)
        .with_for_update()
    ).scalar_one_or_none()
    if row is None or row.decided_at is None:
        return False
    if not rules.may_undo(by=row.decided_by, who=actor.account_id, at=row.decided_at, now=now):
        raise Conflict(
            "I dieci secondi per annullare sono passati: la risposta resta.",
            link_endpoint="second_look.index",
            link_values={"slug": slug_of(session, process_id=process_id)},
        )
    restoring = row.restoring_act_id
    row.state, row.answer = str(AppealState.open), ""
    row.decided_at = row.decided_by = row.restoring_act_id = None
    session.flush()
    if restoring:
        act = session.execute(select(ModerationAct).where(ModerationAct.id == restoring)).scalar_one()
        visibility.take_back(session, act, actor=actor, now=now)
    _note(session, appeal_id, process_id, "reopened", actor)
    return True


def ask_to_tell_answer(session: Session, row: ModerationAppeal, now: datetime) -> None:
    """Ask to tell the author the answer, once nobody can undo it any more. The key names the moment: an undone answer is another one."""
    later = now + timedelta(seconds=rules.TELL_AFTER_SECONDS)
    jobs.enqueue(session, TOPIC, key=f"{row.id}:{now.isoformat()}", not_before=later, appeal_id=row.id)


def _locked(session: Session, process_id: uuid.UUID, appeal_id: uuid.UUID) -> ModerationAppeal:
    row = session.execute(
        select(ModerationAppeal)
        .where(ModerationAppeal.id == appeal_id, ModerationAppeal.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questo ricorso non c’è.")
    return row


def _note(session: Session, appeal_id: uuid.UUID, process_id: uuid.UUID, what: str, actor: Actor) -> None:
    record(
        session, actor=actor, action=f"moderation_appeal.{what}", kind=ThingKind.appeal, object_id=appeal_id, process_id=process_id
    )  # fmt: skip  # one row of values reads better so
    session.flush()
