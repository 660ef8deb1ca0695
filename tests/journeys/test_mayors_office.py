"""Somebody of a mayor's office, on a phone: registers for a meeting, then picks strategies at the table. It should take 90 seconds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.permissions import SYSTEM
from consult.listening.meetings import services
from consult.listening.meetings.models import Meeting, MeetingBallot, MeetingRegistration
from tests.factories.site import Site
from tests.factories.world import World
from tests.journeys.people import Crowd
from tests.journeys.small import SmallSite


def a_meeting(session: Session, world: World) -> None:
    """A meeting with two tables whose first session is open."""
    now = datetime.now(UTC)
    here = {"process_id": world.process_id, "actor": SYSTEM, "now": now}
    fields = services.MeetingFields(
        title="Incontro di valle", starts_at=now + timedelta(hours=1), place="Sala consiliare", registration=True, picks=2,
        zone_ids=(world.zones["1"], world.zones["2"]),
    )  # fmt: skip  # one row of values reads better so
    meeting_id = services.create_meeting(session, fields=fields, **here)
    for number, zone in enumerate(("1", "2"), start=1):
        services.save_table(
            session,
            meeting_id=meeting_id,
            table_id=None,
            number=number,
            title="",
            zone_id=world.zones[zone],
            facilitator_id=None,
            seats=10,
            **here,
        )
    services.set_state(session, meeting_id=meeting_id, state="published", **here)
    services.set_picking(session, meeting_id=meeting_id, wanted=True, **here)


def test_registers_and_picks_at_the_table(
    small: SmallSite, crowd_on: Callable[[Site], Crowd]
) -> None:
    world = small.world(a_meeting)
    crowd = crowd_on(small.site)
    office = crowd.person(phone=True)
    office.go(f"/processi/{world.slug}/incontri").follow("Incontro di valle")
    office.fill(email="segreteria@comune.example", organisation="Comune di Prova")
    office.field("table").select_option(index=2)
    office.press("Iscriviti")
    expect(office.page.locator("h1")).to_be_visible()
    with small.session() as session:
        meeting = session.execute(select(Meeting.id, Meeting.join_code).where(Meeting.process_id == world.process_id)).one()
        registered = session.execute(
            select(MeetingRegistration.organisation, MeetingRegistration.table_id).where(MeetingRegistration.meeting_id == meeting.id)
        ).one()
    assert registered.organisation == "Comune di Prova"
    assert registered.table_id is not None
    # At the table, with the code on the screen of the room.
    office.go("/i").fill(codice=str(meeting.join_code).lower())
    office.press("Entra")
    office.sees("Che cosa conta di più qui?", "La scheda non è legata a nessun nome")
    office.field("table").select_option(index=1)
    office.field("pick_1").select_option(index=2)
    office.field("pick_2").select_option(index=1)
    office.press("Invia le scelte")
    office.sees("Scelte ricevute")
    expect(office.page.locator("ol.ranked > li")).to_have_count(2)
    with small.session() as session:
        ballot = session.execute(select(MeetingBallot).where(MeetingBallot.meeting_id == meeting.id)).scalar_one()
        assert ballot.table_id is not None
    assert crowd.complaints() == []
