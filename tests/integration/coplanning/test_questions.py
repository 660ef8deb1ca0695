"""A question between two authors ends: answered, withdrawn by whoever asked, or lapsed where nobody answers or nothing can come of it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.coplanning.proposals import queries, services
from consult.coplanning.proposals.models import Proposal, Regrouping
from consult.coplanning.proposals.services.telling import tell_regrouping
from consult.core.errors import Conflict
from consult.core.jobs import OutboxJob
from consult.core.vocabulary import PhaseKind, Role
from consult.notices.models import Notification
from consult.people.models import Account
from consult.process.models import Phase
from tests.factories.days import told as told_day
from tests.factories.proposals import actor_of, author, propose
from tests.factories.world import World, app_engine, counted_statements
from tests.integration.coplanning.conftest import LIST, Room
from tests.integration.coplanning.test_regrouping import merge, seen, subjects

NOW = datetime.now(UTC)
TERM = NOW + timedelta(days=14)
#: The day that was told holds to its end: what nobody answers lapses a day after the moment itself.
END = TERM + timedelta(days=1)


def ask(session: Session, world: World, mine: uuid.UUID, into: int = 2) -> uuid.UUID:
    return services.ask_to_merge(
        session, process_id=world.process_id, proposal_id=mine, into_number=into, reason="Diciamo la stessa cosa, meglio insieme.",
        actor=author(world), now=NOW,
    )  # fmt: skip  # one call of named values reads better so


def asked_of_the_worker(session: Session) -> list[str]:
    rows = session.execute(select(OutboxJob.payload).where(OutboxJob.topic == "coplanning.lapse_question").order_by(OutboxJob.id))
    return [row["regrouping_id"] for row in rows.scalars()]


def told(session: Session, account: uuid.UUID, what: str) -> list[tuple[str, str]]:
    statement = select(Notification.subject, Notification.body).where(
        Notification.account_id == account, Notification.key.endswith(f":{what}")
    )
    return [(row.subject, row.body) for row in session.execute(statement)]


def test_what_nobody_answers_lapses_and_both_are_told_in_their_language(room: Room) -> None:
    world = room.world
    with room.app.app_context(), room.session() as session:
        me, other = author(world).account_id, world.others[0]
        assert me is not None
        session.execute(update(Account).where(Account.id == other).values(locale="en"))
        mine, theirs = propose(session, world), propose(session, world, title="Treni di notte", by=actor_of(other))
        act = ask(session, world, mine)
        assert tell_regrouping(session, regrouping_id=act, what="asked", now=NOW) == 1
        assert told_day("until %(day)s", TERM, language="en") in told(session, other, "asked")[0][1]
        services.ask_for_due(session, now=END - timedelta(minutes=1))
        assert asked_of_the_worker(session) == []
        assert not services.lapse(session, regrouping_id=act, now=END - timedelta(minutes=1))
        # The clock may be late: the day that was told holds all the same.
        common = {"process_id": world.process_id, "regrouping_id": act}
        with pytest.raises(Conflict, match="tempo per rispondere"):
            services.agree(session, actor=actor_of(other), now=END, **common)  # type: ignore[arg-type]
        for _look in range(2):
            with counted_statements(app_engine(room.app)) as sent:
                services.ask_for_due(session, now=END)
            assert len(sent) <= 5, "three to look, one to ask for all of a kind"
        assert asked_of_the_worker(session) == [str(act)]
        assert [services.lapse(session, regrouping_id=act, now=END) for _twice in range(2)] == [True, False]
        assert [tell_regrouping(session, regrouping_id=act, what="lapsed", now=END) for _twice in range(2)] == [2, 0]
        ((subject, body),) = told(session, me, "lapsed")
        assert subject == "La tua richiesta di unire «Treni ogni mezz'ora» è decaduta senza risposta"
        assert told_day("entro il %(day)s", TERM) in body
        assert "Puoi chiederlo di nuovo" in body
        ((subject, body),) = told(session, other, "lapsed")
        assert subject.startswith("The request to merge “")
        assert "remain separate" in body
        assert "again" not in body, "who did not answer has nothing to ask"
        with pytest.raises(Conflict):
            services.agree(session, actor=actor_of(other), now=NOW, **common)  # type: ignore[arg-type]
        assert {seen(session, world, key).state for key in (mine, theirs)} == {"published"}
        assert queries.questions_about(session, proposal_id=mine) == []
        # It may be asked again, and taken back: that is no refusal, and the other one hears that nothing is left to do.
        again = ask(session, world, mine)
        services.decline(session, process_id=world.process_id, regrouping_id=again, why="", actor=author(world), now=NOW)
        assert session.get_one(Regrouping, again).state == "withdrawn"
        assert [tell_regrouping(session, regrouping_id=again, what="withdrawn", now=NOW) for _twice in range(2)] == [1, 0]
        assert "withdrawn" in told(session, other, "withdrawn")[0][0]
        assert not services.lapse(session, regrouping_id=again, now=END)


def test_a_question_of_which_nothing_can_come_any_more_lapses_at_once(session: Session, world: World) -> None:
    """Its phase closes, a proposal goes on in another, or its author is gone; a hidden one waits, since it may be shown again."""
    firsts = [propose(session, world, title=f"Treni puliti {i}") for i in range(3)]
    seconds = [propose(session, world, title=f"Treni chiari {i}", by=actor_of(world.others[i])) for i in range(3)]
    acts = [ask(session, world, mine, 4 + i) for i, mine in enumerate(firsts)]
    assert queries.lapsing_questions(session, now=NOW) == {}
    merge(session, world, propose(session, world, title="Treni e autobus"), seconds[0])
    services.PERSONAL_DATA.erase(session, account_id=world.others[1], now=NOW)
    session.execute(update(Proposal).where(Proposal.id == seconds[2]).values(state="hidden"))
    # A merge may still be taken back with one key: it ends nothing yet.
    assert queries.lapsing_questions(session, now=NOW) == {acts[1]: "gone"}
    later = NOW + timedelta(minutes=2)
    assert queries.lapsing_questions(session, now=later) == {acts[0]: "settled", acts[1]: "gone"}
    assert [services.lapse(session, regrouping_id=act, now=later) for act in acts] == [True, True, False]
    me = author(world).account_id
    assert me is not None
    for act, sentence in ((acts[0], "una delle due proposte è stata decisa, unita"), (acts[1], "ha cancellato il proprio account")):
        assert tell_regrouping(session, regrouping_id=act, what="lapsed", now=later) in (1, 2)
        assert [body for _subject, body in told(session, me, f"{act}:lapsed") if sentence in body]
    phase = session.get_one(Phase, world.phases[PhaseKind.co_planning])
    phase.closes_at = NOW - timedelta(minutes=1)
    session.flush()
    assert queries.lapsing_questions(session, now=NOW) == {acts[2]: "closed"}
    assert services.lapse(session, regrouping_id=acts[2], now=NOW)
    # Of a hidden proposal nobody is told a word.
    assert tell_regrouping(session, regrouping_id=acts[2], what="lapsed", now=NOW) == 1
    assert not [line for line in subjects(session, world.others[2]) if "Treni puliti 2" not in line]


def test_both_pages_say_until_when_and_how_it_ended(room: Room) -> None:
    world = room.world
    owner, other, anyone = room.browser(world.accounts[Role.account]), room.browser(world.others[0]), room.browser(None)
    with room.session() as session:
        mine = propose(session, world)
        theirs = propose(session, world, title="Treni anche di notte", by=actor_of(world.others[0]))
        session.commit()
    assert "14 giorni per rispondere" in owner.get(f"{LIST}/{mine}/unisci").get_data(as_text=True)
    reason = {"number": "2", "reason": "Diciamo la stessa cosa, insieme."}
    here = str(owner.send(f"{LIST}/{mine}/unisci", reason).location)
    day = datetime.now(UTC) + timedelta(days=14)
    for browser, key, sentence in (
        (owner, mine, "chi l’ha scritta può rispondere fino al %(day)s"),
        (other, theirs, "Puoi rispondere fino al %(day)s"),
    ):
        assert told_day(sentence, day) in browser.get(f"{LIST}/{key}").get_data(as_text=True)
        shown = browser.get(here).get_data(as_text=True)
        assert told_day("rispondere fino al %(day)s", day) in shown
        assert "Deciso insieme" not in shown, "nobody decided anything yet"
    assert "rispondere fino" not in anyone.get(f"{LIST}/{theirs}").get_data(as_text=True)
    with room.session() as session:
        act = session.execute(select(Regrouping)).scalar_one()
        act.asked_at -= timedelta(days=16)
        session.flush()
        assert services.lapse(session, regrouping_id=act.id, now=datetime.now(UTC))
        session.commit()
    for browser in (owner, other):
        shown = browser.get(here).get_data(as_text=True)
        assert "La richiesta è decaduta" in shown
        assert f"{here}/accetta" not in shown
    assert anyone.get(here).status_code == 404
    assert other.send(f"{here}/accetta").status_code == 409
    again = str(owner.send(f"{LIST}/{mine}/unisci", reason).location)
    assert "Ritira la richiesta" in owner.get(again).get_data(as_text=True)
    assert owner.send(f"{again}/rifiuta").status_code == 303
    for browser in (owner, other):
        assert "La richiesta è stata ritirata" in browser.get(again).get_data(as_text=True)
