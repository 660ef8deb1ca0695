"""Letters of invitation with the appointment, and what the person does on the personal page that the letter leads to."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import NOBODY, Actor
from consult.core.vocabulary import ThingKind
from consult.listening.interviews import emails
from consult.listening.interviews.models import Interview
from consult.listening.interviews.rules import STATUSES, door_hash, door_token, narrower
from consult.listening.interviews.services.planning import Consent, record_consent
from consult.listening.sources.models import Source
from consult.listening.sources.services import change_source
from consult.ports.mail import Mailer, MailRefused
from consult.process.models import Process


def _held(session: Session, interview_id: uuid.UUID, process_id: uuid.UUID) -> Interview:
    interview = session.execute(
        select(Interview)
        .where(Interview.id == interview_id, Interview.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if interview is None:
        raise NotFound("Questa intervista non c’è.")
    return interview


def invite(session: Session, *, process_id: uuid.UUID, interview_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Send the invitation, or send it anew after a change: calendars recognise the same appointment. Raises Invalid without an address."""
    interview = _held(session, interview_id, process_id)
    if not interview.email:
        raise Invalid("Per invitare serve un indirizzo di posta.", {"email": "Scrivi l’indirizzo."})
    interview.invitations += 1
    wanted = "scheduled" if interview.meets_at is not None else "invited"
    if STATUSES.index(interview.status) < STATUSES.index(wanted):
        interview.status = wanted
    interview.version += 1
    jobs.enqueue(
        session, "interviews.mail_invitation", key=f"{interview_id}:{interview.invitations}", interview_id=interview_id,
        number=interview.invitations,
    )  # fmt: skip  # one row of values reads better so
    record(
        session, actor=actor, action="interview.invited", kind=ThingKind.interview, object_id=interview_id, process_id=process_id,
        number=interview.invitations,
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def send_invitation(
    session: Session, *, interview_id: uuid.UUID, number: int, mailer: Mailer, secret: str, now: datetime
) -> None:
    """Mail the invitation; an older one than the latest is left out. The link is the same each time."""
    found = session.execute(
        select(Interview, Process.title)
        .join(Process, Process.id == Interview.process_id)
        .where(Interview.id == interview_id)
        .with_for_update(of=Interview)
    ).one_or_none()
    if found is None or not found[0].email or found[0].invitations != number:
        return
    interview, title = found
    token = door_token(interview.id, secret)
    interview.door_hash = door_hash(token)
    try:
        mailer.send(
            emails.invitation(
                to=interview.email, token=token, process_title=title, meets_at=interview.meets_at, place=interview.place,
                uid=interview.id, sequence=number - 1, language=interview.language, key=f"interview:{interview.id}:{number}", now=now,
            )
        )  # fmt: skip  # one row of values reads better so
    except MailRefused:
        record(
            session, actor=NOBODY, action="interview.letter_refused", kind=ThingKind.interview, object_id=interview.id,
            process_id=interview.process_id,
        )  # fmt: skip  # one row of values reads better so
    session.flush()


def narrow_consent(
    session: Session, *, process_id: uuid.UUID, interview_id: uuid.UUID, consent: Consent, now: datetime
) -> None:
    """The person narrows or withdraws consent: it reaches every passage, quote and file at once. Raises Invalid for more than was given."""
    interview = _held(session, interview_id, process_id)
    more = (
        (consent.may_record and not interview.consent_record)
        or (consent.may_transcribe and not interview.consent_transcribe)
        or (consent.may_code and not interview.consent_code)
        or not narrower(before=interview.consent_quote, after=consent.quote)
    )
    if more:
        raise Invalid("Qui si può restringere o ritirare il consenso. Per allargarlo, chiedi a chi ti ha intervistato.")
    kept = Consent(
        may_record=consent.may_record, may_transcribe=consent.may_transcribe, may_code=consent.may_code, quote=consent.quote,
        text_version=interview.consent_text or "1", given_on=now.date(), embargo_until=consent.embargo_until or interview.embargo_until,
    )  # fmt: skip  # one row of values reads better so
    record_consent(
        session, process_id=process_id, interview_id=interview_id, consent=kept, actor=NOBODY, now=now, by_person=True
    )


def correct_passage(
    session: Session,
    *,
    process_id: uuid.UUID,
    interview_id: uuid.UUID,
    source_id: uuid.UUID,
    text: str | None,
    seen_revision: int,
    now: datetime,
) -> None:
    """The person corrects what they said, or (None) takes a passage back. Raises NotFound for another's, Conflict where it is stale."""
    known = session.execute(
        select(Source.id).where(Source.id == source_id, Source.unit_id == interview_id, Source.state == "live")
    ).scalar_one_or_none()
    if known is None:
        raise NotFound("Questo passaggio non c’è, o è già stato ritirato.")
    change_source(
        session, process_id=process_id, source_id=source_id, change="withdraw" if text is None else "correct", reason_code="author_asked",
        actor=NOBODY, now=now, text=text, seen_revision=seen_revision,
    )  # fmt: skip  # one row of values reads better so


def confirm_transcript(session: Session, *, process_id: uuid.UUID, interview_id: uuid.UUID, now: datetime) -> None:
    """The person says that the transcript is right."""
    interview = _held(session, interview_id, process_id)
    if interview.status == "transcribed":
        interview.status, interview.version = "checked", interview.version + 1
        record(
            session,
            actor=NOBODY,
            action="interview.checked",
            kind=ThingKind.interview,
            object_id=interview_id,
            process_id=process_id,
        )
        session.flush()
