"""Who is heard, and what they consented to: a change of consent reaches every passage at once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from consult.audit.models import AuditEvent
from consult.audit.services import record
from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.listening.interviews.models import ConsentChange, Interview
from consult.listening.interviews.rules import QUOTES, STATUSES, attribution, quotable
from consult.listening.interviews.services.transcripts import forget_files
from consult.listening.sources.models import Source
from consult.listening.sources.queries import taken_back
from consult.listening.sources.rules import CONSENT_BACK, CONSENT_LAPSED, with_consent_only
from consult.listening.sources.services import change_source, set_facts
from consult.process.queries import slug_of


@dataclass(frozen=True, slots=True)
class InterviewFields:
    """What can be typed about an interview."""

    role: str
    status: str = "to_invite"
    organisation: str = ""
    person_name: str = ""
    zone_id: uuid.UUID | None = None
    speaker_kind: str | None = None
    language: str = "it"
    held_on: date | None = None
    consent_record: bool = False
    consent_transcribe: bool = False
    consent_code: bool = False
    consent_quote: str = "none"
    consent_text: str = ""
    consent_on: date | None = None
    embargo_until: date | None = None
    notes: str = ""
    email: str = ""
    meets_at: datetime | None = None
    place: str = ""


_COLUMNS = (
    "role", "status", "organisation", "person_name", "zone_id", "speaker_kind", "language", "held_on", "consent_record", "consent_transcribe",
    "consent_code", "consent_quote", "consent_text", "consent_on", "embargo_until", "notes", "email", "meets_at", "place",
)  # fmt: skip  # one column per name reads better in few lines

_CONSENT = (
    "consent_record", "consent_transcribe", "consent_code", "consent_quote", "consent_text", "consent_on", "embargo_until",
)  # fmt: skip  # the scopes in few lines

#: Stands in the record of an edit that set the status by hand.
STATUS_SET = "status"

_TITLES = {
    "role": "Ruolo",
    "organisation": "Organizzazione",
    "status": "Stato",
    "consent_quote": "Consenso a citare",
    "notes": "Note",
}


def _check(fields: InterviewFields) -> None:
    if fields.status not in STATUSES or fields.consent_quote not in QUOTES:
        raise Invalid("Una delle scelte non è nell’elenco.")
    if any(
        (fields.consent_record, fields.consent_transcribe, fields.consent_code, fields.consent_quote != "none")
    ) and (fields.consent_on is None or not fields.consent_text):
        raise Invalid(
            "Un consenso ha bisogno di una data e della versione del testo.",
            {
                "consent_on": "Scrivi quando è stato dato e su quale testo.",
                "consent_text": "Scrivi la versione del testo.",
            },
        )
    if fields.consent_quote == "name" and not fields.person_name:
        raise Invalid(
            "Per citare con il nome serve il nome.", {"person_name": "Scrivi il nome, o scegli un altro consenso."}
        )


def create_interview(
    session: Session, *, process_id: uuid.UUID, fields: InterviewFields, actor: Actor, now: datetime
) -> uuid.UUID:
    """Enter somebody to hear, or already heard. Raises Invalid."""
    _check(fields)
    interview = Interview(process_id=process_id, created_at=now, **{name: getattr(fields, name) for name in _COLUMNS})
    session.add(interview)
    session.flush()
    if fields.consent_on is not None:
        _remember(session, interview.id, fields, now, by_person=False)
    record(
        session,
        actor=actor,
        action="interview.entered",
        kind=ThingKind.interview,
        object_id=interview.id,
        process_id=process_id,
    )
    session.flush()
    return interview.id


def plan_interview(
    session: Session,
    *,
    process_id: uuid.UUID,
    role: str,
    actor: Actor,
    now: datetime,
    zone_id: uuid.UUID | None = None,
    speaker_kind: str | None = None,
    organisation: str = "",
    language: str = "it",
    status: str = "to_invite",
    held_on: date | None = None,
) -> uuid.UUID:
    """Enter somebody to hear, consent to follow."""
    fields = InterviewFields(
        role=role,
        organisation=organisation,
        zone_id=zone_id,
        speaker_kind=speaker_kind,
        language=language,
        status=status,
        held_on=held_on,
    )
    return create_interview(session, process_id=process_id, fields=fields, actor=actor, now=now)


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person agreed to, by scope; `text_version` names the text they agreed on."""

    may_record: bool = False
    may_transcribe: bool = False
    may_code: bool = False
    quote: str = "none"
    text_version: str = "1"
    given_on: date | None = None
    embargo_until: date | None = None


