"""What waits for an author's word has a day: who has to answer is reminded once, and what nobody answers lapses, with its reason."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.coplanning.proposals import queries, services
from consult.coplanning.proposals.models import Amendment, Proposal
from consult.coplanning.proposals.services.telling import tell_regrouping
from consult.coplanning.proposals.services.telling_amendments import tell_amendment
from consult.coplanning.proposals.types import SplitPart
from consult.core import settling
from consult.core.errors import Conflict, Forbidden
from consult.core.jobs import OutboxJob
from consult.core.permissions import Actor
from consult.core.vocabulary import Outcome, PhaseKind, Role, ThingKind
from consult.moderation.services import visibility
from consult.notices.models import Notification
from consult.people.models import Account
from consult.process.models import Phase
from tests.factories.amendments import accept, amend
from tests.factories.days import told as told_day
from tests.factories.proposals import actor_of, author, propose
from tests.factories.waiting import read_first
from tests.factories.world import World
from tests.integration.coplanning.conftest import LIST, Room

NOW = datetime.now(UTC)
TERM = NOW + timedelta(days=14)
END = TERM + timedelta(days=1)
MINUTE = timedelta(minutes=1)


def other(world: World, place: int = 0) -> Actor:
    return actor_of(world.others[place], f"Persona {place}")


def told(session: Session, account: uuid.UUID | None, key: str) -> list[tuple[str, str]]:
    rows = session.execute(
        select(Notification.subject, Notification.body)
        .where(Notification.account_id == account, Notification.key.startswith(key))
        .order_by(Notification.created_at)
    )
    return [(row.subject, row.body) for row in rows]


def jobs_of(session: Session, topic: str) -> list[tuple[str, str]]:
    rows = session.execute(select(OutboxJob.payload).where(OutboxJob.topic == topic).order_by(OutboxJob.id)).scalars()
    return [(row["amendment_id"], row.get("what", "")) for row in rows]


def row_of(session: Session, key: uuid.UUID) -> Amendment:
    return session.execute(select(Amendment).where(Amendment.id == key).execution_options(populate_existing=True)).scalar_one()


def test_a_change_nobody_answers_lapses_and_both_are_told_before_and_after(room: Room) -> None:
    world = room.world
    with room.app.app_context(), room.session() as session:
        me, them = author(world).account_id, world.others[0]
        session.execute(update(Account).where(Account.id == them).values(locale="en"))
        key = propose(session, world, title="Treni ogni mezz'ora")
        change = amend(session, world, key, by=other(world), now=NOW)
        tell_amendment(session, amendment_id=change, what="new", now=NOW)
        ((_subject, body),) = told(session, me, f"amendment:{change}:new")
        assert told_day("Puoi rispondere fino al %(day)s.", TERM) in body
        # The reminder: once, three days before, only while it still waits.
        services.ask_for_due(session, now=TERM - timedelta(days=3, minutes=1))
        assert jobs_of(session, "coplanning.tell_amendment") == [(str(change), "new")]
        assert tell_amendment(session, amendment_id=change, what="soon", now=TERM - timedelta(days=3, minutes=1)) == 0
        soon = TERM - timedelta(days=3)
        for _look in range(2):
            services.ask_for_due(session, now=soon)
        assert jobs_of(session, "coplanning.tell_amendment")[1:] == [(str(change), "soon")]
        assert [tell_amendment(session, amendment_id=change, what="soon", now=soon) for _twice in range(2)] == [1, 0]
        ((subject, body),) = told(session, me, f"amendment:{change}:soon")
        assert subject == "Una modifica a «Treni ogni mezz'ora» aspetta ancora la tua risposta"
        assert told_day("fino al %(day)s", TERM) in body
        # The day that was told holds to its end.
        services.ask_for_due(session, now=END - MINUTE)
        assert jobs_of(session, "coplanning.lapse_amendment") == []
        assert not services.lapse_amendment(session, amendment_id=change, now=END - MINUTE)
        # The clock may be late: who answers after the end finds it over all the same.
        with pytest.raises(Conflict, match="tempo per rispondere"):
            accept(session, world, change, by=author(world), now=END)
        no = {"process_id": world.process_id, "amendment_id": change, "version": 1, "answer": "No, resto della mia idea."}
        with pytest.raises(Conflict, match="tempo per rispondere"):
            services.decline_amendment(session, actor=author(world), now=END, **no)  # type: ignore[arg-type]
        for _look in range(2):
            services.ask_for_due(session, now=END)
        assert jobs_of(session, "coplanning.lapse_amendment") == [(str(change), "")]
        assert [services.lapse_amendment(session, amendment_id=change, now=END) for _twice in range(2)] == [True, False]
        assert (row_of(session, change).state, row_of(session, change).lapsed_because) == ("lapsed", "late")
        assert [tell_amendment(session, amendment_id=change, what="lapsed", now=END) for _twice in range(2)] == [2, 0]
        ((subject, body),) = told(session, them, f"amendment:{change}:lapsed")
        assert "lapsed" in subject
        assert told_day("by %(day)s", TERM, language="en") in body
        assert "again" in body
        ((subject, body),) = told(session, me, f"amendment:{change}:left")
        assert subject == "È decaduta la modifica proposta al testo di «Treni ogni mezz'ora»"
        assert "di nuovo" not in body, "who did not answer has nothing to propose"
        # The words stayed, nobody became an author, and it may be proposed anew: with a term of its own.
        shown = queries.show(session, process_id=world.process_id, proposal_id=key, viewer_id=None)
        assert shown is not None
        assert (shown.text_version, shown.coauthors, shown.amended) == (1, [], [0, 0, 0, 1])
        again = amend(session, world, key, by=other(world), now=NOW + timedelta(days=1))
        assert row_of(session, again).answer_by == TERM + timedelta(days=1)
        services.withdraw_amendment(session, process_id=world.process_id, amendment_id=again, version=1, actor=other(world), now=NOW)
        assert tell_amendment(session, amendment_id=again, what="soon", now=soon + timedelta(days=1)) == 0
        assert not services.lapse_amendment(session, amendment_id=again, now=END + timedelta(days=9))


def test_why_it_ended_and_what_does_not_end_it(session: Session, world: World) -> None:
    """The proposal is decided, its author goes, the phase closes; one that is hidden, or that a moderator still has to read, waits."""
    keys = [propose(session, world, title=f"Treni puliti {i}", by=other(world, i)) for i in range(4)]
    changes = [amend(session, world, key, by=author(world), now=NOW) for key in keys]
    assert queries.lapsing_amendments(session, now=NOW) == {}
    services.record_outcome(
        session, proposal_id=keys[0], outcome=Outcome.rejected, reason="No", body="Cabina", actor=actor_of(world.accounts[Role.moderator]), now=NOW
    )
    services.PERSONAL_DATA.erase(session, account_id=world.others[1], now=NOW)
    moderator = actor_of(world.accounts[Role.moderator], "Moderatrice")
    hide = {"process_id": world.process_id, "kind": ThingKind.amendment, "thing_id": changes[2], "actor": moderator}
    visibility.hide(session, version=1, reason_code="insult", now=NOW, **hide)  # type: ignore[arg-type]
    read_first(session, world, [ThingKind.proposal], NOW)
    waiting = amend(session, world, keys[3], by=other(world, 0), now=NOW)
    read_first(session, world, [], NOW)
    assert row_of(session, waiting).answer_by is None, "nobody can answer it yet"
    # What may be taken back with one key ends nothing yet.
    assert queries.lapsing_amendments(session, now=NOW) == {changes[1]: "gone"}
    later = NOW + timedelta(minutes=2)
    assert queries.lapsing_amendments(session, now=later) == {changes[0]: "settled", changes[1]: "gone"}
    assert [services.lapse_amendment(session, amendment_id=key, now=later) for key in changes] == [True, True, False, False]
    assert tell_amendment(session, amendment_id=changes[1], what="lapsed", now=later) == 1, "its author is gone"
    assert "ha cancellato il proprio account" in told(session, author(world).account_id, f"amendment:{changes[1]}:lapsed")[0][1]
    # Time that nobody could use does not count: shown again, or let appear, it has its whole term.
    shown = NOW + timedelta(days=20)
    visibility.restore(session, version=2, now=shown, **hide)  # type: ignore[arg-type]
    visibility.decide_waiting(
        session, process_id=world.process_id, kind=ThingKind.amendment, thing_id=waiting, version=1, reason_code="", actor=moderator, now=shown,
    )  # fmt: skip  # one call reads better so
    assert {row_of(session, key).answer_by for key in (changes[2], waiting)} == {shown + timedelta(days=14)}
    assert changes[3] in queries.lapsing_amendments(session, now=shown)
    phase = session.get_one(Phase, world.phases[PhaseKind.co_planning])
    phase.closes_at = NOW + timedelta(days=2)
    session.flush()
    # A phase that ends before the term ends it: that day is told, and reminded of.
    read = queries.any_amendment(session, process_id=world.process_id, amendment_id=changes[3])
    assert read is not None
    assert read.until == phase.closes_at
    tomorrow = NOW + timedelta(days=1, minutes=1)
    assert (changes[3], phase.closes_at) in {(due.id, due.until) for due in queries.ending(session, now=tomorrow)}
    assert changes[3] not in {due.id for due in queries.ending(session, now=NOW + timedelta(hours=2))}, "asked this morning"
    closed = phase.closes_at + MINUTE
    assert set(queries.lapsing_amendments(session, now=closed)) == {changes[2], changes[3], waiting}
    assert services.lapse_amendment(session, amendment_id=changes[3], now=closed)
    assert row_of(session, changes[3]).lapsed_because == "closed"
    # A moderator may still hide what lapsed, and show it as what it was.
    act = visibility.hide(
        session, process_id=world.process_id, kind=ThingKind.amendment, thing_id=changes[3], version=row_of(session, changes[3]).version,
        reason_code="insult", actor=moderator, now=closed,
    )  # fmt: skip  # one call reads better so
    assert act
    visibility.restore(
        session, process_id=world.process_id, kind=ThingKind.amendment, thing_id=changes[3], version=row_of(session, changes[3]).version,
        actor=moderator, now=closed,
    )  # fmt: skip  # one call reads better so
    assert row_of(session, changes[3]).state == "lapsed"


def test_a_question_between_authors_is_reminded_of_too(session: Session, world: World) -> None:
    mine = propose(session, world)
    propose(session, world, title="Treni anche di notte", by=other(world))
    act = services.ask_to_merge(
        session, process_id=world.process_id, proposal_id=mine, into_number=2, reason="Diciamo la stessa cosa, meglio insieme.",
        actor=author(world), now=NOW,
    )  # fmt: skip  # one call of named values reads better so
    soon = TERM - timedelta(days=2)
    assert [(due.kind, due.id) for due in queries.ending(session, now=soon)] == [("regrouping", act)]
    assert tell_regrouping(session, regrouping_id=act, what="soon", now=NOW + timedelta(days=2)) == 0, "the end moved away since it was asked for"
    assert [tell_regrouping(session, regrouping_id=act, what="soon", now=soon) for _twice in range(2)] == [1, 0]
    ((subject, body),) = told(session, world.others[0], f"regrouping:{act}:soon")
    assert subject == "Aspetta ancora la tua risposta: unire «Treni ogni mezz'ora» alla tua proposta?"
    assert told_day("fino al %(day)s", TERM, here=False) in body
    asked = queries.asked_of(session, account_id=world.others[0])
    assert [(a.kind, a.other, a.until) for a in asked] == [("question", "Treni ogni mezz'ora", TERM)]
    assert queries.asked_of(session, account_id=author(world).account_id or uuid.uuid4()) == [], "who asked waits, and is not waited for"


def test_who_wrote_a_split_proposal_is_asked_once_and_objects_for_the_whole(session: Session, world: World) -> None:
    whole = propose(session, world, title="Treni e biciclette")
    me = author(world).account_id or uuid.uuid4()
    parts = [SplitPart(f"Solo i treni {n}", "Chiediamo treni ogni mezz'ora, anche la sera.", world.strategies["2.2"]) for n in (1, 2)]
    act = services.split(
        session, process_id=world.process_id, proposal_id=whole, version=1, parts=parts, reason="Sono due richieste per due uffici diversi.",
        actor=actor_of(world.accounts[Role.moderator]), now=NOW,
    )  # fmt: skip  # one call of named values reads better so
    assert [(a.kind, a.title) for a in queries.asked_of(session, account_id=me)] == [("objection", "Treni e biciclette")]
    objection = {"process_id": world.process_id, "regrouping_id": act, "text": "Le due cose stanno insieme, per chi torna la sera."}
    services.object_to(session, actor=author(world), now=NOW, **objection)  # type: ignore[arg-type]
    found = queries.regrouping(session, process_id=world.process_id, regrouping_id=act)
    assert found is not None
    assert [p.id for p in found.open_objections] == [whole]
    assert queries.asked_of(session, account_id=me) == []
    assert [q.objected for q in queries.questions_about(session, proposal_id=found.of_role("into")[0].id)] == [True]


def test_the_day_stands_on_the_pages_of_both_and_only_what_may_be_done_is_offered(room: Room) -> None:
    world = room.world
    with room.session() as session:
        key = propose(session, world)
        change = amend(session, world, key, by=other(world))
        session.commit()
    writer, person, anyone = room.browser(world.accounts[Role.account]), room.browser(world.others[0]), room.browser(None)
    here, day = f"{LIST}/{key}/modifiche/{change}", datetime.now(UTC) + timedelta(days=14)
    for browser, page, sentence in (
        (writer, "/io", "puoi rispondere fino al %(day)s"),
        (writer, f"{LIST}/{key}", "Puoi rispondere fino al %(day)s"),
        (writer, here, "Puoi rispondere fino al %(day)s"),
        (person, here, "può rispondere fino al %(day)s"),
        (person, "/io", "aspetta risposta entro il %(day)s"),
        (anyone, f"{LIST}/{key}/modifiche", "risposta entro il %(day)s"),
    ):
        assert told_day(sentence, day) in browser.get(page).get_data(as_text=True), (page, sentence)
    assert "Aspettano una tua parola" not in person.get("/io").get_data(as_text=True)
    with room.session() as session:
        row_of(session, change).answer_by = datetime.now(UTC) - timedelta(days=2)
        session.flush()
        assert services.lapse_amendment(session, amendment_id=change, now=datetime.now(UTC))
        session.commit()
    shown = anyone.get(here).get_data(as_text=True)
    assert "Nessuno ha risposto entro il" in shown
    assert "Proponila di nuovo" not in shown
    assert "1 decaduta senza risposta" in anyone.get(f"{LIST}/{key}").get_data(as_text=True)
    assert "Aspettano una tua parola" not in writer.get("/io").get_data(as_text=True)
    sent = {"version": "2", "proposal_version": "1", "azione": "accogli", "answer": ""}
    assert writer.send(f"{here}/rispondi", sent).status_code == 409
    assert person.send(f"{here}/ritira", {"version": "2"}).status_code == 409
    # Proposed anew, the words are there already; somebody else's link brings nobody's words.
    assert f"modifiche/nuova?da={change}" in person.get(here).get_data(as_text=True)
    assert "Anche il sabato." in person.get(f"{LIST}/{key}/modifiche/nuova?da={change}").get_data(as_text=True)
    assert "Anche il sabato." not in room.browser(world.others[1]).get(f"{LIST}/{key}/modifiche/nuova?da={change}").get_data(as_text=True)
    assert person.get(f"{LIST}/{key}/modifiche/nuova?da=niente").status_code == 200


def test_where_the_phase_ends_first_letters_and_pages_tell_the_moment(room: Room) -> None:
    """Closing on the fifth at midnight is never told as «until the fifth»: nothing is taken on that day."""
    world = room.world
    rome = ZoneInfo("Europe/Rome")
    closes = datetime.combine(datetime.now(rome).date() + timedelta(days=5), time(0), tzinfo=rome).astimezone(UTC)
    with room.app.app_context(), room.session() as session:
        session.get_one(Phase, world.phases[PhaseKind.co_planning]).closes_at = closes
        mine = propose(session, world)
        theirs = propose(session, world, title="Treni anche di notte", by=other(world))
        change = amend(session, world, mine, by=other(world), now=NOW)
        act = services.ask_to_merge(
            session, process_id=world.process_id, proposal_id=mine, into_number=2, reason="Diciamo la stessa cosa, meglio insieme.",
            actor=author(world), now=NOW,
        )  # fmt: skip  # one call of named values reads better so
        tell_amendment(session, amendment_id=change, what="new", now=NOW)
        tell_regrouping(session, regrouping_id=act, what="asked", now=NOW)
        midnight = "fino al %(day)s, ore 00:00"
        ((_subject, letter),) = told(session, author(world).account_id, f"amendment:{change}:new")
        assert told_day(f"Puoi rispondere {midnight}.", closes) in letter
        ((_subject, letter),) = told(session, world.others[0], f"regrouping:{act}:asked")
        assert told_day(f"Puoi rispondere {midnight}.", closes) in letter
        session.commit()
    writer, person, anyone = room.browser(world.accounts[Role.account]), room.browser(world.others[0]), room.browser(None)
    here, asked = f"{LIST}/{mine}/modifiche/{change}", f"{LIST}/unioni/{act}"
    for browser, page, sentence in (
        (writer, "/io", f"puoi rispondere {midnight}"),
        (writer, f"{LIST}/{mine}", f"Puoi rispondere {midnight}; poi la modifica decade"),
        (writer, f"{LIST}/{mine}", f"chi l’ha scritta può rispondere {midnight}."),
        (writer, here, f"Puoi rispondere {midnight}."),
        (writer, asked, f"può rispondere {midnight}."),
        (person, "/io", f"puoi rispondere {midnight}"),
        (person, "/io", "entro il %(day)s, ore 00:00"),
        (person, f"{LIST}/{theirs}", f"Puoi rispondere {midnight}."),
        (person, here, f"può rispondere {midnight}."),
        (person, asked, f"Puoi rispondere {midnight}."),
        (anyone, f"{LIST}/{mine}/modifiche", "risposta entro il %(day)s, ore 00:00"),
    ):
        assert told_day(sentence, closes) in browser.get(page).get_data(as_text=True), (page, sentence)


def test_a_day_is_told_where_all_of_it_is_there() -> None:
    """The day of a term holds to its end; a phase that closes before that is told by its hour, whichever comes first by the clock."""
    day = timedelta(days=1)
    assert settling.term(TERM, None) == settling.Term(TERM)
    assert settling.term(TERM, TERM + day) == settling.Term(TERM)
    for closes in (TERM + day - MINUTE, TERM, TERM - day):
        assert settling.term(TERM, closes) == settling.Term(closes, exact=True)
    assert settling.term(None, TERM) == settling.Term(TERM, exact=True)
    assert settling.term(None, None) is None


def test_only_the_author_answers_and_only_who_proposed_takes_back(session: Session, world: World) -> None:
    key = propose(session, world)
    change = amend(session, world, key, by=other(world))
    with pytest.raises(Forbidden):
        services.withdraw_amendment(
            session, process_id=world.process_id, amendment_id=change, version=1, actor=other(world, 1), now=NOW
        )
    # Up to the last day: the term binds who answers, not who asked.
    services.withdraw_amendment(
        session, process_id=world.process_id, amendment_id=change, version=1, actor=other(world), now=END - MINUTE
    )
    assert row_of(session, change).state == "withdrawn"
    assert session.execute(select(Proposal.text_version).where(Proposal.id == key)).scalar_one() == 1
