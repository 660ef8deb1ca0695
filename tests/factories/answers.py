"""What was said at a meeting whose minutes are public, what was taken up from it and from findings, and who speaks for whom."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from consult.coplanning.proposals.models import ProposalFile
from consult.coplanning.proposals.services import attaching
from consult.core.permissions import Actor
from consult.core.vocabulary import Role, ThingKind
from consult.files.types import FileKind, Upload
from consult.listening.meetings import services as meetings
from consult.listening.meetings.models import Meeting
from consult.moderation.services import taking_up
from consult.people import services as people
from consult.plan.types import ActionFields
from consult.ports.storage import storage_for
from tests.factories.world import World

NOTE = "Al tavolo siamo tutti d'accordo: serve una navetta che passi anche dopo le nove di sera."
NOTE_PASSAGE = "serve una navetta che passi anche dopo le nove di sera"
BODY = "Unità di progetto"
REASON = "È quello che il tavolo ha chiesto, e le risorse ci sono."
ORGANISATION = "Associazione dei pendolari"


def facilitator(world: World) -> Actor:
    """The world's facilitator."""
    return Actor(account_id=world.accounts[Role.facilitator], name="facilitator")


def told_meeting(session: Session, world: World, *, title: str = "Incontro sulla sera", text: str = NOTE) -> tuple[uuid.UUID, uuid.UUID]:
    """A meeting with one note and public minutes; the keys of both."""
    now, actor = datetime.now(UTC), facilitator(world)
    fields = meetings.MeetingFields(
        title=title, place="Sala civica", address="Piazza 1", starts_at=now - timedelta(hours=5), ends_at=now - timedelta(hours=3)
    )
    key = meetings.create_meeting(session, process_id=world.process_id, fields=fields, actor=actor, now=now)
    meetings.set_state(session, process_id=world.process_id, meeting_id=key, state="published", actor=actor, now=now)
    note = meetings.add_note(
        session, process_id=world.process_id, meeting_id=key,
        note=meetings.NewNote(text=text, kind="need", speaker_kind="resident", agreed=12, strategy_id=world.strategies["2.2"]),
        actor=actor, now=now,
    )  # fmt: skip  # one row of values reads better so
    meetings.publish_minutes(session, process_id=world.process_id, meeting_id=key, public=True, actor=actor, now=now)
    return key, note


def code_of(session: Session, meeting_id: uuid.UUID) -> str:
    """The short code that a meeting's tables show."""
    return session.execute(select(Meeting.join_code).where(Meeting.id == meeting_id)).scalar_one()


def take_up(
    session: Session, world: World, kind: ThingKind, thing_id: uuid.UUID, *, passage: str, title: str = "Navetta della sera", **changes: object
) -> taking_up.TakenUp:
    """Take a finding or note up into a new action, unless told otherwise."""
    values: dict[str, object] = {
        "seen": 0, "passage": passage, "reason_code": "need_heard", "public_reason": REASON, "body": BODY,
        "actor": Actor(account_id=world.accounts[Role.moderator], name="moderator"), "now": datetime.now(UTC),
        "strategy_id": world.strategies["2.2"], "new_action": None if changes.get("action_id") else ActionFields(title=title),
    }  # fmt: skip  # one row of values reads better so
    return taking_up.take_up(
        session, process_id=world.process_id, kind=kind, thing_id=thing_id, **{**values, **changes}  # type: ignore[arg-type]  # Each call names real fields.
    )


def speaks_for(
    session: Session, world: World, account_id: uuid.UUID, *, name: str = ORGANISATION, confirmed: bool = True
) -> uuid.UUID:
    """Let a person speak for an organisation; its key."""
    now, manager = datetime.now(UTC), Actor(account_id=world.accounts[Role.manager], name="manager")
    key = people.ask_membership(
        session, account_id=account_id, name=name, kind="association", actor=Actor(account_id=account_id), now=now
    )
    if confirmed:
        people.answer_membership(session, organisation_id=key, account_id=account_id, accept=True, actor=manager, now=now)
    return key


def told(session: Session, world: World, say: Callable[[str], str]) -> dict[str, uuid.UUID]:
    """For the rich world: a told meeting whose note was taken up, a person who speaks for an organisation, one who asks to."""
    meeting, note = told_meeting(session, world, title=f"Incontro sulla sera {say('told_meeting')}"[:200], text=f"{NOTE} {say('told_note')}")
    taken = take_up(session, world, ThingKind.source, note, passage=NOTE_PASSAGE)
    organisation = speaks_for(session, world, world.accounts[Role.account])
    speaks_for(session, world, world.others[2], confirmed=False)
    kept = Upload("progetto.pdf", FileKind.pdf, b"%PDF-1.7\n%%EOF\n")
    storage = storage_for(Settings(database_url=""))
    proposal = attaching.submit_with_files(
        session, process_id=world.process_id, uploads=[kept], storage=storage, title="Una pensilina davanti alla scuola",
        text="Chi aspetta l'autobus sta sotto la pioggia: serve una pensilina con una panchina.", strategy_id=world.strategies["2.1"],
        actor=Actor(account_id=world.others[2]), now=datetime.now(UTC),
    )  # fmt: skip  # one row of values reads better so
    file_id = session.execute(select(ProposalFile.file_id).where(ProposalFile.proposal_id == proposal)).scalar_one()
    return {
        "attached_proposal": proposal, "attached_file": file_id, "told_meeting": meeting, "told_note": note, "taken_act": taken.act_id,
        "own_organisation": organisation,
    }  # fmt: skip  # one row of values reads better so