def _remember(
    session: Session, interview_id: uuid.UUID, fields: InterviewFields, now: datetime, *, by_person: bool
) -> None:
    """Keep what is consented to from now on beside what was before."""
    session.add(
        ConsentChange(
            interview_id=interview_id, may_record=fields.consent_record, may_transcribe=fields.consent_transcribe,
            may_code=fields.consent_code, quote=fields.consent_quote, embargo_until=fields.embargo_until,
            text_version=fields.consent_text, given_on=fields.consent_on, given_by="person" if by_person else "staff", changed_at=now,
        )
    )  # fmt: skip  # one row of values reads better so


def record_consent(
    session: Session,
    *,
    process_id: uuid.UUID,
    interview_id: uuid.UUID,
    consent: Consent,
    actor: Actor,
    now: datetime,
    by_person: bool = False,
) -> None:
    """Record consent, or narrow or withdraw it: it reaches every passage at once. `given_on` None: today."""
    interview = session.execute(
        select(Interview)
        .where(Interview.id == interview_id, Interview.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if interview is None:
        raise NotFound("Questa intervista non c’è.")
    fields = InterviewFields(
        **{
            **{name: getattr(interview, name) for name in _COLUMNS},
            "consent_record": consent.may_record,
            "consent_transcribe": consent.may_transcribe,
            "consent_code": consent.may_code,
            "consent_quote": consent.quote,
            "consent_text": consent.text_version,
            "consent_on": consent.given_on or now.date(),
            "embargo_until": consent.embargo_until,
        }
    )
    edit_interview(
        session,
        process_id=process_id,
        interview_id=interview_id,
        version=interview.version,
        fields=fields,
        actor=actor,
        now=now,
        by_person=by_person,
    )


def edit_interview(
    session: Session,
    *,
    process_id: uuid.UUID,
    interview_id: uuid.UUID,
    version: int,
    fields: InterviewFields,
    actor: Actor,
    now: datetime,
    by_person: bool = False,
) -> None:
    """Save an interview; a change of consent reaches every passage at once. Raises Conflict where it is stale, Invalid.

    Without consent to transcribe and to code the passages are withdrawn: no use of them is possible any more, until it is given again.
    """
    _check(fields)
    values: dict[str, Any] = {name: getattr(fields, name) for name in _COLUMNS}
    before = session.execute(
        select(*(getattr(Interview, name) for name in _CONSENT), Interview.status).where(Interview.id == interview_id)
    ).one_or_none()
    done = session.execute(
        update(Interview)
        .where(Interview.id == interview_id, Interview.process_id == process_id, Interview.version == version)
        .values(version=version + 1, **values)
        .returning(Interview.id)
    ).scalar_one_or_none()
    if done is None:
        current = session.execute(
            select(Interview).where(Interview.id == interview_id, Interview.process_id == process_id)
        ).scalar_one_or_none()
        if current is None:
            raise NotFound("Questa intervista non c’è.")
        raise Conflict(
            "Qualcun altro ha salvato questa intervista mentre la modificavi.",
            link_endpoint="interviews.edit",
            link_values={"slug": slug_of(session, process_id=process_id), "interview_id": str(interview_id)},
            differences=tuple(
                Difference(label, str(getattr(current, name)), str(values[name]))
                for name, label in _TITLES.items()
                if getattr(current, name) != values[name]
            ),
            current_version=current.version,
        )
    if before is not None and tuple(before[:-1]) != tuple(values[name] for name in _CONSENT):
        _remember(session, interview_id, fields, now, by_person=by_person)
    record(
        session, actor=actor, action="interview.edited", kind=ThingKind.interview, object_id=interview_id, process_id=process_id,
        quote=fields.consent_quote, code=fields.consent_code,
        **({STATUS_SET: fields.status} if before is not None and before.status != fields.status else {}),
    )  # fmt: skip  # one row of values reads better so
    _apply(
        session, process_id=process_id, interview_id=interview_id, fields=fields, today=now.date(), actor=actor, now=now
    )
    session.flush()


def follow(
    session: Session, *, process_id: uuid.UUID, interview_id: uuid.UUID, today: date, actor: Actor, now: datetime
) -> None:
    """Bring every passage in line with what the interview says, as it stands on that day."""
    interview = session.get_one(Interview, interview_id)
    fields = InterviewFields(**{name: getattr(interview, name) for name in _COLUMNS})
    _apply(session, process_id=process_id, interview_id=interview_id, fields=fields, today=today, actor=actor, now=now)


def _apply(
    session: Session,
    *,
    process_id: uuid.UUID,
    interview_id: uuid.UUID,
    fields: InterviewFields,
    today: date,
    actor: Actor,
    now: datetime,
) -> None:
    """Bring every passage in line with the interview's facts and consent; without consent to transcribe its files go."""
    if not fields.consent_transcribe:
        forget_files(session, interview_id=interview_id)
    # Held, so that nobody puts a passage back between this look at it and the end.
    rows = session.execute(
        select(Source.id, Source.state).where(Source.unit_id == interview_id).order_by(Source.position, Source.id).with_for_update()
    ).all()
    readable = fields.consent_transcribe and fields.consent_code
    if readable:
        _mark(session, interview_id, consented=True)
    # What went with consent comes back with it, as it was; what the person took back by themselves, or somebody by hand, does not.
    gone = taken_back(session, source_ids=[row.id for row in rows if row.state == "withdrawn"]) if readable else {}
    for source_id, state in rows:
        set_facts(
            session, source_id=source_id, zone_id=fields.zone_id, speaker_kind=fields.speaker_kind, said_on=fields.held_on,
            quotable=quotable(consent_quote=fields.consent_quote, embargo_until=fields.embargo_until, today=today),
            attribution=attribution(consent_quote=fields.consent_quote, role=fields.role, person_name=fields.person_name),
            actor=actor, now=now,
        )  # fmt: skip  # one row of values reads better so
        taken = gone.get(source_id)
        change = ""
        if not readable and state != "withdrawn":
            # Hidden ones too: a moderator reads what is hidden, and could show it again.
            change = "withdraw"
        elif taken is not None and with_consent_only(taken):
            change = "restore"
        if change:
            change_source(
                session,
                process_id=process_id,
                source_id=source_id,
                change=change,
                reason_code=CONSENT_BACK if readable else CONSENT_LAPSED,
                actor=actor,
                now=now,
            )
    if not readable:
        _mark(session, interview_id, consented=False)


def _mark(session: Session, interview_id: uuid.UUID, *, consented: bool) -> None:
    """Say beside every passage, also those that were withdrawn for another reason, whether they may be in use at all."""
    session.execute(
        update(Source)
        .where(Source.unit_id == interview_id, Source.consented != consented)
        .values(consented=consented)
        .execution_options(synchronize_session=False)
    )


def set_status() -> ColumnElement[bool]:
    """Whether an event of the record set the status of an interview: the coding desk did, or somebody by hand."""
    by_hand = and_(AuditEvent.action == "interview.edited", AuditEvent.meta.has_key(STATUS_SET))
    by_desk = AuditEvent.action.in_(["interview.coded", "interview.uncoded"])
    return and_(AuditEvent.object_kind == str(ThingKind.interview), or_(by_hand, by_desk))


def note_coded(
    session: Session, *, process_id: uuid.UUID, interview_id: uuid.UUID, whole: bool, actor: Actor, now: datetime
) -> None:
    """Keep the status in line with the coding desk: coded once every passage is (`whole`), as it was before when one is no longer.

    What somebody set by hand stays. Where somebody is saving the interview at this moment nothing is waited for, since they wait for
    passages that coders hold: the clock looks again.
    """
    interview = session.execute(
        select(Interview)
        .where(Interview.id == interview_id, Interview.process_id == process_id)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if interview is None:
        return
    if whole and interview.status in {"transcribed", "checked"}:
        wanted, action = "coded", "interview.coded"
    elif not whole and interview.status == "coded":
        last = session.execute(
            select(AuditEvent.action, AuditEvent.meta)
            .where(AuditEvent.object_id == str(interview_id), set_status())
            .order_by(AuditEvent.id.desc())
            .limit(1)
        ).one_or_none()
        if last is None or last.action != "interview.coded":
            return
        wanted, action = str(last.meta["before"]), "interview.uncoded"
    else:
        return
    before, interview.status, interview.version = interview.status, wanted, interview.version + 1
    record(
        session, actor=actor, action=action, kind=ThingKind.interview, object_id=interview_id, process_id=process_id, before=before
    )  # fmt: skip  # one row of values reads better so
    session.flush()
