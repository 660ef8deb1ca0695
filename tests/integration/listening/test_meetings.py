"""Public meetings: calendar, registration, notes, minutes."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from consult.core.errors import Invalid
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.listening.meetings import queries, services
from consult.listening.meetings.models import Meeting, MeetingRegistration
from consult.listening.sources.queries import cards
from consult.listening.sources.services import change_source
from tests.conftest import Stage
from tests.factories.world import counted_statements

DESK = "/scrivania/piano-di-prova/incontri"
PUBLIC = "/processi/piano-di-prova/incontri"
NOW = datetime.now(UTC)


def _fields(**changes: Any) -> services.MeetingFields:
    values: dict[str, Any] = {
        "title": "Incontro di valle",
        "starts_at": NOW + timedelta(days=3),
        "place": "Sala consiliare",
        "registration": True,
    }
    return services.MeetingFields(**{**values, **changes})


@pytest.fixture
def meeting(stage: Stage) -> uuid.UUID:
    with stage.work() as session:
        key = services.create_meeting(
            session,
            process_id=stage.world.process_id,
            fields=_fields(zone_ids=[stage.world.zones["2"]]),
            actor=SYSTEM,
            now=NOW,
        )
        services.set_state(
            session, process_id=stage.world.process_id, meeting_id=key, state="published", actor=SYSTEM, now=NOW
        )
    return key


def test_a_facilitator_enters_publishes_notes_and_publishes_the_minutes(stage: Stage) -> None:
    client = stage.client_as(Role.facilitator)
    assert client.get(f"{DESK}/nuovo").status_code == 200
    form = {
        "title": "Incontro a Borgo",
        "starts_at": "2026-11-12T18:00",
        "place": "Municipio",
        "zones": [str(stage.world.zones["2"])],
    }
    entered = client.send(f"{DESK}/nuovo", form)
    assert entered.status_code == 303
    desk = entered.location
    anyone = stage.client_as(None)
    assert "Incontro a Borgo" not in anyone.get(PUBLIC).text
    client.send(f"{desk}/stato", {"state": "published"})
    assert "Incontro a Borgo" in anyone.get(PUBLIC).text
    # Six in the evening in Turin is five in UTC in November.
    with stage.work() as session:
        assert session.execute(select(Meeting.starts_at)).scalar_one() == datetime(2026, 11, 12, 17, 0, tzinfo=UTC)
    note = {
        "text": "Serve un presidio medico in valle.",
        "kind": "need",
        "speaker": "resident",
        "zone": str(stage.world.zones["2"]),
        "agreed": "12",
    }
    assert client.send(desk, note).status_code == 303
    assert client.get(desk).text.count("Serve un presidio medico") == 1
    public = f"{PUBLIC}/{desk.rsplit('/', 1)[1]}"
    assert "presidio medico" not in anyone.get(public).text
    client.send(f"{desk}/stato", {"state": "minutes"})
    assert "presidio medico" in anyone.get(public).text
    client.send(f"{desk}/stato", {"state": "no_minutes"})
    assert "presidio medico" not in anyone.get(public).text


def test_a_note_is_corrected_with_history(stage: Stage, meeting: uuid.UUID) -> None:
    with stage.work() as session:
        key = services.add_note(
            session,
            process_id=stage.world.process_id,
            meeting_id=meeting,
            note=services.NewNote(text="Piu treni", kind="need"),
            actor=SYSTEM,
            now=NOW,
        )
    client = stage.client_as(Role.facilitator)
    address = f"{DESK}/{meeting}/appunti/{key}"
    assert client.get(address).status_code == 200
    form = {"text": "Più treni", "kind": "proposal", "agreed": "5", "revision": "1"}
    assert client.send(address, form).status_code == 303
    with stage.work() as session:
        card = cards(session, ids=[key], public_only=False)[key]
        assert (card.text, card.note_kind, card.agreed, card.position) == ("Più treni", "proposal", 5, 1)
        assert card.revision == 3
    assert client.send(address, {**form, "text": "Altro"}).status_code == 409
    assert client.send(address, {**form, "kind": "rumour"}).status_code == 422
    # Withdrawn, it is read nowhere, nor corrected.
    with stage.work() as session:
        change_source(
            session, process_id=stage.world.process_id, source_id=key, change="withdraw", reason_code="mistake", actor=SYSTEM, now=NOW
        )
    assert client.get(address).status_code == 404
    assert client.send(address, {**form, "revision": "4"}).status_code == 404
    assert "Più treni" not in client.get(f"{DESK}/{meeting}").text


def test_two_tabs_editing_a_meeting(stage: Stage, meeting: uuid.UUID) -> None:
    client = stage.client_as(Role.facilitator)
    address = f"{DESK}/{meeting}/modifica"
    assert client.get(address).status_code == 200
    form = {"title": "Incontro spostato", "starts_at": "2026-11-12T18:00", "place": "Teatro", "version": "1"}
    assert client.send(address, form).status_code == 303
    stale = client.send(address, {**form, "title": "Incontro rimandato"})
    assert stale.status_code == 409
    assert "Incontro spostato" in stale.text
    assert client.send(address, {**form, "version": "2", "ends_at": "2026-11-12T10:00"}).status_code == 422
    assert client.send(address, {**form, "version": "2", "starts_at": "ieri"}).status_code == 422


def test_registering_twice_counts_once_and_the_room_fills(stage: Stage, meeting: uuid.UUID) -> None:
    with stage.work() as session:
        services.edit_meeting(
            session,
            process_id=stage.world.process_id,
            meeting_id=meeting,
            version=1,
            fields=_fields(capacity=5),
            actor=SYSTEM,
            now=NOW,
        )
    address, barrier, statuses = f"{PUBLIC}/{meeting}", threading.Barrier(8), []
    assert stage.client_as(None).send(address, {"email": "Una@Example.org"}).status_code == 303
    assert stage.client_as(None).send(address, {"email": "una@example.org "}).status_code == 303

    def send(i: int) -> None:
        client = stage.client_as(None)
        barrier.wait()
        statuses.append(client.send(address, {"email": f"p{i}@example.org"}).status_code)

    threads = [threading.Thread(target=send, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [303] * 8
    with stage.work() as session:
        states = session.execute(
            select(MeetingRegistration.state, func.count()).group_by(MeetingRegistration.state)
        ).all()
    assert dict(states) == {"registered": 5, "waiting": 4}
    assert stage.client_as(None).send(address, {"email": "nonsense"}).status_code == 422
    assert stage.client_as(None).send(address, {"email": "a@example.org", "sito_web": "x"}).status_code == 422


def test_minutes_need_notes_and_a_published_meeting(stage: Stage) -> None:
    with stage.work() as session:
        key = services.create_meeting(
            session, process_id=stage.world.process_id, fields=_fields(), actor=SYSTEM, now=NOW
        )
        with pytest.raises(Invalid):
            services.publish_minutes(
                session, process_id=stage.world.process_id, meeting_id=key, public=True, actor=SYSTEM, now=NOW
            )


def test_an_account_exports_and_erases_its_registrations(stage: Stage, meeting: uuid.UUID) -> None:
    account = stage.world.others[0]
    assert (
        stage.client_of(account).send(f"{PUBLIC}/{meeting}", {"email": "io@example.org", "name": "Io"}).status_code
        == 303
    )
    room = services.OwnRegistrations()
    with stage.work() as session:
        assert room.export(session, account_id=account)[0]["incontro"] == "Incontro di valle"
        room.erase(session, account_id=account, now=NOW)
    with stage.work() as session:
        (row,) = queries.registrations(session, meeting_id=meeting)
        assert (row.name, row.organisation) == ("", "")
        assert row.email is None


def test_statements_of_the_pages(stage: Stage, meeting: uuid.UUID) -> None:
    with stage.work() as session:
        for i in range(30):
            services.add_note(
                session,
                process_id=stage.world.process_id,
                meeting_id=meeting,
                note=services.NewNote(text=f"Appunto {i}", kind="need", language="it"),
                actor=SYSTEM,
                now=NOW,
            )
    for role, address, most in (
        (None, PUBLIC, 3),
        (None, f"{PUBLIC}/{meeting}", 8),
        (Role.facilitator, f"{DESK}/{meeting}", 11),
        (Role.facilitator, DESK, 4),
    ):
        client = stage.client_as(role)
        with counted_statements(stage.engine) as sent:
            assert client.get(address).status_code == 200
        assert len(sent) <= most, sent
