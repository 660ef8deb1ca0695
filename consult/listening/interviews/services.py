"""Writes on interviews: planning, consent, passages."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import Channel, ThingKind
from consult.listening.interviews import rules
from consult.listening.interviews.models import Interview, InterviewConsent
from consult.listening.sources.models import Source
from consult.listening.sources.services import add_sources, set_facts
from consult.listening.sources.types import NewSource
from consult.process.models import Process


@dataclass(frozen=True, slots=True)
class Consent:
    """What the interviewed person agrees to."""

    may_record: bool = False
    may_transcribe: bool = False
    may_code: bool = False
    quote: str = "none"
    embargo_until: date | None = None


def plan_interview(
    session: Session,
    *,
    process_id: uuid.UUID,
    role: str,
    actor: Actor,
    now: datetime,
    organisation: str = "",
    person_name: str = "",
    zone_id: uuid.UUID | None = None,
    speaker_kind: str | None = None,
    status: str = "to_invite",
    held_on: date | None = None,
    guide: str = "",
) -> uuid.UUID:
    """Put an interview on the list of those to hold."""
    if status not in rules.STATUSES:
        raise Invalid("Lo stato dell'intervista non è tra quelli previsti.")
    interview = Interview(
        process_id=process_id, role=role, organisation=organisation, person_name=person_name, zone_id=zone_id,
        speaker_kind=speaker_kind, status=status, held_on=held_on, guide=guide, changed_by=actor.account_id,
    )  # fmt: skip  # one row of values reads better so
    session.add(interview)
    session.flush()
    record(
        session,
        actor=actor,
        action="interview.planned",
        kind=ThingKind.interview,
        object_id=interview.id,
        process_id=process_id,
    )
    return interview.id


def describe_interview(
    session: Session,
    *,
    process_id: uuid.UUID,
    interview_id: uuid.UUID,
    version: int,
    role: str,
    organisation: str,
    person_name: str,
    zone_id: uuid.UUID | None,
    speaker_kind: str | None,
    status: str,
    held_on: date | None,
    guide: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Change what is known of an interview. Raises Conflict where somebody changed it since `version` was shown."""
    if status not in rules.STATUSES:
        raise Invalid("Lo stato dell'intervista non è tra quelli previsti.")
    changed = session.execute(
        update(Interview)
        .where(Interview.id == interview_id, Interview.process_id == process_id, Interview.version == version)
        .values(
            role=role, organisation=organisation, person_name=person_name, zone_id=zone_id, speaker_kind=speaker_kind,
            status=status, held_on=held_on, guide=guide, version=Interview.version + 1, changed_by=actor.account_id,
        )
        .returning(Interview.id)
    ).scalar_one_or_none()  # fmt: skip  # one row of values reads better so
    if changed is None:
        _refuse_stale(session, process_id, interview_id)
    _write_facts(session, interview_id=interview_id, actor=actor, now=now)
    record(
        session,
        actor=actor,
        action="interview.described",
        kind=ThingKind.interview,
        object_id=interview_id,
        process_id=process_id,
    )
    session.flush()


