"""What was heard in the rich world: contributions, questionnaires, documents, interviews, meetings."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config import Settings
from consult.core.permissions import Actor
from consult.core.vocabulary import Role, SpeakerKind
from consult.demo import texts
from consult.listening.contributions import services as contributions
from consult.listening.documents import services as documents
from consult.listening.interviews import services as interviews
from consult.listening.interviews.models import Interview
from consult.listening.meetings import services as meetings
from consult.listening.meetings.models import Meeting, MeetingRegistration
from consult.listening.sources import services as sources
from consult.listening.sources.models import Source
from consult.listening.sources.rules import personal_token
from consult.listening.sources.types import ImportRow
from tests.factories.rich_desk import add_files
from tests.factories.rich_surveys import INVITED, add_questionnaires
from tests.factories.rich_world import Rich, Say


def add_listening(session: Session, rich: Rich, say: Say, now: datetime) -> None:
    world, facilitator = rich.world, rich.actor(Role.facilitator)
    process_id = world.process_id
    said = [s for s in texts.said() if s.channel in {"answer", "contribution"} and s.language == "it"][:60]
    zones = list(world.zones)
    sources.import_rows(
        session,
        process_id=process_id,
        rows=[ImportRow(line=i, text=s.text, zone=zones[i % 3], speaker=s.speaker) for i, s in enumerate(said)],
        actor=facilitator,
        now=now,
    )
    heard = partial(sources.add_source, session, process_id=process_id, channel="answer", actor=facilitator, now=now)
    changed = partial(sources.change_source, session, process_id=process_id, actor=facilitator, now=now)
    late = f"La sera l'ultimo treno parte troppo presto per chi lavora in fabbrica. {say('internal_source')}"
    trees = f"Gli alberi lungo il fiume vanno curati. {say('withdrawn_source')}"
    doctor = f"Il medico {say('redacted_source')} non viene più in paese."
    rich.keys["internal_source"] = heard(text=late, quotable="none")
    withdrawn = rich.keys["withdrawn_source"] = heard(text=trees, visibility="public")
    changed(source_id=withdrawn, change="withdraw", reason_code="author_asked")
    redacted = rich.keys["redacted_source"] = heard(text=doctor, visibility="public")
    changed(source_id=redacted, change="redact", reason_code="personal_data", text="Il medico […] non viene più in paese.")
    _interviews(session, rich, say, now)
    _meetings(session, rich, say, now)
    keys, rich.room_tokens["surveys"] = add_questionnaires(
        session, process_id=process_id, say=say, actor=facilitator, now=now
    )
    rich.keys |= keys
    rich.addresses.append(INVITED)
    rich.keys |= add_files(
        session, world=world, questionnaire_id=rich.keys["questionnaire"], say=say, actor=facilitator, now=now
    )
    given = contributions.submit(
        session,
        process_id=process_id,
        text=f"Serve un autobus che salga in valle anche la domenica mattina. {say('public_contribution')}",
        zone_id=world.zones["2"],
        publish=True,
        actor=Actor(),
        now=now,
    )
    rich.keys["contribution"], rich.keys["public_source"] = given.contribution_id, given.source_id
    rich.receipt_code = given.code
    kept = contributions.submit(
        session,
        process_id=process_id,
        text=f"La connessione cade ogni volta che piove. {say('private_contribution')}",
        actor=Actor(),
        now=now,
    )
    session.execute(update(Source).where(Source.id == kept.source_id).values(quotable="none"))
    rich.keys["private_source"] = kept.source_id
    paper = contributions.submit(
        session,
        process_id=process_id,
        text="Un marciapiede davanti alla scuola, per favore.",
        on_paper=True,
        actor=rich.actor(Role.operator),
        now=now,
    )
    rich.keys["paper_contribution"] = paper.contribution_id
    rich.keys["document"] = documents.add_document(
        session, process_id=process_id, title=f"Relazione sulla valle {say('document')}"[:300], author="Comunità montana", actor=facilitator, now=now
    )  # fmt: skip  # one call reads better so
    documents.add_passages(
        session,
        process_id=process_id,
        document_id=rich.keys["document"],
        text="La strada chiude due volte ogni inverno.\n\nI giovani partono per studiare.",
        actor=facilitator,
        now=now,
    )


def _interviews(session: Session, rich: Rich, say: Say, now: datetime) -> None:
    """Two interviews with passages; the second then takes its consent back."""
    facilitator, process_id = rich.actor(Role.facilitator), rich.world.process_id
    fields = interviews.InterviewFields(
        role="Responsabile di una cooperativa",
        organisation=f"Cooperativa {say('interview_organisation')}"[:200],
        person_name=f"Persona {say('interview_name')}"[:120],
        notes=f"Chiedere dei trasporti. {say('interview_notes')}",
        speaker_kind=str(SpeakerKind.business),
        zone_id=rich.world.zones["1"],
        status="held",
        consent_record=True,
        consent_transcribe=True,
        consent_code=True,
        consent_quote="anonymous",
        consent_text="1",
        consent_on=now.date(),
    )
    for name, passage in (("interview", "passage"), ("withdrawn_interview", "withdrawn_passage")):
        key = interviews.create_interview(session, process_id=process_id, fields=fields, actor=facilitator, now=now)
        rich.keys[name] = key
        interviews.add_transcript(
            session,
            process_id=process_id,
            interview_id=key,
            text=f"D: Che cosa manca?\n\nR: Mancano operai formati per le nostre officine. {say(passage)}\n\nR: I corsi sono lontani da qui.",
            actor=facilitator,
            now=now,
        )
    interviews.edit_interview(
        session,
        process_id=process_id,
        interview_id=rich.keys["withdrawn_interview"],
        version=session.get_one(Interview, rich.keys["withdrawn_interview"]).version,
        fields=replace(fields, consent_transcribe=False, consent_code=False, consent_quote="none"),
        actor=facilitator,
        now=now,
    )


def _meetings(session: Session, rich: Rich, say: Say, now: datetime) -> None:
    facilitator, process_id = rich.actor(Role.facilitator), rich.world.process_id

    def meeting(name: str, title: str, **more: object) -> uuid.UUID:
        fields = meetings.MeetingFields(title=title[:200], place="Sala civica", address="Piazza 1", **more)  # type: ignore[arg-type]  # Each call names real fields.
        rich.keys[name] = meetings.create_meeting(
            session, process_id=process_id, fields=fields, actor=facilitator, now=now
        )
        return rich.keys[name]

    held = meeting(
        "meeting",
        f"Incontro in valle {say('public_meeting')}",
        starts_at=now - timedelta(hours=5),
        ends_at=now - timedelta(hours=3),
        summary="Si è parlato di strade.",
        minutes=f"Verbale non ancora pubblicato. {say('minutes')}",
        zone_ids=[rich.world.zones["2"]],
    )
    coming = meeting(
        "coming_meeting", "Incontro in collina", starts_at=now + timedelta(days=5), registration=True, capacity=40
    )
    meeting("draft_meeting", f"Incontro da decidere {say('draft_meeting')}", starts_at=now + timedelta(days=9))
    for key in (held, coming):
        meetings.set_state(
            session, process_id=process_id, meeting_id=key, state="published", actor=facilitator, now=now
        )
    meetings.register(
        session,
        process_id=process_id,
        meeting_id=coming,
        email="iscritta@example.org",
        name=f"Iscritta {say('registration')}"[:120],
        organisation=say("registration_organisation")[:200],
        notice_id=None,
        actor=Actor(),
        now=now,
    )
    rich.addresses.append("iscritta@example.org")
    rich.keys["note"] = meetings.add_note(
        session,
        process_id=process_id,
        meeting_id=held,
        note=meetings.NewNote(
            text=f"Più corse la sera tra la valle e la città. {say('meeting_note')}",
            kind="need",
            speaker_kind="resident",
            agreed=12,
        ),
        actor=facilitator,
        now=now,
    )
    _working_meeting(session, rich, say, now)


def _working_meeting(session: Session, rich: Rich, say: Say, now: datetime) -> None:
    """Tables, a ballot of one, minutes in review with a remark: at the meeting that was held, whose minutes are not public."""
    facilitator, process_id, held = rich.actor(Role.facilitator), rich.world.process_id, rich.keys["meeting"]
    rich.keys["table"] = meetings.save_table(
        session, process_id=process_id, meeting_id=held, table_id=None, number=1, title="Muoversi", zone_id=rich.world.zones["2"],
        facilitator_id=facilitator.account_id, seats=12, actor=facilitator, now=now,
    )  # fmt: skip  # one call reads better so
    meetings.set_table_ballot(
        session, process_id=process_id, meeting_id=held, table_id=rich.keys["table"], strategies=[rich.world.strategies["2.2"]],
        zone_id=None, people=9, actor=facilitator, now=now,
    )  # fmt: skip  # one call reads better so
    meetings.start_review(
        session, process_id=process_id, meeting_id=held, until=now + timedelta(days=9), actor=facilitator, now=now
    )
    rich.keys["remark"] = meetings.remark(
        session, process_id=process_id, meeting_id=held, source_id=None, text=f"Manca la strada. {say('remark')}", name=say("remark_name")[:120],
        now=now,
    )  # fmt: skip  # one call reads better so
    secret = Settings(database_url="").secret_key
    rich.words["review_token"] = personal_token("review", held, secret)
    rich.words["join_code"] = session.execute(select(Meeting.join_code).where(Meeting.id == held)).scalar_one()
    registration = session.execute(
        select(MeetingRegistration.id).order_by(MeetingRegistration.id).limit(1)
    ).scalar_one()
    rich.keys["registration"] = registration
    rich.room_tokens["meetings"] = personal_token("registration", registration, secret)
