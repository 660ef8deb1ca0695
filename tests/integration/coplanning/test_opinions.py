"""Conversations of statements: one vote a person and statement, who may add what, results that wait for five, the end that forgets names."""

from __future__ import annotations

import csv
import io
import json
import threading
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from consult.coplanning.opinions import queries, services
from consult.coplanning.opinions.models import (
    OpinionBallot,
    OpinionConversation,
    OpinionParticipant,
    OpinionStatement,
    OpinionTurnout,
)
from consult.coplanning.opinions.types import NewStatement, ResultsShown
from consult.core.errors import Conflict, Forbidden, Invalid, NotFound, PhaseClosed
from consult.core.jobs import OutboxJob
from consult.core.permissions import Actor
from consult.core.vocabulary import Role, ThingKind
from consult.moderation.services import visibility
from consult.notices.models import Notification
from consult.people.models import Account
from tests.factories.opinions import (
    NO,
    PASS,
    YES,
    fields,
    keys_of,
    leader,
    open_up,
    prepare,
    two_camps,
    vote,
)
from tests.factories.proposals import propose
from tests.factories.world import World, app_engine, counted_statements
from tests.integration.coplanning.conftest import Room
from tests.integration.coplanning.test_races import together

NOW = datetime.now(UTC)


def common(world: World, key: uuid.UUID, who: uuid.UUID | None = None) -> dict[str, Any]:
    actor = Actor(account_id=who, name="persona") if who else leader(world)
    return {"process_id": world.process_id, "conversation_id": key, "actor": actor, "now": datetime.now(UTC)}


def led(world: World, key: uuid.UUID) -> dict[str, Any]:
    """What the steps that all dated rounds share are called with."""
    return {"process_id": world.process_id, "round_id": key, "actor": leader(world), "now": datetime.now(UTC)}


def test_a_vote_replaces_the_one_before_and_can_be_taken_back(session: Session, world: World) -> None:
    key = open_up(session, world, prepare(session, world))
    one, two, *_rest = keys_of(session, key)
    me = world.others[0]
    vote(session, world, key, me, {one: YES, two: NO})
    vote(session, world, key, me, {one: PASS})
    mine = {s.id: s.vote for s in queries.statements(session, conversation_id=key, account_id=me)}
    assert (mine[one], mine[two]) == (0, -1)
    assert session.execute(select(func.count()).select_from(OpinionBallot)).scalar_one() == 2
    assert services.withdraw(session, statement_id=one, **common(world, key, me)) == 1
    assert services.withdraw(session, **common(world, key, me)) == 1
    assert services.withdraw(session, **common(world, key, me)) == 0
    assert queries.one(session, process_id=world.process_id, conversation_id=key).people == 0  # type: ignore[union-attr]


def test_who_may_vote_and_on_what(session: Session, world: World) -> None:
    key = open_up(session, world, prepare(session, world))
    one = keys_of(session, key)[0]
    other = open_up(session, world, prepare(session, world))
    with pytest.raises(Invalid):
        vote(session, world, key, world.others[0], {keys_of(session, other)[0]: YES})
    with pytest.raises(Invalid):
        vote(session, world, key, world.others[0], {})
    session.execute(update(Account).where(Account.id == world.others[1]).values(email_verified_at=None))
    with pytest.raises(Forbidden):
        vote(session, world, key, world.others[1], {one: YES})
    with pytest.raises(NotFound):
        vote(session, world, prepare(session, world), world.others[0], {one: YES})
    session.execute(
        update(OpinionConversation)
        .where(OpinionConversation.id == key)
        .values(closes_at=func.clock_timestamp() - timedelta(seconds=1))
    )
    with pytest.raises(PhaseClosed):
        vote(session, world, key, world.others[0], {one: YES})


def test_leading_a_conversation_steps_one_way(session: Session, world: World) -> None:
    empty = prepare(session, world, words=())
    with pytest.raises(Invalid):
        open_up(session, world, empty)
    key = prepare(session, world)
    with pytest.raises(Conflict) as stale:
        services.change(session, version=7, fields=fields(title="Un altro titolo"), **common(world, key))
    assert stale.value.differences[0].yours == "Un altro titolo"
    services.change(session, version=1, fields=fields(title="Un altro titolo"), **common(world, key))
    open_up(session, world, key, version=2)
    with pytest.raises(Conflict):
        services.cancel(session, version=3, **led(world, key))
    with pytest.raises(Invalid):
        services.extend(session, version=3, closes_at=NOW + timedelta(days=1), **led(world, key))
    services.extend(session, version=3, closes_at=NOW + timedelta(days=9), **led(world, key))
    services.close(session, version=4, **led(world, key))
    with pytest.raises(Conflict):
        services.add_statements(session, statements=[NewStatement("Una frase in ritardo")], **common(world, key))


