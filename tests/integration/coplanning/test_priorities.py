"""Prioritisation rounds: one ballot a person, the deadline by the database's clock, the count that forgets who said what, the pages."""

from __future__ import annotations

import csv
import io
import json
import threading
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from consult.coplanning.priorities import queries, services
from consult.coplanning.priorities.models import PriorityBallot, PriorityInvitation, PriorityRound, PriorityTurnout
from consult.coplanning.priorities.types import RoundAudience, RoundMethod
from consult.core.errors import Conflict, Forbidden, Invalid, NotFound, PhaseClosed
from consult.core.jobs import OutboxJob
from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from consult.notices.models import Notification
from tests.factories.priorities import cast, fields, leader, open_up, option_keys, prepare
from tests.factories.proposals import propose
from tests.factories.world import Client, World, counted_statements
from tests.integration.coplanning.conftest import Room
from tests.integration.coplanning.test_races import together

NOW = datetime.now(UTC)


def change(session: Session, world: World, key: uuid.UUID, act: str, version: int, **more: object) -> None:
    getattr(services, act)(
        session,
        process_id=world.process_id,
        round_id=key,
        version=version,
        actor=leader(world),
        now=datetime.now(UTC),
        **more,
    )


def test_a_ballot_replaces_the_one_before_and_can_be_taken_back(session: Session, world: World) -> None:
    key = open_up(session, world, prepare(session, world))
    one, two, *_rest = option_keys(session, key)
    me = world.others[0]
    cast(session, world, key, me, {one: 10}, zone="2")
    cast(session, world, key, me, {one: 3, two: 7}, zone="1")
    found = queries.participation(session, round_id=key, account_id=me)
    assert found.ballot is not None
    assert found.ballot.choices == {str(one): 3, str(two): 7}
    assert found.ballot.zone_id == world.zones["1"]
    assert queries.one(session, process_id=world.process_id, round_id=key).people == 1  # type: ignore[union-attr]
    common = {"process_id": world.process_id, "round_id": key, "actor": Actor(account_id=me), "now": NOW}
    assert services.withdraw_ballot(session, **common)  # type: ignore[arg-type]
    assert not services.withdraw_ballot(session, **common)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", ["too_many", "negative", "none", "foreign", "wrong_kind"])
def test_impossible_ballots_are_refused_with_a_sentence(session: Session, world: World, bad: str) -> None:
    key = open_up(session, world, prepare(session, world))
    one = option_keys(session, key)[0]
    choices: object = {
        "too_many": {one: 11}, "negative": {one: -1}, "none": {}, "foreign": {uuid.uuid4(): 1}, "wrong_kind": [one],
    }[bad]  # fmt: skip  # one row of values reads better so
    with pytest.raises(Invalid) as refused:
        cast(session, world, key, world.others[0], choices)  # type: ignore[arg-type]
    assert refused.value.fields["choices"]


def test_the_deadline_is_the_databases(session: Session, world: World) -> None:
    key = open_up(session, world, prepare(session, world))
    one = option_keys(session, key)[0]
    session.execute(
        update(PriorityRound)
        .where(PriorityRound.id == key)
        .values(closes_at=func.clock_timestamp() - timedelta(seconds=1))
    )
    with pytest.raises(PhaseClosed):
        cast(session, world, key, world.others[0], {one: 1})
    draft = prepare(session, world)
    with pytest.raises(NotFound):
        cast(session, world, draft, world.others[0], {one: 1})


def test_only_invited_people_take_part_where_it_says_so(session: Session, world: World) -> None:
    key = prepare(session, world, audience=RoundAudience.invited)
    common = {"process_id": world.process_id, "round_id": key, "actor": leader(world), "now": NOW}
    with pytest.raises(Invalid):
        services.invite(session, addresses=["non un indirizzo"], **common)  # type: ignore[arg-type]
    assert (
        services.invite(session, addresses=["sindaca@comune.example.org", "SINDACA@comune.example.org "], **common) == 1
    )  # type: ignore[arg-type]
    assert services.invite(session, addresses=["sindaca@comune.example.org"], **common) == 0  # type: ignore[arg-type]
    open_up(session, world, key)
    one = option_keys(session, key)[0]
    with pytest.raises(Forbidden):
        cast(session, world, key, world.others[0], {one: 1})
    session.add(PriorityInvitation(round_id=key, account_id=world.others[0], invited_at=NOW))
    session.flush()
    cast(session, world, key, world.others[0], {one: 1})
    assert services.tell(session, round_id=key, what="invited", timezone="Europe/Rome", now=NOW) == 2
    assert services.tell(session, round_id=key, what="invited", timezone="Europe/Rome", now=NOW) == 0
    subject = session.execute(
        select(Notification.subject).where(
            Notification.account_id == world.others[0], Notification.kind == "priorities"
        )
    ).scalar_one()
    assert "Che cosa viene prima?" in subject


