"""Hiding, restoring and keeping texts, and reading them first where the process asks it.

Hidden means hidden everywhere: the text's own room holds the state that all reads ask. The same holds for what waits.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.opinions import services as opinions
from consult.coplanning.opinions.models import OpinionStatement
from consult.coplanning.opinions.types import StatementState
from consult.coplanning.proposals import services as proposals
from consult.coplanning.proposals.models import Amendment, Proposal
from consult.coplanning.proposals.types import AmendmentState, ProposalState
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.discussion import services as discussion
from consult.discussion.models import Comment
from consult.listening.sources import services as sources
from consult.listening.sources.models import Source
from consult.moderation import rules
from consult.moderation.models import ModerationAct
from consult.moderation.queries import flags, waiting
from consult.moderation.services import drawing, screening
from consult.moderation.services.telling import ask_to_tell_read
from consult.moderation.types import Verb

#: Reasons of this room as the register of sources spells them.
_SOURCE_REASONS = {
    "personal_data": "personal_data",
    "off_topic": "off_topic",
    "advertising": "off_topic",
    "copy": "duplicate",
}
_READ = {"read_first": "read_first"}


def hide(
    session: Session,
    *,
    process_id: uuid.UUID,
    kind: ThingKind,
    thing_id: uuid.UUID,
    version: int | None,
    reason_code: str,
    actor: Actor,
    now: datetime,
    note: str = "",
    batch_id: uuid.UUID | None = None,
    drawable: bool = True,
) -> uuid.UUID:
    """Hide a text with a reason, and close its reports as right; returns the act's key. Its author is told once nobody can undo it.

    Raises Invalid without a reason of the list, NotFound, Conflict where `version` is no longer current.
    """
    if rules.hiding_reason(reason_code) is None:
        raise Invalid("Per nascondere un testo serve un motivo.", {"reason": "Scegli un motivo dell’elenco."})
    _MOVES[kind](session, _Move(process_id, thing_id, version, To.hidden, reason_code, actor, now))
    discussion.close_reports(
        session, process_id=process_id, target_kind=kind, target_id=thing_id, upheld=True, actor=actor, now=now
    )
    act = _remember(session, process_id, kind, thing_id, Verb.hidden, reason_code, note, actor, now, batch_id, drawable)
    ask_to_tell_read(session, act, kind=kind, thing_id=thing_id, shown=False, now=now, batch_id=batch_id)
    return act


def restore(
    session: Session,
    *,
    process_id: uuid.UUID,
    kind: ThingKind,
    thing_id: uuid.UUID,
    version: int | None,
    actor: Actor,
    now: datetime,
    note: str = "",
    told: bool = True,
) -> uuid.UUID:
    """Show a hidden text again and settle appeals about it; returns the act's key. `told`: its author is told by this act."""
    _MOVES[kind](session, _Move(process_id, thing_id, version, To.shown, "mistake", actor, now))
    act = _remember(session, process_id, kind, thing_id, Verb.restored, "", note, actor, now)
    drawing.settle_appeals(session, kind=kind, thing_id=thing_id, act_id=act, now=now)
    if told:
        ask_to_tell_read(session, act, kind=kind, thing_id=thing_id, shown=False, now=now)
    return act


