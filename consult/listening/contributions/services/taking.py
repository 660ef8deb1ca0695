"""Taking contributions: at once, or after a letter proved an address; with files that only staff sees."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import NOBODY, SYSTEM, Actor
from consult.core.vocabulary import Channel, PhaseKind, ThingKind
from consult.files.services import keep
from consult.files.types import Upload
from consult.listening.contributions import emails
from consult.listening.contributions.models import (
    Contribution,
    ContributionDoor,
    ContributionFile,
    ContributionWaiting,
)
from consult.listening.sources.rules import new_receipt_code, receipt_hash
from consult.listening.sources.services import add_source
from consult.ports.mail import Mailer, MailRefused
from consult.ports.storage import Storage
from consult.process.models import Process
from consult.process.services import hold_phase_open, remember_notice

#: How long a contribution waits for its author to open the letter, and how many files go with one.
PROOF_WITHIN, MOST_FILES = timedelta(days=2), 3


@dataclass(frozen=True, slots=True)
class Submitted:
    """What taking a contribution gives back; the code is shown once and only its hash is kept."""

    contribution_id: uuid.UUID
    source_id: uuid.UUID
    code: str


def submit(
    session: Session,
    *,
    process_id: uuid.UUID,
    text: str,
    actor: Actor,
    now: datetime,
    zone_id: uuid.UUID | None = None,
    municipality_id: uuid.UUID | None = None,
    speaker_kind: str | None = None,
    publish: bool = False,
    notice_id: uuid.UUID | None = None,
    on_paper: bool = False,
    code: str | None = None,
    uploads: Sequence[Upload] = (),
    storage: Storage | None = None,
) -> Submitted:
    """Take a contribution while listening is open. `code`: the receipt code minted with the form, so that a replay finds it.

    On paper, `actor` is the operator who types it, never the author. Raises PhaseClosed, Invalid.
    """
    if len(uploads) > MOST_FILES:
        raise Invalid("I file sono troppi.", {"files": "Al massimo tre file."})
    hold_phase_open(session, process_id=process_id, kinds=[PhaseKind.listening])
    code_hash = receipt_hash(code or "")
    if code is None or code_hash is None:
        code = new_receipt_code()
        code_hash = receipt_hash(code)
    reads_first = session.execute(
        select(Process.premoderate_contributions).where(Process.id == process_id)
    ).scalar_one()
    source_id = add_source(
        session,
        process_id=process_id,
        channel=Channel.contribution,
        text=text,
        zone_id=zone_id,
        municipality_id=municipality_id,
        speaker_kind=speaker_kind,
        visibility="public" if publish else "internal",
        quotable="anonymous" if publish else "none",
        said_on=now.date(),
        state="waiting" if reads_first else "live",
        actor=actor,
        now=now,
    )
    contribution_id = session.execute(
        insert(Contribution)
        .values(
            process_id=process_id,
            source_id=source_id,
            account_id=None if on_paper else actor.account_id,
            receipt_hash=code_hash,
            on_paper=on_paper,
            notice_id=notice_id,
            given_on=now.date(),
        )
        .on_conflict_do_nothing(index_elements=["receipt_hash"])
        .returning(Contribution.id)
    ).scalar_one_or_none()
    if contribution_id is None:
        raise Invalid("Questo contributo è già stato ricevuto: la ricevuta è quella mostrata la prima volta.")
    for upload in uploads:
        if storage is None:
            raise ValueError("files need a storage")
        # Who uploaded stands with the contribution, and goes with it: the file itself names nobody.
        file_id = keep(session, upload=upload, process_id=process_id, storage=storage, actor=NOBODY, now=now)
        session.add(ContributionFile(contribution_id=contribution_id, file_id=file_id))
    if not on_paper:
        remember_notice(session, notice_id=notice_id, actor=actor, kind=ThingKind.contribution, now=now)
    record(
        session,
        actor=actor,
        action="contribution.entered_on_paper" if on_paper else "contribution.given",
        kind=ThingKind.contribution,
        object_id=contribution_id,
        process_id=process_id,
    )
    session.flush()
    return Submitted(contribution_id, source_id, code)


def set_door(session: Session, *, process_id: uuid.UUID, proof: bool, files: bool, actor: Actor, now: datetime) -> None:
    """Say how a process takes contributions: whether an address is proved first, whether files may come along."""
    values = {"proof": proof, "files": files}
    session.execute(
        insert(ContributionDoor)
        .values(process_id=process_id, **values)
        .on_conflict_do_update(index_elements=["process_id"], set_=values)
    )
    record(
        session, actor=actor, action="contributions.door_set", kind=ThingKind.process, object_id=process_id, process_id=process_id,
        proof=proof, files=files,
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def wait_for_proof(
    session: Session,
    *,
    process_id: uuid.UUID,
    email: str,
    given: Mapping[str, Any],
    notice_id: uuid.UUID | None,
    now: datetime,
    locale: str = "it",
) -> uuid.UUID:
    """Keep a contribution until its author opens the link in a letter; nothing counts before. Raises PhaseClosed."""
    hold_phase_open(session, process_id=process_id, kinds=[PhaseKind.listening])
    row = ContributionWaiting(
        process_id=process_id, email=email, given=dict(given), notice_id=notice_id, created_at=now, locale=locale
    )
    session.add(row)
    session.flush()
    jobs.enqueue(session, "contributions.mail_proof", key=row.id, waiting_id=row.id)
    return row.id


def send_proof(session: Session, *, waiting_id: uuid.UUID, mailer: Mailer, secret: str) -> None:
    """Send the letter with the link; an address that does not exist loses its contribution, which never counted."""
    row = session.execute(
        select(ContributionWaiting, Process.slug, Process.title)
        .join(Process, Process.id == ContributionWaiting.process_id)
        .where(ContributionWaiting.id == waiting_id)
    ).one_or_none()
    if row is None:
        return
    waiting, slug, title = row
    try:
        mailer.send(
            emails.proof(
                to=waiting.email, slug=slug, title=title, waiting_id=waiting.id, secret=secret, language=waiting.locale
            )
        )
    except MailRefused:
        session.delete(waiting)
        record(
            session, actor=SYSTEM, action="contribution.letter_refused", kind=ThingKind.contribution, object_id=waiting_id,
            process_id=waiting.process_id,
        )  # fmt: skip  # one row of values reads better so


def confirm(
    session: Session, *, process_id: uuid.UUID, waiting_id: uuid.UUID, actor: Actor, now: datetime
) -> Submitted:
    """Take the contribution whose letter was opened; the address goes. Raises NotFound when it waited too long, PhaseClosed."""
    waiting = session.execute(
        select(ContributionWaiting)
        .where(ContributionWaiting.id == waiting_id, ContributionWaiting.process_id == process_id)
        .with_for_update()
    ).scalar_one_or_none()
    if waiting is None or waiting.created_at < now - PROOF_WITHIN:
        raise NotFound("Questo link non vale più: il contributo è già stato confermato, o sono passati due giorni.")
    given = waiting.given
    done = submit(
        session,
        process_id=process_id,
        text=given["text"],
        zone_id=_key(given.get("zone_id")),
        municipality_id=_key(given.get("municipality_id")),
        speaker_kind=given.get("speaker_kind"),
        publish=bool(given.get("publish")),
        notice_id=waiting.notice_id,
        actor=actor,
        now=now,
    )
    session.delete(waiting)
    session.flush()
    return done


def _key(value: str | None) -> uuid.UUID | None:
    return uuid.UUID(value) if value else None


def ask_for_due(session: Session, *, now: datetime) -> None:
    """Once a day: drop what waited too long for its proof."""
    jobs.enqueue(session, "contributions.drop_waiting", key=str(now.date()), day=str(now.date()))


def drop_waiting(session: Session, *, now: datetime) -> int:
    """Delete contributions whose letter nobody opened within two days, addresses and all; returns how many."""
    gone = session.execute(
        delete(ContributionWaiting)
        .where(ContributionWaiting.created_at < now - PROOF_WITHIN)
        .returning(ContributionWaiting.id)
    ).all()
    return len(gone)