def test_leading_a_round_steps_one_way_and_never_shortens_it(session: Session, world: World) -> None:
    key = prepare(session, world)
    with pytest.raises(Invalid):
        change(session, world, key, "open_round", 1, closes_at=NOW - timedelta(days=1))
    change(
        session,
        world,
        key,
        "change_round",
        1,
        fields=fields(title="Quali strategie prima?"),
        strategy_ids=list(world.strategies.values())[:2],
    )
    with pytest.raises(Conflict):
        change(session, world, key, "open_round", 1, closes_at=NOW + timedelta(days=1))
    open_up(session, world, key, version=2)
    for act, more in (
        ("change_round", {"fields": fields(), "strategy_ids": list(world.strategies.values())}),
        ("cancel_round", {}),
    ):
        with pytest.raises(Conflict):
            change(session, world, key, act, 3, **more)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        change(session, world, key, "extend_round", 3, closes_at=NOW + timedelta(days=1))
    change(session, world, key, "extend_round", 3, closes_at=NOW + timedelta(days=9))
    change(session, world, key, "close_round", 4)
    with pytest.raises(Conflict):
        change(session, world, key, "close_round", 5)
    for wrong in ({"budget": 1}, {"title": "No"}, {"zone_id": uuid.uuid4()}, {"most_ranked": 99}):
        with pytest.raises(Invalid):
            prepare(session, world, **wrong)
    with pytest.raises(Invalid) as refused:
        prepare(session, world, numbers=[77, 78])
    assert "proposal_numbers" in refused.value.fields


def test_the_count_parts_what_was_said_from_who_said_it(session: Session, world: World) -> None:
    key = open_up(session, world, prepare(session, world))
    one, two, *_rest = option_keys(session, key)
    people = [*world.others, *world.accounts.values()][:8]
    for i, person in enumerate(people):
        cast(session, world, key, person, {one: 5 + i % 2, two: 3}, zone="1" if i < 6 else "2")
    before = {row.id for row in session.execute(select(PriorityBallot)).scalars()}
    assert not services.count_round(session, round_id=key, now=NOW)
    services.ask_for_due(session, now=NOW)
    waiting = select(func.count()).select_from(OutboxJob).where(OutboxJob.topic == "priorities.count")
    assert session.execute(waiting).scalar_one() == 0
    later = NOW + timedelta(days=6)
    for _twice in range(2):
        services.ask_for_due(session, now=later)
    assert session.execute(waiting).scalar_one() == 1
    assert services.count_round(session, round_id=key, now=later)
    assert not services.count_round(session, round_id=key, now=later)
    session.expire_all()
    ballots = list(session.execute(select(PriorityBallot)).scalars())
    assert len(ballots) == 8
    assert all(b.account_id is None for b in ballots)
    assert not before & {b.id for b in ballots}
    turnout = session.execute(select(func.count()).select_from(PriorityTurnout)).scalar_one()
    assert turnout == 8
    found = queries.results(session, round_id=key)
    assert found is not None
    assert [row["code"] for row in found["all"]][:2] == [str(one), str(two)]
    # One that an older rule counted tells nothing of groups until it is counted anew, from ballots that are nobody's any more.
    session.execute(update(PriorityRound).values(results=found | {"counted_as": "tallies/2"}))
    older = queries.results(session, round_id=key)
    assert older is not None
    assert (older["zones"], older["kinds"]) == ([], [])
    services.ask_for_due(session, now=later)
    services.ask_for_due(session, now=later)
    assert session.execute(waiting).scalar_one() == 2
    session.expire_all()
    assert services.count_round(session, round_id=key, now=later)
    assert not services.count_round(session, round_id=key, now=later)
    session.expire_all()
    assert queries.results(session, round_id=key) == found
    assert session.execute(select(func.count()).select_from(PriorityTurnout)).scalar_one() == 8
    # Two of zone 2 are too few, and zone 1 alone would give them away.
    assert all(g["rows"] is None for g in found["zones"])
    assert services.tell(session, round_id=key, what="results", timezone="Europe/Rome", now=NOW) == 8
    mine = services.PERSONAL_DATA.export(session, account_id=people[0])
    assert [row["kind"] for row in mine] == ["took_part"]
    services.PERSONAL_DATA.erase(session, account_id=people[0], now=NOW)
    assert services.PERSONAL_DATA.export(session, account_id=people[0]) == []


