"""The codebook and the coding desk: several coders at once, undo, merge and split with lineage, codings that follow their words."""

from __future__ import annotations

import re
import threading

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from consult.core.db import make_engine, make_sessions, unit_of_work
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import SYSTEM, Actor
from consult.core.vocabulary import Role
from consult.evidence import queries
from consult.evidence.models import Code, Coding, CodingAction
from consult.evidence.services import codebook, coding
from consult.listening.interviews import services as interviews
from consult.listening.sources.queries import of_unit
from consult.listening.sources.services import change_source
from tests.conftest import Stage
from tests.factories.coded_talks import NOW, make, put, talk
from tests.factories.world import World, counted_statements


def test_codes_are_merged_and_split_with_lineage_and_nothing_is_lost(session: Session, world: World) -> None:
    here = {"process_id": world.process_id, "actor": SYSTEM, "now": NOW}
    unit = talk(session, world)
    first, second, third = [card.id for card in of_unit(session, unit_id=unit)]
    moving = make(session, world, "Mobilità")
    trains, buses = make(session, world, "Treni", moving), make(session, world, "Autobus", moving)
    put(session, world, first, trains)
    put(session, world, second, buses)
    with pytest.raises(Invalid):
        make(session, world, "treni", moving)
    with pytest.raises(Invalid):
        codebook.describe_code(
            session, code_id=moving, version=1, fields=codebook.CodeFields("Mobilità", parent_id=trains), **here
        )
    codebook.merge_codes(session, code_id=buses, into_id=trains, **here)
    with pytest.raises(Conflict):
        put(session, world, third, buses)
    by_name = {row.name: row for row in queries.codes(session, process_id=world.process_id)}
    assert (by_name["Treni"].codings, by_name["Treni"].sources, by_name["Autobus"].codings) == (2, 2, 0)
    assert by_name["Treni"].path == "Mobilità › Treni"
    local, night = codebook.split_code(session, code_id=trains, names=["Treni locali", "Treni di notte"], **here)
    assert {row[1] for row in queries.lineage(session, code_id=trains) if row[0] == "to"} == {local, night}
    held = queries.held_by_code(session, code_id=trains)
    assert len(held) == 2
    for row, _words in held:
        coding.recode(session, coding_id=row.id, code_id=local, **here)
    assert queries.held_by_code(session, code_id=trains) == []
    assert {row.name: row.codings for row in queries.codes(session, process_id=world.process_id)}["Treni locali"] == 2
    assert session.execute(select(func.count()).select_from(Code)).scalar_one() == 5


def test_undo_takes_back_ones_own_acts_one_by_one(session: Session, world: World) -> None:
    me, other = Actor(account_id=world.accounts[Role.facilitator]), Actor(account_id=world.accounts[Role.manager])
    unit = talk(session, world)
    first = of_unit(session, unit_id=unit)[0]
    code = make(session, world, "Treni")
    mine = put(session, world, first.id, code, me, (0, 31))
    put(session, world, first.id, code, other, (0, 31))
    coding.write_memo(
        session, process_id=world.process_id, coding_id=mine, version=1, memo="da rivedere", actor=me, now=NOW
    )
    with pytest.raises(NotFound):
        coding.remove_code(session, process_id=world.process_id, coding_id=mine, actor=other, now=NOW)

    def back() -> str | None:
        return coding.undo(session, process_id=world.process_id, unit_id=unit, actor=me, now=NOW)

    assert [back(), back(), back()] == ["memo", "added", None]
    left = queries.codings_of(session, source_id=first.id, text=first.text)
    assert [row.coder_id for row in left] == [other.account_id]
    assert put(session, world, first.id, code, me, (0, 31)) == mine
    assert session.execute(select(func.count()).select_from(CodingAction)).scalar_one() == 6
    session.flush()
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text("UPDATE coding_action SET kind = 'memo'"))


def test_codings_follow_their_words_and_end_with_the_consent(session: Session, world: World) -> None:
    unit = talk(session, world)
    first = of_unit(session, unit_id=unit)[0]
    start = first.text.index("Anche la sera.")
    put(session, world, first.id, make(session, world, "Sera"), span=(start - 1, start + 15))
    put(
        session,
        world,
        first.id,
        make(session, world, "Bosco"),
        span=(first.text.index("Poi il bosco"), len(first.text)),
    )
    change_source(
        session, process_id=world.process_id, source_id=first.id, change="correct", reason_code="typing_error", actor=SYSTEM, now=NOW,
        text="Ecco: serve un treno ogni mezz'ora. Anche la sera. Poi il parco.",
    )  # fmt: skip  # one row of values reads better so
    now_text = of_unit(session, unit_id=unit)[0].text
    found = {
        row.code: (row.standing, now_text[row.start : row.end])
        for row in queries.codings_of(session, source_id=first.id, text=now_text)
    }
    assert found["Sera"] == (True, "Anche la sera.")
    assert found["Bosco"][0] is False
    assert queries.units(session, process_id=world.process_id)[0].coded == 1
    interviews.record_consent(
        session, process_id=world.process_id, interview_id=unit, consent=interviews.Consent(), actor=SYSTEM, now=NOW
    )
    assert queries.units(session, process_id=world.process_id) == []
    assert all(row.codings == 0 for row in queries.codes(session, process_id=world.process_id))
    with pytest.raises(NotFound):
        put(session, world, first.id, make(session, world, "Altro"))