def test_statements_are_drawn_from_what_is_public_here(session: Session, world: World) -> None:
    key = prepare(session, world)
    proposal = propose(session, world)
    services.add_statements(
        session, statements=[NewStatement("Serve un autobus la sera", proposal_id=proposal)], **common(world, key)
    )
    open_up(session, world, key)
    drawn = queries.drawn_from(session, proposal_id=proposal)
    assert [d.conversation_id for d in drawn] == [key]
    assert proposal not in {o.key.partition(":")[2] for o in queries.origins(session, process_id=world.process_id, conversation_id=key)}
    with pytest.raises(Invalid) as refused:
        services.add_statements(
            session, statements=[NewStatement("Da nessuna parte", proposal_id=uuid.uuid4()), NewStatement("breve")], **common(world, key)
        )
    assert set(refused.value.fields) == {"text-0", "text-1"}
    # What is drawn from a proposal goes with it where a moderator hides it, and comes back with it.
    before = len(keys_of(session, key))
    moderator = Actor(account_id=world.accounts[Role.moderator], name="moderatrice")
    hiding: dict[str, Any] = {
        "process_id": world.process_id, "kind": ThingKind.proposal, "thing_id": proposal, "version": None, "actor": moderator, "now": NOW,
    }  # fmt: skip  # one row of values reads better so
    visibility.hide(session, reason_code="advertising", **hiding)
    assert len(keys_of(session, key)) == before - 1
    assert queries.drawn_from(session, proposal_id=proposal) == []
    with pytest.raises(Invalid):
        vote(session, world, key, world.others[0], {drawn[0].id: YES})
    visibility.restore(session, **hiding)
    assert len(keys_of(session, key)) == before


def test_who_leads_takes_statements_out_but_not_those_of_participants(session: Session, world: World) -> None:
    key = open_up(session, world, prepare(session, world))
    one = keys_of(session, key)[0]
    services.take_out(session, statement_id=one, out=True, version=1, **common(world, key))
    assert one not in keys_of(session, key)
    with pytest.raises(Conflict):
        services.take_out(session, statement_id=one, out=False, version=1, **common(world, key))
    services.take_out(session, statement_id=one, out=False, version=2, **common(world, key))
    assert one in keys_of(session, key)
    own = services.suggest_statement(session, text="I taxi la notte costano troppo", **common(world, key, world.others[0]))
    with pytest.raises(NotFound):
        services.take_out(session, statement_id=own, out=True, version=1, **common(world, key))


def test_a_participants_statement_waits_for_a_moderator(session: Session, world: World) -> None:
    key = open_up(session, world, prepare(session, world))
    me = common(world, key, world.others[0])
    own = services.suggest_statement(session, text="I taxi   la notte costano troppo", **me)
    assert own not in keys_of(session, key)
    with pytest.raises(Invalid):
        services.suggest_statement(session, text="i taxi la notte costano TROPPO", **me)
    for i in range(4):
        services.suggest_statement(session, text=f"Un’altra frase, la numero {i}", **me)
    with pytest.raises(Invalid):
        services.suggest_statement(session, text="La sesta frase è di troppo", **me)
    deciding: dict[str, Any] = {
        "process_id": world.process_id, "kind": ThingKind.statement, "thing_id": own, "now": datetime.now(UTC),
        "actor": Actor(account_id=world.accounts[Role.moderator], name="moderatrice"),
    }  # fmt: skip  # one row of values reads better so
    visibility.decide_waiting(session, version=1, reason_code="", **deciding)
    assert own in keys_of(session, key)
    with pytest.raises(NotFound):
        visibility.decide_waiting(session, version=2, reason_code="", **deciding)
    closed = open_up(session, world, prepare(session, world, participants_add=False))
    with pytest.raises(Forbidden):
        services.suggest_statement(session, text="Qui non si aggiunge niente", **common(world, closed, world.others[0]))


def test_results_wait_until_five_people_changed_something(session: Session, world: World) -> None:
    key = open_up(session, world, prepare(session, world))
    people = [*world.others[:3], world.accounts[Role.account]]
    two_camps(session, world, key, people)
    assert not services.count(session, conversation_id=key, now=datetime.now(UTC))
    two_camps(session, world, key, [*people, world.accounts[Role.reader]])
    assert services.count(session, conversation_id=key, now=datetime.now(UTC))
    found = queries.results(session, conversation_id=key)
    assert found is not None
    assert found["people"] == 5
    # One vote more is not told by the difference of two results.
    vote(session, world, key, people[0], {keys_of(session, key)[1]: PASS})
    assert not services.count(session, conversation_id=key, now=datetime.now(UTC))
    waiting = select(func.count()).select_from(OutboxJob).where(OutboxJob.topic == "opinions.count")
    asked = session.execute(waiting).scalar_one()
    services.ask_for_due(session, now=datetime.now(UTC))
    assert session.execute(waiting).scalar_one() == asked