def test_an_open_ballot_is_exported_with_its_words_and_survives_erasure_without_its_person(
    session: Session, world: World
) -> None:
    numbers = [1, 2]
    for title in ("Treni la sera", "Treni la notte"):
        propose(session, world, title=title)
    key = open_up(session, world, prepare(session, world, numbers=numbers, method=RoundMethod.ranking))
    one, two = option_keys(session, key)
    me = world.others[0]
    cast(session, world, key, me, [two, one])
    assert services.PERSONAL_DATA.export(session, account_id=me)[0]["said"] == [
        "n. 2 Treni la notte",
        "n. 1 Treni la sera",
    ]
    services.PERSONAL_DATA.erase(session, account_id=me, now=NOW)
    assert queries.one(session, process_id=world.process_id, round_id=key).people == 1  # type: ignore[union-attr]
    with pytest.raises(Invalid):
        cast(session, world, key, world.others[1], [two, two])


def _send(browser: Client, url: str, data: dict[str, str]) -> int:
    return browser.send(url, data).status_code


def test_sixteen_people_and_sixteen_clicks_at_once_while_it_is_closed(room: Room) -> None:
    world = room.world
    with room.session() as session:
        key = open_up(session, world, prepare(session, world))
        one = option_keys(session, key)[0]
        session.commit()
    here = f"/processi/{world.slug}/priorita/{key}"
    ballot = {"speaker_kind": "resident", f"p-{one}": "4"}
    calls = [partial(_send, room.browser(person), here, ballot) for person in world.others]
    calls += [partial(_send, room.browser(world.others[0]), here, ballot) for _ in range(4)]
    closer = threading.Thread(target=_close, args=(room, key))
    closer.start()
    statuses = together(calls)  # type: ignore[arg-type]
    closer.join()
    assert set(statuses) <= {303, 403}
    with room.session() as session:
        services.count_round(session, round_id=key, now=datetime.now(UTC))
        session.commit()
        taken = {
            person
            for person, status in zip([*world.others, *[world.others[0]] * 4], statuses, strict=False)
            if status == 303
        }
        rows = session.execute(select(func.count()).select_from(PriorityBallot)).scalar_one()
        # Who was told «registered» is counted, once.
        assert len(set(taken)) <= rows <= 16
        assert session.execute(select(func.count()).select_from(PriorityTurnout)).scalar_one() == rows


def _close(room: Room, key: uuid.UUID) -> None:
    with room.session() as session:
        change(session, room.world, key, "close_round", 2)
        session.commit()