@pytest.mark.drill
def test_two_coders_at_a_barrier_lose_no_act(stage: Stage) -> None:
    rounds = 50
    coders = [Actor(account_id=stage.world.accounts[role]) for role in (Role.facilitator, Role.manager)]
    with stage.work() as session:
        unit = talk(session, stage.world)
        source = of_unit(session, unit_id=unit)[0].id
        codes = [make(session, stage.world, f"Codice {i}") for i in range(rounds)]
    sessions = make_sessions(make_engine(stage.database_url, application="consult-coders"))
    barrier = threading.Barrier(2, timeout=60)
    failed: list[BaseException] = []

    def work(who: Actor) -> None:
        try:
            for number, code in enumerate(codes):
                barrier.wait()
                with unit_of_work(sessions) as session:
                    mine = put(session, stage.world, source, code, who, (0, 31))
                if number % 5 == 4:
                    barrier.wait()
                    with unit_of_work(sessions) as session:
                        coding.remove_code(
                            session, process_id=stage.world.process_id, coding_id=mine, actor=who, now=NOW
                        )
        except BaseException as error:
            failed.append(error)
            barrier.abort()

    threads = [threading.Thread(target=work, args=(who,)) for who in coders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failed == []
    with stage.work() as session:
        kinds = session.execute(
            select(CodingAction.kind, CodingAction.by, func.count()).group_by(CodingAction.kind, CodingAction.by)
        ).all()
        assert {(k, by): n for k, by, n in kinds} == {("added", who.account_id): rounds for who in coders} | {
            ("removed", who.account_id): rounds // 5 for who in coders
        }
        assert session.execute(select(func.count()).select_from(Coding).where(Coding.live)).scalar_one() == 2 * (
            rounds - rounds // 5
        )


def test_the_desk_by_pages_only(stage: Stage) -> None:
    with stage.work() as session:
        unit = talk(session, stage.world)
        cards = of_unit(session, unit_id=unit)
    client = stage.client_as(Role.facilitator)
    desk = f"/scrivania/{stage.world.slug}/codifica"
    assert "Restano" in client.get(desk).get_data(as_text=True)
    page = client.get(f"{desk}/{unit}").get_data(as_text=True)
    assert "Serve un treno" in page
    first = cards[0]
    spot = (first.text.index("🚆"), len(first.text))
    done = client.send(
        f"{desk}/fonti/{first.id}", {"revision": 1, "span_start": spot[0], "span_end": spot[1], "code": "Bosco e treni"}
    )
    assert done.status_code == 303
    by_sentence = client.send(
        f"{desk}/fonti/{first.id}",
        {"revision": 1, "sentences": ["0-29", "30-44"], "code": "bosco e treni", "memo": "due"},
    )
    assert by_sentence.status_code == 303
    with stage.work() as session:
        assert [row.name for row in queries.codes(session, process_id=stage.world.process_id)] == ["Bosco e treni"]
        rows = queries.codings_of(session, source_id=first.id, text=first.text)
        assert [first.text[r.start : r.end] for r in rows] == [
            "Serve un treno ogni mezz'ora. Anche la sera.",
            "🚆 Poi il bosco.",
        ]
    page = client.get(f"{desk}/{unit}?fonte={first.id}").get_data(as_text=True)
    assert re.search(r"<mark class=\"coded\"[^>]*>🚆 Poi il bosco\.</mark>", page)
    assert client.send(f"{desk}/fonti/{first.id}", {"revision": 9, "code": "Altro"}).status_code == 409
    assert client.send(f"{desk}/fonti/{first.id}", {"revision": 1, "code": ""}).status_code == 422
    assert client.send(f"{desk}/{unit}/annulla", {"fonte": str(first.id)}).status_code == 303
    with stage.work() as session:
        assert len(queries.codings_of(session, source_id=first.id, text=first.text)) == 1
    strategy = next(iter(stage.world.strategies.values()))
    offered = {"kind": "strategy", "target_id": str(strategy), "verdict": "accepted"}
    assert client.send(f"{desk}/fonti/{first.id}/proposte", offered).status_code == 303
    with stage.work() as session:
        assert [row.strategy_id for row in queries.codes(session, process_id=stage.world.process_id)][-1] == strategy
    assert stage.client_as(Role.reader).get(f"{desk}/{unit}").status_code == 200
    assert (
        stage.client_as(Role.reader).send(f"{desk}/fonti/{first.id}", {"revision": 1, "code": "x"}).status_code == 404
    )
    counts = []
    for extra in (0, 30):
        with stage.work() as session:
            for number in range(extra):
                put(session, stage.world, cards[1].id, make(session, stage.world, f"Codice {number}"))
        with counted_statements(stage.engine) as statements:
            assert client.get(f"{desk}/{unit}?fonte={cards[1].id}").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 24, counts