def test_the_end_parts_votes_from_people_and_tells_them_once(session: Session, world: World) -> None:
    key = open_up(session, world, prepare(session, world, results_shown=ResultsShown.closed))
    people = [*world.others, world.accounts[Role.account], world.accounts[Role.reader]]
    two_camps(session, world, key, people)
    services.count(session, conversation_id=key, now=datetime.now(UTC), always=True)
    row = queries.one(session, process_id=world.process_id, conversation_id=key)
    assert row is not None
    assert not row.shows_results
    said = {
        tuple(votes)
        for (votes,) in session.execute(
            select(func.array_agg(OpinionBallot.vote)).group_by(OpinionBallot.participant_id)
        )
    }
    old = set(session.execute(select(OpinionParticipant.id)).scalars())
    session.execute(
        update(OpinionConversation)
        .where(OpinionConversation.id == key)
        .values(closes_at=func.clock_timestamp() - timedelta(seconds=1))
    )
    session.expire_all()
    services.ask_for_due(session, now=datetime.now(UTC))
    last = select(func.count()).where(OutboxJob.topic == "opinions.count", OutboxJob.key == f"{key}:last")
    assert session.execute(last).scalar_one() == 1
    assert services.count(session, conversation_id=key, now=datetime.now(UTC))
    assert not services.count(session, conversation_id=key, now=datetime.now(UTC))
    new = session.execute(
        select(OpinionParticipant).where(OpinionParticipant.conversation_id == key)
    ).scalars().all()
    assert len(new) == len(people)
    assert all(p.account_id is None and p.changed_at is None and p.id not in old for p in new)
    again = {
        tuple(votes)
        for (votes,) in session.execute(
            select(func.array_agg(OpinionBallot.vote)).group_by(OpinionBallot.participant_id)
        )
    }
    assert {tuple(sorted(v)) for v in again} == {tuple(sorted(v)) for v in said}
    assert session.execute(select(func.count()).select_from(OpinionTurnout)).scalar_one() == len(people)
    assert services.tell(session, conversation_id=key, now=datetime.now(UTC)) == len(people)
    assert services.tell(session, conversation_id=key, now=datetime.now(UTC)) == 0
    subjects = session.execute(select(Notification.subject).where(Notification.account_id == people[0])).scalars().all()
    assert any("Come ci si muove?" in s for s in subjects)


def test_export_and_erasure(session: Session, world: World) -> None:
    key = open_up(session, world, prepare(session, world))
    me = world.others[0]
    one = keys_of(session, key)[0]
    vote(session, world, key, me, {one: NO})
    services.suggest_statement(session, text="I taxi la notte costano troppo", **common(world, key, me))
    rows = services.PERSONAL_DATA.export(session, account_id=me)
    assert [(r["kind"], r.get("vote")) for r in rows] == [("vote", "disagree"), ("statement", None)]
    services.PERSONAL_DATA.erase(session, account_id=me, now=NOW)
    assert services.PERSONAL_DATA.export(session, account_id=me) == []
    assert session.execute(select(OpinionBallot.vote)).scalars().all() == [-1]
    assert not session.execute(
        select(OpinionStatement).where(OpinionStatement.author_id == me)
    ).scalars().all()


def test_two_votes_at_once_are_one_and_the_last_count_waits_for_who_votes(room: Room) -> None:
    with room.session() as session:
        key = open_up(session, room.world, prepare(session, room.world))
        one = keys_of(session, key)[0]
        session.commit()
    me = room.world.others[0]

    def say(value: Any) -> None:
        with room.session() as session:
            vote(session, room.world, key, me, {one: value})
            session.commit()

    together([partial(say, value) for value in (YES, NO, PASS, YES)])
    with room.session() as session:
        assert session.execute(select(func.count()).select_from(OpinionBallot)).scalar_one() == 1
        version = session.get_one(OpinionConversation, key).version
    voted, closed = threading.Event(), threading.Event()

    def late() -> None:
        with room.session() as session:
            vote(session, room.world, key, room.world.others[1], {one: NO})
            voted.set()
            # Who closes waits for this transaction: it must not be there before this one ends.
            assert not closed.wait(0.4)
            session.commit()

    def close() -> None:
        voted.wait(5)
        with room.session() as session:
            services.close(session, version=version, **led(room.world, key))
            session.commit()
            closed.set()

    together([late, close])
    with room.session() as session:
        services.count(session, conversation_id=key, now=datetime.now(UTC))
        session.commit()
        assert session.execute(select(func.count()).select_from(OpinionTurnout)).scalar_one() == 2