def record_consent(
    session: Session, *, process_id: uuid.UUID, interview_id: uuid.UUID, consent: Consent, actor: Actor, now: datetime
) -> None:
    """Record what the person agrees to now; every source of the interview obeys at once, quotes already cited included."""
    if consent.quote not in rules.QUOTE_CONSENTS:
        raise Invalid("Scegli che cosa si può citare.", {"quote": "Scegli una delle voci."})
    interview = _locked(session, process_id, interview_id)
    interview.may_record, interview.may_transcribe, interview.may_code = (
        consent.may_record,
        consent.may_transcribe,
        consent.may_code,
    )
    interview.quote_consent, interview.embargo_until = consent.quote, consent.embargo_until
    interview.version += 1
    interview.changed_by = actor.account_id
    number = session.execute(
        select(func.coalesce(func.max(InterviewConsent.number), 0) + 1).where(
            InterviewConsent.interview_id == interview_id
        )
    ).scalar_one()
    session.add(
        InterviewConsent(
            interview_id=interview_id, number=number, text_version=rules.CONSENT_TEXT_VERSION, may_record=consent.may_record,
            may_transcribe=consent.may_transcribe, may_code=consent.may_code, quote_consent=consent.quote,
            embargo_until=consent.embargo_until, given_at=now, recorded_by=actor.account_id,
        )
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    _write_facts(session, interview_id=interview_id, actor=actor, now=now)
    record(
        session, actor=actor, action="interview.consent_recorded", kind=ThingKind.interview, object_id=interview_id, process_id=process_id,
        number=number, quote=consent.quote, may_code=consent.may_code,
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def add_transcript(
    session: Session,
    *,
    process_id: uuid.UUID,
    interview_id: uuid.UUID,
    text: str,
    actor: Actor,
    now: datetime,
    language: str | None = None,
) -> int:
    """Add what was said, split into passages; returns how many. Raises Invalid without consent to transcribe and analyse."""
    interview = _locked(session, process_id, interview_id)
    if not (interview.may_transcribe and interview.may_code):
        sentence = "Prima serve il consenso a trascrivere e ad analizzare: registralo in questa pagina."
        raise Invalid(sentence, {"transcript": sentence})
    passages = rules.split_transcript(text)
    if not passages:
        raise Invalid("Nel testo non c'è nessun brano.", {"transcript": "Scrivi o incolla quello che è stato detto."})
    if len(passages) > rules.MAX_PASSAGES:
        raise Invalid(
            "Troppi brani in una volta.", {"transcript": "Al massimo 2000 brani per volta: dividi la trascrizione."}
        )
    start = session.execute(
        select(func.coalesce(func.max(Source.position), 0)).where(Source.unit_id == interview_id)
    ).scalar_one()
    quotable = rules.quotable_today(interview.quote_consent, interview.embargo_until, now.date())
    add_sources(
        session,
        process_id=process_id,
        rows=[
            NewSource(
                channel=Channel.interview, text=passage.text, language=language, unit_kind="interview", unit_id=interview_id,
                voice_id=interview_id, position=start + number, zone_id=interview.zone_id, speaker_kind=interview.speaker_kind,
                visibility="internal", quotable=quotable, said_on=interview.held_on,
                attribution=rules.attribution_for(interview.quote_consent, role=interview.role, name=interview.person_name),
            )
            for number, passage in enumerate(passages, 1)
        ],
    )  # fmt: skip  # one row of values reads better so
    if interview.status in {"to_invite", "invited", "scheduled", "held"}:
        interview.status = "transcribed"
    interview.version += 1
    record(
        session, actor=actor, action="interview.transcribed", kind=ThingKind.interview, object_id=interview_id, process_id=process_id,
        passages=len(passages),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return len(passages)


def lift_embargoes(session: Session, *, now: datetime, actor: Actor) -> int:
    """Write the consent on the sources of interviews whose embargo has ended; returns how many interviews."""
    ended = session.execute(
        select(Interview.id).where(Interview.embargo_until.is_not(None), Interview.embargo_until <= now.date()).order_by(Interview.id)
    ).scalars().all()  # fmt: skip  # one chain reads better so
    for interview_id in ended:
        _write_facts(session, interview_id=interview_id, actor=actor, now=now)
    return len(ended)


def _write_facts(session: Session, *, interview_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Make the interview's sources say what the interview says; each change counts as a revision, so findings that quote become stale."""
    interview = session.execute(
        select(Interview).where(Interview.id == interview_id).execution_options(populate_existing=True)
    ).scalar_one()
    sources = (
        session.execute(select(Source.id).where(Source.unit_id == interview_id, Source.unit_kind == "interview"))
        .scalars()
        .all()
    )
    for source_id in sources:
        set_facts(
            session,
            source_id=source_id,
            zone_id=interview.zone_id,
            speaker_kind=interview.speaker_kind,
            quotable=rules.quotable_today(interview.quote_consent, interview.embargo_until, now.date()),
            attribution=rules.attribution_for(interview.quote_consent, role=interview.role, name=interview.person_name),
            said_on=interview.held_on,
            actor=actor,
            now=now,
        )


def _locked(session: Session, process_id: uuid.UUID, interview_id: uuid.UUID) -> Interview:
    found = session.execute(
        select(Interview)
        .where(Interview.id == interview_id, Interview.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("Questa intervista non c'è.")
    return found


def _refuse_stale(session: Session, process_id: uuid.UUID, interview_id: uuid.UUID) -> None:
    current = _locked(session, process_id, interview_id)
    slug = session.execute(select(Process.slug).where(Process.id == process_id)).scalar_one()
    raise Conflict(
        "Qualcun altro ha modificato questa intervista mentre la leggevi.",
        link_endpoint="interviews.show",
        link_values={"slug": slug, "interview_id": str(interview_id)},
        current_version=current.version,
    )