def test_pages_from_preparing_to_results(room: Room) -> None:
    world = room.world
    desk, public = f"/scrivania/{world.slug}/priorita", f"/processi/{world.slug}/priorita"
    manager, anyone = room.browser(world.accounts[Role.manager]), room.browser(None)
    with room.session() as session:
        for i in range(4):
            propose(session, world, title=f"Treni ogni mezz'ora {i}")
        session.commit()
    form = {
        "title": "Quale proposta per prima?", "question": "Mettile in ordine.", "method": "ranking", "audience": "registered",
        "budget": "10", "most_ranked": "2", "proposal_numbers": "1, 2, 4",
    }  # fmt: skip  # one row of values reads better so
    assert manager.get(f"{desk}/nuovo").status_code == 200
    assert manager.send(f"{desk}/nuovo", {**form, "proposal_numbers": "9"}).status_code == 422
    here = str(manager.send(f"{desk}/nuovo", form).location)
    key = here.rsplit("/", 1)[1]
    assert anyone.get(f"{public}/{key}").status_code == 404
    assert "Quale proposta" not in anyone.get(public).get_data(as_text=True)
    assert "1, 2, 4" in manager.get(f"{here}/modifica").get_data(as_text=True)
    assert (
        manager.send(f"{here}/modifica", {**form, "version": "1", "title": "Quale proposta prima?"}).status_code == 303
    )
    assert manager.send(f"{here}/modifica", {**form, "version": "1"}).status_code == 409
    assert manager.send(f"{here}/apri", {"version": "2", "closes_on": "ieri"}).status_code == 422
    day = (datetime.now(UTC) + timedelta(days=4)).date().isoformat()
    assert manager.send(f"{here}/apri", {"version": "2", "closes_on": day}).status_code == 303
    assert "Accedi per rispondere" in anyone.get(f"{public}/{key}").get_data(as_text=True)
    with room.session() as session:
        one, two, three = option_keys(session, uuid.UUID(key))
    person = room.browser(world.others[0])
    page = person.get(f"{public}/{key}").get_data(as_text=True)
    assert "Al posto 2" in page
    assert "Al posto 3" not in page
    wrong = person.send(f"{public}/{key}", {"speaker_kind": "resident", "o-1": str(one), "o-2": str(one)})
    assert wrong.status_code == 422
    assert "ogni posto vuole una voce diversa" in wrong.get_data(as_text=True)
    for account in world.others[:6]:
        answer = {"speaker_kind": "resident", "zone_id": str(world.zones["1"]), "o-1": str(two), "o-2": str(three)}
        assert room.browser(account).send(f"{public}/{key}", answer).status_code == 303
    assert "Hai già risposto" in person.get(f"{public}/{key}").get_data(as_text=True)
    assert anyone.get(f"{public}/{key}/dati.json").status_code == 404
    later = (datetime.now(UTC) + timedelta(days=8)).date().isoformat()
    assert manager.send(f"{here}/prolunga", {"version": "3", "closes_on": later}).status_code == 303
    assert manager.send(f"{here}/chiudi", {"version": "4"}).status_code == 303
    assert "si stanno contando" in anyone.get(f"{public}/{key}").get_data(as_text=True)
    assert person.send(f"{public}/{key}", {"speaker_kind": "resident", "o-1": str(one)}).status_code == 403
    with room.session() as session:
        services.count_round(session, round_id=uuid.UUID(key), now=datetime.now(UTC))
        session.commit()
    page = anyone.get(f"{public}/{key}").get_data(as_text=True)
    assert "6 persone la mettono al primo posto" in page
    assert "<svg" in page
    rows = list(
        csv.DictReader(
            io.StringIO(anyone.get(f"{public}/{key}/dati.csv").get_data(as_text=True).removeprefix("\ufeff"))
        )
    )
    assert rows[0]["option"] == "n. 2 Treni ogni mezz'ora 1"
    assert json.loads(anyone.get(f"{public}/{key}/dati.json").get_data(as_text=True))["results"]["people"] == 6


def test_statements_do_not_grow_with_ballots_and_options(room: Room) -> None:
    world = room.world
    with room.session() as session:
        key = open_up(session, world, prepare(session, world))
        session.commit()
    engine = room.app.extensions["consult"].sessions.kw["bind"]
    here = f"/processi/{world.slug}/priorita"

    def measure() -> list[int]:
        made = []
        for browser in (room.browser(None), room.browser(world.others[0])):
            for url in (here, f"{here}/{key}"):
                browser.get(url)
                with counted_statements(engine) as sent:
                    browser.get(url)
                made.append(len(sent))
        return made

    few = measure()
    with room.session() as session:
        one = option_keys(session, key)[0]
        for person in world.others[1:]:
            cast(session, world, key, person, {one: 1})
        for _ in range(9):
            open_up(session, world, prepare(session, world))
        session.commit()
    assert measure() == few
    assert max(few) <= 7
