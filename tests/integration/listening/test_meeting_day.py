"""The day of a meeting: places and waiting, letters, tables, ballots, notes typed live, minutes read again."""

from __future__ import annotations

import re
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import func, select, text

from consult.core.errors import Conflict, Invalid
from consult.core.jobs import OutboxJob
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.listening.meetings import queries, services
from consult.listening.meetings.models import MeetingBallot, MeetingNote, MeetingRegistration
from consult.listening.sources.models import Source
from consult.listening.sources.rules import personal_token
from consult.ports.mail import Letter, MailRefused
from tests.conftest import Stage
from tests.factories.world import counted_statements

DESK = "/scrivania/piano-di-prova/incontri"
PUBLIC = "/processi/piano-di-prova/incontri"
NOW = datetime.now(UTC)


class Post:
    """A mailer that keeps what it is given."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> None:
        if letter.to.startswith("rotta"):
            raise MailRefused("no such address")
        self.letters.append(letter)


def meeting_at(stage: Stage, starts_at: datetime, **changes: Any) -> uuid.UUID:
    """A published meeting."""
    fields = services.MeetingFields(
        **{"title": "Incontro di valle", "starts_at": starts_at, "place": "Sala", "registration": True, **changes}
    )
    with stage.work() as session:
        key = services.create_meeting(session, process_id=stage.world.process_id, fields=fields, actor=SYSTEM, now=NOW)
        services.set_state(
            session, process_id=stage.world.process_id, meeting_id=key, state="published", actor=SYSTEM, now=NOW
        )
    return key


def post(stage: Stage, mailer: Post, registration_id: uuid.UUID, what: str) -> None:
    with stage.app.test_request_context("/"), stage.work() as session:
        services.send_letter(
            session,
            registration_id=registration_id,
            what=what,
            mailer=mailer,
            secret=stage.app.config["SECRET_KEY"],
            now=NOW,
        )


def registered(stage: Stage) -> dict[str | None, tuple[str, uuid.UUID]]:
    with stage.work() as session:
        rows = session.execute(select(MeetingRegistration.email, MeetingRegistration.state, MeetingRegistration.id))
        return {row[0]: (row[1], row[2]) for row in rows}


def asked(stage: Stage) -> list[str]:
    with stage.work() as session:
        rows = session.execute(
            select(OutboxJob.payload["what"].astext)
            .where(OutboxJob.topic == "meetings.mail_registration")
            .order_by(OutboxJob.id)
        )
        return list(rows.scalars())


def test_a_place_that_frees_goes_to_who_waits_longest(stage: Stage) -> None:
    key = meeting_at(stage, NOW + timedelta(days=5), capacity=2)
    address = f"{PUBLIC}/{key}"
    for name in ("uno", "due", "tre", "quattro"):
        answer = stage.client_as(None).send(address, {"email": f"{name}@example.org", "organisation": f"Comune {name}"})
        assert answer.status_code == 303
    page = stage.client_as(None).get(answer.location)
    assert "lista d’attesa" in page.text
    # Who registered already gets the same answer as who did not, and no second row.
    assert stage.client_as(None).send(address, {"email": "uno@example.org"}).location == answer.location
    rows = registered(stage)
    assert {name: state for name, (state, _key) in rows.items()} == {
        "uno@example.org": "registered", "due@example.org": "registered", "tre@example.org": "waiting", "quattro@example.org": "waiting",
    }  # fmt: skip  # one row of values reads better so
    mailer = Post()
    post(stage, mailer, rows["due@example.org"][1], "registered")
    post(stage, mailer, rows["tre@example.org"][1], "registered")  # Not hers: she waits.
    (letter,) = mailer.letters
    own = re.search(r"/incontri/iscrizione/\S+", letter.text)
    assert own
    assert "calendario.ics" in letter.text
    visitor = stage.client_as(None)
    assert "Rinuncio al posto" in visitor.get(own.group()).text
    assert visitor.send(own.group()).status_code == 303
    assert "non c’è più" in visitor.get(own.group()).text
    assert registered(stage)["tre@example.org"][0] == "registered"
    assert registered(stage)["quattro@example.org"][0] == "waiting"
    assert asked(stage)[-1] == "promoted"
    # A larger room takes who still waits.
    with stage.work() as session:
        page_now = queries.meeting(session, process_id=stage.world.process_id, meeting_id=key)
        assert page_now is not None
        services.edit_meeting(
            session, process_id=stage.world.process_id, meeting_id=key, version=page_now.version, actor=SYSTEM, now=NOW,
            fields=services.MeetingFields(
                title="Incontro di valle", starts_at=page_now.starts_at + timedelta(hours=1), place="Teatro", registration=True, capacity=9
            ),
        )  # fmt: skip  # one call reads better so
    assert registered(stage)["quattro@example.org"][0] == "registered"
    assert asked(stage).count("changed") == 3
    assert stage.client_as(None).get(f"/incontri/iscrizione/{'x' * 43}").status_code == 404


def test_letters_say_what_is_needed_and_stop_when_nobody_needs_them(stage: Stage) -> None:
    key = meeting_at(stage, NOW + timedelta(days=1), address="Via Roma 1")
    for name in ("ada", "rotta"):
        stage.client_as(None).send(f"{PUBLIC}/{key}", {"email": f"{name}@example.org"})
    mailer, rows = Post(), registered(stage)
    for what in ("registered", "waiting", "promoted", "reminder", "changed", "cancelled", "review"):
        post(stage, mailer, rows["ada@example.org"][1], what)
    subjects = [letter.subject for letter in mailer.letters]
    assert len(set(subjects)) == 6, subjects
    assert all("Via Roma 1" in letter.text for letter in mailer.letters[:5])
    post(stage, mailer, rows["rotta@example.org"][1], "registered")
    with stage.work() as session:
        starts_at = session.execute(text("SELECT starts_at FROM meeting")).scalar_one()
        services.remind(session, meeting_id=key, starts_at=starts_at + timedelta(hours=1), now=NOW)
        assert "reminder" not in asked(stage)
        services.remind(session, meeting_id=key, starts_at=starts_at, now=NOW)
    assert asked(stage).count("reminder") == 2
    with stage.work() as session:
        services.set_state(
            session, process_id=stage.world.process_id, meeting_id=key, state="cancelled", actor=SYSTEM, now=NOW
        )
        services.remind(session, meeting_id=key, starts_at=starts_at, now=NOW)
    assert asked(stage).count("cancelled") == 2
    with stage.work() as session:
        assert services.forget_addresses(session, now=NOW + timedelta(days=20)) == 0
        assert services.forget_addresses(session, now=NOW + timedelta(days=32)) == 2
    assert set(registered(stage)) == {None}
    assert len(mailer.letters) == 6


def test_tables_have_places_and_the_list_says_who_came(stage: Stage) -> None:
    key = meeting_at(stage, NOW - timedelta(hours=1))
    client = stage.client_as(Role.facilitator)
    at = f"{DESK}/{key}"
    table = {"number": "1", "title": "Muoversi", "zone": str(stage.world.zones["2"]), "seats": "1",
             "facilitator": str(stage.world.accounts[Role.facilitator])}  # fmt: skip  # one form reads better so
    assert client.send(f"{at}/tavoli", table).status_code == 303
    assert client.send(f"{at}/tavoli", table).status_code == 422
    with stage.work() as session:
        (row,) = queries.tables(session, meeting_id=key)
        session.execute(text("UPDATE meeting SET starts_at = now() + interval '1 day'"))
    assert (row.number, row.seats, row.facilitator is not None) == (1, 1, True)
    assert client.get(f"{at}/tavoli?tavolo={row.id}").text.count("Muoversi") >= 2
    first = {"email": "a@example.org", "table": str(row.id), "organisation": "Comune di Borgo"}
    assert stage.client_as(None).send(f"{PUBLIC}/{key}", first).status_code == 303
    late = stage.client_as(None).send(f"{PUBLIC}/{key}", {**first, "email": "b@example.org"})
    assert late.status_code == 422
    assert client.send(f"{at}/presenze", {"came": []}).status_code == 422
    with stage.work() as session:
        session.execute(text("UPDATE meeting SET starts_at = now() - interval '1 hour'"))
    who = registered(stage)["a@example.org"][1]
    assert client.send(f"{at}/presenze", {"came": [str(who)], "shown": [str(who)]}).status_code == 303
    assert client.send(f"{at}/iscritti", {"name": "", "organisation": ""}).status_code == 422
    assert client.send(f"{at}/iscritti", {"name": "=1+1", "organisation": "Pro loco"}).status_code == 303
    with stage.work() as session:
        there = queries.attendance(session, meeting_id=key)
    assert (there.came, there.organisations) == (2, ("Comune di Borgo", "Pro loco"))
    sheet = client.get(f"{at}/iscritti.csv").text
    assert "'=1+1" in sheet
    assert "a@example.org" not in sheet
    assert client.send(f"{at}/tavoli/{row.id}/togli").status_code == 303


def test_ballots_replace_each_other_and_small_groups_stay_dark(stage: Stage) -> None:
    key = meeting_at(stage, NOW - timedelta(hours=1), picks=3)
    client = stage.client_as(Role.facilitator)
    strategies = stage.world.strategies
    with stage.work() as session:
        page = queries.meeting(session, process_id=stage.world.process_id, meeting_id=key)
        assert page is not None
        table = services.save_table(
            session, process_id=stage.world.process_id, meeting_id=key, table_id=None, number=7, title="Acqua",
            zone_id=stage.world.zones["3"], facilitator_id=None, seats=None, actor=SYSTEM, now=NOW,
        )  # fmt: skip  # one call reads better so
    phone = stage.client_as(None)
    assert phone.get("/i?codice=QQQQQQ").status_code == 404
    door = phone.get(f"/i?codice={page.join_code[:3].lower()}+{page.join_code[3:]}")
    ballot = f"{PUBLIC}/scelte/{page.join_code}"
    assert (door.status_code, door.location) == (302, ballot)
    choice = {"pick_1": str(strategies["2.2"]), "pick_2": str(strategies["1.1"]), "zone": str(stage.world.zones["2"])}
    assert "non sono aperte" in phone.get(ballot).text
    assert phone.send(ballot, choice).status_code == 422
    assert client.send(f"{DESK}/{key}/scelte/stato", {"open": "1"}).status_code == 303
    assert phone.send(ballot, {"pick_1": ""}).status_code == 422
    assert phone.send(ballot, choice).status_code == 303
    assert phone.send(ballot, {**choice, "pick_1": str(strategies["2.1"])}).status_code == 303
    assert "2.1" in phone.get(ballot).text
    for _n in range(4):
        assert stage.client_as(None).send(ballot, choice).status_code == 303
    # Of two strategies the points would tell what one person chose: on the wall they keep their place, without a bar, and it says why.
    room = client.get(f"{DESK}/{key}/schermo?vista=sala").text
    assert [room.count(f"<strong>{code}</strong>") for code in ("2.2", "1.1", "2.1", "1.2")] == [1, 1, 1, 1]
    assert (room.count('<li value="1">'), room.count("screen-bar")) == (4, 2)
    assert "Di alcune strategie si dice solo il posto" in room
    assert (
        stage.client_as(None).send(ballot, {"pick_1": str(strategies["1.2"]), "table": str(table)}).status_code == 303
    )
    decided = {"table": str(table), "people": "8", "pick_1": str(strategies["2.1"])}
    assert client.send(f"{DESK}/{key}/scelte", {**decided, "table": ""}).status_code == 422
    for _n in range(2):
        assert client.send(f"{DESK}/{key}/scelte", decided).status_code == 303
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(MeetingBallot)).scalar_one() == 7
    shown = client.get(f"{DESK}/{key}/scelte").text
    assert "6 schede dal telefono" in shown
    assert "Zona 2 Valle" in shown
    assert shown.count("Meno di 5 schede") == 2  # The one ballot of zone 3, and of table 7.
    assert shown.count("Con meno di 20 schede non si mostra") == 1  # Zone 2 would give away the one ballot of zone 3.
    room, zones, tables = (client.get(f"{DESK}/{key}/schermo?vista={view}").text for view in ("sala", "zone", "tavoli"))
    assert "Schede arrivate: 6" in room
    assert "2 Valle" in zones
    # On the wall, too, of a group that is kept back only why: not how many ballots it has.
    assert [zones.count(words) for words in ("Meno di 5 schede", "Con meno di 20 schede non si mostra")] == [1, 1]
    assert tables.count("Meno di 5 schede") == 1
    for page in (zones, tables):
        assert not re.search(r"\d+ sched[ae]\b", re.sub("di (5|20) schede", "", page))
    assert "Tavolo 7" in tables
    assert "2.1" in tables
    assert client.get(f"{DESK}/{key}/codice.svg").text.startswith("<svg")
    client.send(f"{DESK}/{key}/scelte/stato", {"open": "0"})
    assert stage.client_as(None).send(ballot, choice).status_code == 422
    # Second session: what was picked is at hand.
    assert "Secondo giro" in client.get(f"{DESK}/{key}?giro=2&strategia=2.2").text


def test_a_note_sent_again_is_one_note(stage: Stage) -> None:
    key = meeting_at(stage, NOW - timedelta(hours=1))
    client, once = stage.client_as(Role.facilitator), str(uuid.uuid4())
    note = {
        "text": "Serve un medico.",
        "kind": "need",
        "round": "2",
        "strategy": "2.2",
        "stance": "in_favour",
        "agreed": "7",
    }
    first = client.send(f"{DESK}/{key}", note, key=once, headers={"X-Consult": "appunto"})
    assert first.status_code == 303
    assert "Serve un medico." in client.get(first.location).text
    assert client.send(f"{DESK}/{key}", note, key=once, headers={"X-Consult": "appunto"}).location == first.location
    # The receipts of forms are kept for days only; the key stays with the note.
    with stage.work() as session:
        session.execute(text("DELETE FROM form_receipt"))
    statuses: list[int] = []
    barrier = threading.Barrier(6)

    def again() -> None:
        mine = stage.client_as(Role.facilitator)
        barrier.wait()
        statuses.append(mine.send(f"{DESK}/{key}", note, key=once).status_code)

    threads = [threading.Thread(target=again) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {303}
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(Source)).scalar_one() == 1
        kept = session.execute(select(MeetingNote)).scalar_one()
        assert (kept.strategy_id, kept.stance, kept.round) == (stage.world.strategies["2.2"], "in_favour", 2)
    refused = client.send(f"{DESK}/{key}", {**note, "strategy": "9.9 che non c’è"}, headers={"X-Consult": "appunto"})
    assert (refused.status_code, "Strategia" in refused.text) == (422, True)
    assert client.send(f"{DESK}/{key}", {**note, "strategy": "treno comodo"}).status_code == 303
    with stage.work() as session, pytest.raises(Conflict) as clash:
        services.edit_note(
            session, process_id=stage.world.process_id, source_id=kept.source_id, seen_revision=7,
            note=services.NewNote(text="Altro testo", kind="need"), actor=SYSTEM, now=NOW,
        )  # fmt: skip  # one call reads better so
    assert clash.value.differences[0].yours == "Altro testo"


def test_minutes_are_read_by_who_was_there_before_anyone_else(stage: Stage) -> None:
    key = meeting_at(stage, NOW - timedelta(hours=2))
    client, anyone = stage.client_as(Role.facilitator), stage.client_as(None)
    at = f"{DESK}/{key}"
    until = {"until": str(NOW.date() + timedelta(days=8))}
    assert client.send(f"{at}/verbale", until).status_code == 422  # Nothing was noted yet.
    for words, extra in (("Serve un medico.", {}), ("Il treno basta.", {"round": "2", "strategy": "2.2"})):
        assert client.send(at, {"text": words, "kind": "need", **extra}).status_code == 303
    assert client.send(f"{at}/verbale", {"until": str(NOW.date() - timedelta(days=1))}).status_code == 422
    assert client.send(f"{at}/verbale", until).status_code == 303
    token = personal_token("review", key, stage.app.config["SECRET_KEY"])
    review = f"{PUBLIC}/verbale/{token}"
    page = anyone.get(review)
    assert page.status_code == 200
    assert page.text.index("Serve un medico") < page.text.index("Secondo giro") < page.text.index("Il treno basta")
    assert anyone.get(f"{PUBLIC}/verbale/{'A' * 43}").status_code == 404
    assert "Serve un medico" not in anyone.get(f"{PUBLIC}/{key}").text
    assert anyone.send(review, {"text": "Eravamo in venti.", "name": "Ada Segreta"}).status_code == 303
    assert client.send(f"{at}/stato", {"state": "minutes"}).status_code == 422  # The days are not over.
    with stage.work() as session:
        session.execute(text("UPDATE meeting SET review_until = now() - interval '1 minute'"))
        (remark,) = queries.remarks(session, meeting_id=key)
    assert anyone.send(review, {"text": "Troppo tardi, ma resta scritto."}).status_code == 422
    assert client.send(f"{at}/stato", {"state": "minutes"}).status_code == 422  # A remark waits for its answer.
    answer = f"{at}/verbale/osservazioni/{remark.id}"
    assert client.send(answer, {"taken": "no"}).status_code == 422
    assert client.send(answer, {"taken": "no", "answer": "Ne abbiamo contati nove."}).status_code == 303
    assert client.send(f"{at}/stato", {"state": "minutes"}).status_code == 303
    public = anyone.get(f"{PUBLIC}/{key}").text
    assert "Eravamo in venti." in public
    assert "Ne abbiamo contati nove." in public
    assert "Ada Segreta" not in public
    assert "riletto da chi c’era" in public


def test_calendars_and_feed_hold_what_is_public(stage: Stage) -> None:
    key = meeting_at(stage, NOW + timedelta(days=2), title="Incontro a Borgo", address="Piazza 3")
    with stage.work() as session:
        services.create_meeting(
            session, process_id=stage.world.process_id, actor=SYSTEM, now=NOW,
            fields=services.MeetingFields(title="Ancora una bozza", starts_at=NOW + timedelta(days=3), place="Sala"),
        )  # fmt: skip  # one call reads better so
    anyone = stage.client_as(None)
    with counted_statements(stage.engine) as sent:
        answer = anyone.get(f"{PUBLIC}/calendario.ics")
    assert len(sent) <= 3, sent
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert (str(event["summary"]), str(event["location"])) == ("Incontro a Borgo", "Sala, Piazza 3")
    assert event["dtstart"].dt.replace(microsecond=0) == (NOW + timedelta(days=2)).replace(microsecond=0)
    assert anyone.get(f"{PUBLIC}/{key}/calendario.ics").mimetype == "text/calendar"
    feed = anyone.get(f"{PUBLIC}/feed.atom").text
    assert "Incontro a Borgo" in feed
    assert "Ancora una bozza" not in feed


def test_a_meeting_that_is_over_takes_nobody(stage: Stage) -> None:
    key = meeting_at(stage, NOW - timedelta(minutes=1))
    with stage.work() as session, pytest.raises(Invalid):
        services.register(
            session, process_id=stage.world.process_id, meeting_id=key, email="a@example.org", name="", organisation="",
            notice_id=None, actor=SYSTEM, now=NOW,
        )  # fmt: skip  # one call reads better so