def keep(
    session: Session,
    *,
    process_id: uuid.UUID,
    kind: ThingKind,
    thing_id: uuid.UUID,
    actor: Actor,
    now: datetime,
    note: str = "",
    batch_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Leave a reported or flagged text as it is and close what waits on it; returns the act's key. Raises NotFound where nothing waits."""
    closed = discussion.close_reports(
        session, process_id=process_id, target_kind=kind, target_id=thing_id, upheld=False, actor=actor, now=now
    )
    if not closed and not (
        belongs(session, process_id=process_id, kind=kind, thing_id=thing_id)
        and flags.care_of(session, kind=str(kind), thing_id=thing_id).open
    ):
        raise NotFound("Non ci sono segnalazioni aperte su questo testo: forse qualcun altro le ha già chiuse.")
    return _remember(session, process_id, kind, thing_id, Verb.kept, "", note, actor, now, batch_id)


def decide_waiting(
    session: Session,
    *,
    process_id: uuid.UUID,
    kind: ThingKind,
    thing_id: uuid.UUID,
    version: int | None,
    reason_code: str,
    actor: Actor,
    now: datetime,
    note: str = "",
    batch_id: uuid.UUID | None = None,
    waits: bool | None = None,
) -> uuid.UUID:
    """Let a text that waits appear, or, with a reason, refuse it; returns the act's key. Its author is told once nobody can undo it.

    `waits`: whether it does, where the caller has looked for many at once.
    Raises Invalid for a reason that is not of the list, NotFound where nothing waits, Conflict where `version` is no longer current.
    """
    if reason_code and rules.hiding_reason(reason_code) is None:
        raise Invalid("Per rifiutare un testo serve un motivo.", {"reason": "Scegli un motivo dell’elenco."})
    if not (waiting.is_waiting(session, process_id=process_id, kind=kind, thing_id=thing_id) if waits is None else waits):
        raise NotFound("Questo testo non aspetta più: forse qualcun altro ha già deciso.")
    verb = Verb.refused if reason_code else Verb.published
    to = To.hidden if reason_code else To.shown
    move = _Move(process_id, thing_id, version, to, reason_code or "read_first", actor, now)
    _MOVES[kind](session, move)
    act = _remember(session, process_id, kind, thing_id, verb, reason_code, note, actor, now, batch_id)
    ask_to_tell_read(session, act, kind=kind, thing_id=thing_id, shown=not reason_code, now=now, batch_id=batch_id)
    return act


def belongs(session: Session, *, process_id: uuid.UUID, kind: ThingKind, thing_id: uuid.UUID) -> bool:
    """Whether a text is one of this process."""
    table = _TABLES[kind]
    found = session.execute(select(table.id).where(table.id == thing_id, table.process_id == process_id))
    return found.first() is not None


def take_back(session: Session, act: ModerationAct, *, actor: Actor, now: datetime) -> None:
    """Undo an act: the text is as it was before, and reports that the act closed are open again."""
    kind = ThingKind(act.thing_kind)
    if act.verb != Verb.kept:
        to = {Verb.restored: To.hidden, Verb.hidden: To.shown}.get(Verb(act.verb), To.waiting)
        _MOVES[kind](session, _Move(act.process_id, act.thing_id, None, to, act.reason_code, actor, now))
    discussion.reopen_reports(session, target_kind=kind, target_id=act.thing_id, closed_at=act.acted_at, actor=actor)
    screening.reopen_flags(session, act_id=act.id)
    drawing.reopen_appeals(session, act_id=act.id)
    act.undone_at = now
    record(
        session,
        actor=actor,
        action="moderation.undone",
        kind=kind,
        object_id=act.thing_id,
        process_id=act.process_id,
        act=act.id,
    )
    session.flush()


def _remember(
    session: Session,
    process_id: uuid.UUID,
    kind: ThingKind,
    thing_id: uuid.UUID,
    verb: Verb,
    reason_code: str,
    note: str,
    actor: Actor,
    now: datetime,
    batch_id: uuid.UUID | None = None,
    drawable: bool = True,
) -> uuid.UUID:
    key = uuid.uuid4()
    session.add(
        ModerationAct(
            id=key, process_id=process_id, thing_kind=str(kind), thing_id=thing_id, verb=str(verb), reason_code=reason_code,
            note=note, acted_at=now, acted_by=actor.account_id, batch_id=batch_id,
        )
    )  # fmt: skip  # one row of values reads better so
    record(
        session,
        actor=actor,
        action=f"moderation.{verb}",
        kind=kind,
        object_id=thing_id,
        process_id=process_id,
        act=key,
        reason=reason_code,
    )
    session.flush()
    screening.close_flags(session, kind=kind, thing_id=thing_id, act_id=key)
    if drawable:
        drawing.draw(session, process_id=process_id, act_id=key, verb=verb, now=now)
    return key


class To(StrEnum):
    """Where a text is moved."""

    hidden = "hidden"
    shown = "shown"
    waiting = "waiting"


@dataclass(frozen=True, slots=True)
class _Move:
    """One text on its way: which, as it was seen, where to, why, by whom, when."""

    process_id: uuid.UUID
    thing_id: uuid.UUID
    version: int | None
    to: To
    reason: str
    actor: Actor
    now: datetime


_PROPOSAL = {
    To.hidden: ProposalState.hidden,
    To.shown: ProposalState.published,
    To.waiting: ProposalState.waiting,
}
_AMENDMENT = {To.hidden: AmendmentState.hidden, To.shown: None, To.waiting: AmendmentState.waiting}
_COMMENT = {To.hidden: discussion.hide, To.shown: discussion.restore, To.waiting: discussion.hold}
_SOURCE = {To.hidden: "hide", To.shown: "publish", To.waiting: "hold"}
_STATEMENT = {To.hidden: StatementState.hidden, To.shown: StatementState.shown, To.waiting: StatementState.waiting}


def _move_proposal(session: Session, move: _Move) -> None:
    row = session.execute(
        select(Proposal.version).where(Proposal.id == move.thing_id, Proposal.process_id == move.process_id)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questa proposta non c’è.")
    proposals.change_state(
        session,
        proposal_id=move.thing_id,
        version=move.version if move.version is not None else row,
        state=_PROPOSAL[move.to],
        actor=move.actor,
        now=move.now,
        reason=move.reason,
    )


def _move_comment(session: Session, move: _Move) -> None:
    _COMMENT[move.to](
        session,
        comment_id=move.thing_id,
        process_id=move.process_id,
        actor=move.actor,
        now=move.now,
        version=move.version,
        on_count=proposals.count_comments,
        reason=move.reason,
    )


def _move_source(session: Session, move: _Move) -> None:
    sources.change_source(
        session,
        process_id=move.process_id,
        source_id=move.thing_id,
        change=_SOURCE[move.to],
        reason_code=_SOURCE_REASONS.get(move.reason, "offence")
        if move.to is To.hidden
        else _READ.get(move.reason, "mistake"),
        actor=move.actor,
        now=move.now,
        seen_revision=move.version,
    )


def _move_statement(session: Session, move: _Move) -> None:
    opinions.move_statement(
        session,
        process_id=move.process_id,
        statement_id=move.thing_id,
        state=_STATEMENT[move.to],
        actor=move.actor,
        now=move.now,
        version=move.version,
        reason=move.reason,
    )


def _move_amendment(session: Session, move: _Move) -> None:
    proposals.change_amendment(
        session,
        process_id=move.process_id,
        amendment_id=move.thing_id,
        to=_AMENDMENT[move.to],
        version=move.version,
        actor=move.actor,
        now=move.now,
        reason=move.reason,
    )


_MOVES: dict[ThingKind, Callable[[Session, _Move], None]] = {
    ThingKind.proposal: _move_proposal,
    ThingKind.comment: _move_comment,
    ThingKind.source: _move_source,
    ThingKind.statement: _move_statement,
    ThingKind.amendment: _move_amendment,
}
_TABLES: dict[ThingKind, Any] = {
    ThingKind.proposal: Proposal,
    ThingKind.comment: Comment,
    ThingKind.source: Source,
    ThingKind.statement: OpinionStatement,
    ThingKind.amendment: Amendment,
}
#: Kinds of text that can be moderated.
MODERATED = frozenset(_MOVES)