def test_a_person_answers_one_statement_at_a_time_and_reads_the_results(room: Room) -> None:
    world = room.world
    with room.session() as session:
        key = open_up(session, world, prepare(session, world))
        two_camps(session, world, key, world.others)
        services.count(session, conversation_id=key, now=datetime.now(UTC))
        session.commit()
    here = f"/processi/{world.slug}/opinioni/{key}"
    nobody = room.browser()
    assert "Accedi per rispondere" in nobody.get(here).get_data(as_text=True)
    assert nobody.get(f"{here}/partecipa").status_code == 302
    assert nobody.get(f"{here}/mie").status_code == 302
    me = room.browser(world.accounts[Role.account])
    page = me.get(here).get_data(as_text=True)
    assert me.get(here).get_data(as_text=True).count("Risposte date: 0 di 8") == 1
    asked = []
    for done in range(8):
        page = me.get(here).get_data(as_text=True)
        assert f"Risposte date: {done} di 8" in page
        statement = page.split('name="frase" value="')[1].split('"')[0]
        assert statement not in asked
        asked.append(statement)
        answer = me.send(here, {"frase": statement, "voto": "agree"})
        assert answer.status_code == 303
        assert answer.location.endswith("#frase")
    assert "Hai risposto a tutte le frasi" in me.get(here).get_data(as_text=True)
    assert me.send(here, {"frase": asked[0], "voto": "forse"}).status_code == 422
    assert me.send(f"{here}/mie", {f"v-{asked[0]}": "disagree", f"v-{asked[1]}": "nonsense"}).status_code == 303
    mine = me.get(f"{here}/mie").get_data(as_text=True)
    assert mine.count(" checked") == 8
    assert me.send(f"{here}/ritira", {"frase": asked[2]}).status_code == 303
    assert me.get(f"{here}/mie").get_data(as_text=True).count(" checked") == 7
    results = nobody.get(f"{here}/risultati").get_data(as_text=True)
    assert "Gruppo A" in results
    assert "Gruppo B" in results
    assert "Il treno deve passare ogni mezz" in results
    with counted_statements(app_engine(room.app)) as sent:
        nobody.get(f"{here}/risultati")
    assert len(sent) <= 8
    rows = list(csv.DictReader(io.StringIO(nobody.get(f"{here}/dati.csv").get_data(as_text=True).lstrip("\ufeff"))))
    assert {row["group"] for row in rows} == {"", "A", "B"}
    data = json.loads(nobody.get(f"{here}/dati.json").get_data())
    assert data["results"]["people"] == 16
    # Nothing that names a person or a participant stands in what anybody may read.
    with room.session() as session:
        participants = [str(p) for p in session.execute(select(OpinionParticipant.id)).scalars()]
    whole = json.dumps(data)
    assert not any(p in whole for p in (*participants, *map(str, world.others)))


def test_the_desk_prepares_draws_opens_and_closes(room: Room) -> None:
    world = room.world
    with room.session() as session:
        proposal = propose(session, world)
        session.commit()
    desk, manager = f"/scrivania/{world.slug}/opinioni", room.browser(world.accounts[Role.manager])
    made = manager.send(f"{desk}/nuova", {"title": "Come ci si muove?", "question": "Frasi.", "results_shown": "always"})
    assert made.status_code == 303
    here = made.location
    lines = "\n".join(f"La frase numero {i} della lista" for i in range(5))
    assert manager.send(f"{here}/scrivi", {"text": "corta"}).status_code == 422
    assert manager.send(f"{here}/scrivi", {"text": lines}).status_code == 303
    drawing = manager.get(f"{here}/frasi").get_data(as_text=True)
    assert f"proposal:{proposal}" in drawing
    chosen = {"da": f"proposal:{proposal}", f"testo-proposal:{proposal}": "no"}
    refused = manager.send(f"{here}/frasi", chosen)
    assert refused.status_code == 422
    assert "Servono da 10 a 200 caratteri" in refused.get_data(as_text=True)
    chosen[f"testo-proposal:{proposal}"] = "Serve un autobus la sera"
    assert manager.send(f"{here}/frasi", chosen).status_code == 303
    assert "dalla proposta n. 1" in manager.get(here).get_data(as_text=True)
    day = (datetime.now(UTC) + timedelta(days=4)).date().isoformat()
    assert manager.send(f"{here}/apri", {"version": "1", "closes_on": "ieri"}).status_code == 422
    assert manager.send(f"{here}/apri", {"version": "1", "closes_on": day}).status_code == 303
    assert manager.send(f"{here}/chiudi", {"version": "1"}).status_code == 409
    thread = room.browser().get(f"/processi/{world.slug}/filo/proposal/{proposal}").get_data(as_text=True)
    assert "Serve un autobus la sera" in thread
    assert manager.send(f"{here}/chiudi", {"version": "2"}).status_code == 303
    assert room.browser().get(f"/processi/{world.slug}/opinioni").status_code == 200
