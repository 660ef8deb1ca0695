"""Objections to a merge or split: who answers until when, and what the page of it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from consult.coplanning.proposals import services
from consult.coplanning.proposals.models import Proposal, RegroupingPart
from consult.coplanning.proposals.services.telling_objections import tell_objection
from consult.coplanning.proposals.types import ProposalState
from consult.core.errors import Forbidden
from consult.core.jobs import OutboxJob
from consult.core.vocabulary import PhaseKind, Role
from consult.moderation.queries.closing import OpenObjections
from consult.notices.models import Notification
from consult.process.models import Membership, Phase
from tests.factories.days import told as told_day
from tests.factories.proposals import actor_of, propose
from tests.factories.second_look import more_moderators
from tests.factories.world import World
from tests.integration.coplanning.conftest import LIST, Room
from tests.integration.coplanning.test_regrouping import NOW, merge, moderator, seen, subjects


def test_an_objection_that_no_moderator_answers_comes_to_who_manages_the_process(
    session: Session, world: World
) -> None:
    mine, theirs = propose(session, world), propose(session, world, by=actor_of(world.others[0]))
    act = merge(session, world, mine, theirs)
    common = {"process_id": world.process_id, "regrouping_id": act}
    guard = OpenObjections()
    assert guard.refusal(session, process_id=world.process_id, kind=PhaseKind.co_planning) is None
    words = "Io parlo della notte, l'altra proposta del giorno."
    services.object_to(session, text=words, actor=actor_of(world.others[0]), now=NOW, **common)  # type: ignore[arg-type]
    due = session.execute(
        select(OutboxJob.not_before).where(OutboxJob.topic == "coplanning.tell_objection").order_by(OutboxJob.id)
    ).scalars()
    assert list(due) == [None, NOW + timedelta(days=14)]
    # The one moderator there is made the decision: who manages is told at once, and again, with other words, once the time is over.
    manager, boss = world.accounts[Role.manager], world.accounts[Role.administrator]
    tell = {"regrouping_id": act, "proposal_id": theirs}
    for moment, expected in ((NOW, 1), (NOW, 0), (NOW + timedelta(days=15), 1), (NOW + timedelta(days=15), 0)):
        assert tell_objection(session, now=moment, **tell) == expected
    assert len([line for line in subjects(session, manager) if line.startswith("Da due settimane")]) == 1
    early = session.execute(
        select(Notification.body).where(Notification.account_id == manager, Notification.key.endswith(":new"))
    ).scalar_one()
    since = told_day("dal %(day)s; fino ad allora può dare il ruolo di moderatore", NOW + timedelta(days=14), here=False)
    assert since in early
    # Where nobody manages either, administrators are sent to where they give the role: they can't answer.
    with session.begin_nested() as trial:
        session.execute(
            delete(Membership).where(Membership.process_id == world.process_id, Membership.role == str(Role.manager))
        )
        assert tell_objection(session, now=NOW, **tell) == 1
        link = select(Notification.link_endpoint).where(Notification.account_id == boss)
        assert session.execute(link).scalar_one() == "process_admin.members"
        trial.rollback()
    (second,) = more_moderators(session, world, 1)
    assert tell_objection(session, now=NOW, **tell) == 1
    assert subjects(session, second) == ["Un’obiezione all’unione di «Treni ogni mezz'ora» con altre"]
    refusal = guard.refusal(session, process_id=world.process_id, kind=PhaseKind.co_planning)
    assert refusal is not None
    assert guard.refusal(session, process_id=world.process_id, kind=PhaseKind.listening) is None
    answer = {"proposal_id": theirs, "upheld": False, "answer": "Dicono la stessa cosa: restano unite."}
    for who, moment in (
        (manager, NOW + timedelta(days=13)),
        (boss, NOW + timedelta(days=15)),
        (moderator(world).account_id, NOW),
    ):
        assert who is not None
        with pytest.raises(Forbidden):
            services.answer_objection(session, actor=actor_of(who), now=moment, **answer, **common)  # type: ignore[arg-type]
    services.answer_objection(session, actor=actor_of(manager), now=NOW + timedelta(days=14), **answer, **common)  # type: ignore[arg-type]
    assert guard.refusal(session, process_id=world.process_id, kind=PhaseKind.co_planning) is None
    assert tell_objection(session, now=NOW + timedelta(days=16), **tell) == 0


def test_an_objection_after_the_phases_are_settled_is_answered_by_who_took_no_part(room: Room) -> None:
    """The one who objects moderates too, the proposal is hidden for a while, and both phases close before anybody answers."""
    world, moment = room.world, datetime.now(UTC)
    with room.session() as session:
        objecting, second = more_moderators(session, world)
        mine, theirs = propose(session, world), propose(session, world, by=actor_of(objecting))
        act = merge(session, world, mine, theirs, now=moment)
        for kind in (PhaseKind.co_planning, PhaseKind.drafting):
            phase = session.get_one(Phase, world.phases[kind])
            phase.closes_at = phase.settled_at = moment - timedelta(minutes=1)
        session.commit()
    page, desk = f"{LIST}/unioni/{act}", f"/scrivania/{world.slug}/proposte/unioni/{act}/obiezioni/{theirs}"
    own = room.browser(objecting)
    assert (
        own.send(f"{page}/obiezione", {"text": "Io parlo della notte, l'altra proposta del giorno."}).status_code == 303
    )
    with room.session() as session:
        for state in (ProposalState.hidden, ProposalState.published):
            version = session.get_one(Proposal, theirs).version
            services.change_state(
                session, proposal_id=theirs, version=version, state=state, actor=moderator(world), now=moment
            )
            waits = OpenObjections().refusal(session, process_id=world.process_id, kind=PhaseKind.drafting)
            assert (waits is None) is (state == ProposalState.hidden)
        assert seen(session, world, theirs).state == "merged"
        assert tell_objection(session, regrouping_id=act, proposal_id=theirs, now=moment) == 1
        assert len(subjects(session, second)) == 1
        session.commit()
    answer = {"upheld": "si", "answer": "Ha ragione: la notte è un'altra cosa."}
    # Who objects doesn't answer: neither the page nor their desk asks them to.
    shown_to = own.get(page).get_data(as_text=True)
    assert desk not in shown_to
    assert "Chi si oppone non risponde alla propria obiezione" in shown_to
    assert "obiezione a un" not in own.get("/scrivania").get_data(as_text=True)
    assert own.send(desk, answer).status_code == 403
    other = room.browser(second)
    assert "obiezione a un" in other.get("/scrivania").get_data(as_text=True)
    assert desk in other.get(page).get_data(as_text=True)
    assert other.send(desk, answer).status_code == 303
    with room.session() as session:
        assert seen(session, world, theirs).state == "published"
        # It stands by itself, and wants its outcome: the phase that closed last is in closing until it has one.
        settled = [
            session.get_one(Phase, world.phases[k]).settled_at for k in (PhaseKind.co_planning, PhaseKind.drafting)
        ]
        assert sorted(at is None for at in settled) == [False, True]


def test_the_page_of_an_objection_says_who_answers_until_when(room: Room) -> None:
    world = room.world
    with room.session() as session:
        mine, theirs = propose(session, world), propose(session, world, by=actor_of(world.others[0]))
        act = merge(session, world, mine, theirs, now=datetime.now(UTC))
        services.object_to(
            session, process_id=world.process_id, regrouping_id=act, text="Io parlo della notte, l'altra proposta del giorno.",
            actor=actor_of(world.others[0]), now=datetime.now(UTC),
        )  # fmt: skip  # one call of named values reads better so
        more_moderators(session, world, 1)
        session.commit()
    page, form = f"{LIST}/unioni/{act}", f"/obiezioni/{theirs}"
    for who, answers in (
        (world.accounts[Role.moderator], False),
        (world.accounts[Role.manager], False),
        (world.others[-1], True),
    ):
        shown = room.browser(who).get(page).get_data(as_text=True)
        assert "Risponde qui un moderatore diverso da chi ha deciso" in shown
        assert (form in shown) is answers
    with room.session() as session:
        long_ago = datetime.now(UTC) - timedelta(days=15)
        session.execute(
            update(RegroupingPart).where(RegroupingPart.objected_at.is_not(None)).values(objected_at=long_ago)
        )
        session.commit()
    manager = room.browser(world.accounts[Role.manager])
    assert form in manager.get(page).get_data(as_text=True)
    assert "obiezione senza risposta da due settimane" in manager.get("/scrivania").get_data(as_text=True)
    closing = manager.get(f"/scrivania/{world.slug}/moderazione/chiusura").get_data(as_text=True)
    assert "Obiezioni senza risposta" in closing
    assert f"/scrivania/{world.slug}/proposte/unioni?elenco=contestate" in closing
    desk = f"/scrivania/{world.slug}/proposte/unioni/{act}{form}"
    sent = manager.send(desk, {"upheld": "no", "answer": "Dicono la stessa cosa: restano unite."})
    assert sent.status_code == 303
    assert "restano unite" in room.browser(None).get(page).get_data(as_text=True)
