"""How sources change: with history, consent and what rests on them told."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.listening.sources import queries, rules
from consult.listening.sources.models import Source, SourceRevision
from consult.process.queries import slug_of

_FACTS = frozenset(
    [
        "zone_id",
        "municipality_id",
        "speaker_kind",
        "note_kind",
        "agreed",
        "visibility",
        "quotable",
        "attribution",
        "said_on",
        "language",
        "position",
    ]
)


#: What must follow when a source may no longer be read as it was: the paper that quotes it. Its room stands above and names the task.
FOLLOWED_BY = "position_paper.follow_consent"


#: How long a change waits for others, so that ten in a row make one new version of a paper; far below the five minutes promised.
GATHER_S = 45


def ask_to_follow(session: Session, *, process_id: uuid.UUID) -> None:
    """Ask that papers follow what this transaction changes in the sources of a process; asked many times, they do so once."""
    jobs.enqueue_together(session, FOLLOWED_BY, scope=process_id, wait_s=GATHER_S, process_id=process_id)


def withdraw_many(
    session: Session,
    *,
    process_id: uuid.UUID,
    which: ColumnElement[bool],
    reason_code: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Withdraw live sources with history, however many, in two statements and without audit rows: for callers that record the whole.

    What cites them becomes stale. Those that somebody withdrew or hid in the meantime stay as they are. Returns how many.
    """
    mine = (Source.process_id == process_id) & which & (Source.state == "live")
    history = select(
        func.gen_random_uuid(), Source.id, Source.revision, Source.text, Source.state, literal("withdraw"), literal(reason_code),
        literal(now), literal(actor.account_id),
    ).where(mine)  # fmt: skip  # the order of the columns below
    session.execute(
        insert(SourceRevision).from_select(
            ["id", "source_id", "revision", "text", "state", "change", "reason_code", "changed_at", "changed_by"],
            history,
        )
    )
    gone = session.execute(
        update(Source)
        .where(mine)
        .values(state="withdrawn", revision=Source.revision + 1, import_key=None)
        .returning(Source.id)
        .execution_options(synchronize_session=False)
    ).all()
    ask_to_follow(session, process_id=process_id)
    return len(gone)


def change_source(
    session: Session,
    *,
    process_id: uuid.UUID,
    source_id: uuid.UUID,
    change: str,
    reason_code: str,
    actor: Actor,
    now: datetime,
    text: str | None = None,
    seen_revision: int | None = None,
) -> int:
    """Redact, correct, withdraw, hide or restore a source, or publish one that waits or is hidden, and back; returns its new revision.

    `redact` removes personal data: the earlier texts are emptied in the history too. `correct` keeps them. What was withdrawn comes back
    by `restore` only, as it was: not while who said it does not let it be read; and what its author took back, or somebody for want of
    consent, only by who did it. Hidden or published meanwhile, it comes back so.
    Raises Conflict where `seen_revision` is no longer the current one, NotFound, Invalid.
    """
    if change not in rules.CHANGES:
        raise Invalid("Questa modifica non si può fare.")
    if reason_code not in rules.REASONS:
        raise Invalid("Serve un motivo.", {"reason_code": "Scegli un motivo dell’elenco."})
    source = session.execute(
        select(Source)
        .where(Source.id == source_id, Source.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if source is None:
        raise NotFound("Questa fonte non c’è.")
    if seen_revision is not None and source.revision != seen_revision:
        raise Conflict(
            "Qualcun altro ha modificato questa fonte mentre la leggevi.",
            link_endpoint="source_desk.edit",
            link_values={"slug": slug_of(session, process_id=process_id), "source_id": str(source_id)},
            current_version=source.revision,
        )
    if change in {"redact", "correct"} and not (text or "").strip():
        raise Invalid(
            "Il testo non può restare vuoto: per toglierla del tutto la fonte si ritira.",
            {"text": "Scrivi il testo che resta."},
        )
    state = rules.CHANGES[change] or source.state
    if source.state == "withdrawn":
        state = _back(session, source, change, actor)
    session.add(
        SourceRevision(
            source_id=source.id,
            revision=source.revision,
            text=None if change == "redact" else source.text,
            state=source.state,
            change=change,
            reason_code=reason_code,
            changed_at=now,
            changed_by=actor.account_id,
        )
    )
    if change == "redact":
        session.execute(update(SourceRevision).where(SourceRevision.source_id == source.id).values(text=None))
    if change in {"redact", "correct"} and text is not None:
        source.text = text
    source.state = state
    source.revision += 1
    record(
        session, actor=actor, action=f"source.{change}", kind=ThingKind.source, object_id=source.id, process_id=process_id,
        revision=source.revision, reason=reason_code,
    )  # fmt: skip  # one row of values reads better so
    ask_to_follow(session, process_id=process_id)
    session.flush()
    return source.revision


def _back(session: Session, source: Source, change: str, actor: Actor) -> str:
    """The state that a withdrawn source is in after a change. Raises Invalid where it may not come back."""
    if change not in {"restore", "publish"}:
        # Hidden, it could be read again by who moderates: it stays gone, and is hidden when it comes back.
        return "withdrawn"
    taken = queries.taken_back(session, source_ids=[source.id]).get(source.id)
    before = taken.before if taken else "live"
    if change == "publish" and before != "live":
        return "withdrawn"
    refusal = rules.stays_withdrawn(taken, by=actor.account_id)
    if refusal:
        raise Invalid(refusal, {"change": refusal})
    return before


def set_facts(session: Session, *, source_id: uuid.UUID, actor: Actor, now: datetime, **facts: Any) -> None:
    """Correct what is known beside a text: zone, speaker, kind of note, consent, visibility, day. A change counts as a revision."""
    if not facts.keys() <= _FACTS:
        raise ValueError(f"not a fact of a source: {sorted(facts.keys() - _FACTS)}")
    source = session.execute(
        select(Source).where(Source.id == source_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if source is None:
        raise NotFound("Questa fonte non c’è.")
    changed = {name: value for name, value in facts.items() if getattr(source, name) != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(source, name, value)
    if changed.keys() - {"position"}:
        source.revision += 1
        record(
            session, actor=actor, action="source.described", kind=ThingKind.source, object_id=source.id, process_id=source.process_id,
            revision=source.revision, changed=sorted(changed),
        )  # fmt: skip  # one row of values reads better so
        ask_to_follow(session, process_id=source.process_id)
    session.flush()
