"""Promotion and dispositions: one action whoever is first, verbatim passages, outcomes that carry links, taking back."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal
from consult.core.errors import Conflict, Invalid, NotFound, PhaseClosed
from consult.core.vocabulary import LINKING_OUTCOMES, Outcome, PhaseKind, Role
from consult.moderation.models import Disposition
from consult.moderation.queries import outcomes
from consult.moderation.services import dispositions, undo
from consult.plan import queries as plan
from consult.plan.models import DraftAction, Promotion
from consult.process.models import Membership, Phase
from tests.conftest import Stage
from tests.factories.decisions import BODY, PASSAGE, REASON, TEXT, moderator, promote, promotion_form, submit
from tests.factories.world import Client, World, load_world


def test_one_promotion_makes_one_action_for_all(session: Session, world: World) -> None:
    keys = [submit(session, world, author=a) for a in world.others[:3]]
    done = promote(session, world, *keys)
    assert done.code == "2.2.1"
    assert done.created
    grounds = plan.grounds(session, action_ids=[done.action_id])
    assert {g.thing_id for g in grounds} == set(keys)
    assert {g.passage for g in grounds} == {"un treno ogni mezz'ora** anche la sera"}
    stored = session.execute(select(Promotion.passage, Promotion.passage_start)).all()
    assert all(TEXT[start : start + len(passage)] == passage for passage, start in stored)
    rows = session.execute(
        select(Proposal.outcome, Proposal.outcome_reason, Proposal.outcome_body, Proposal.version)
    ).all()
    assert set(rows) == {("adopted", REASON, BODY, 2)}


def test_an_existing_action_takes_up_more(session: Session, world: World) -> None:
    first, second = submit(session, world), submit(session, world, author=world.others[1])
    action = promote(session, world, first).action_id
    done = promote(session, world, second, action_id=action, outcome=Outcome.merged, reason_code="same_request")
    assert (done.action_id, done.code, done.created) == (action, "2.2.1", False)
    assert len(plan.grounds(session, action_ids=[action])) == 2


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - LINKING_OUTCOMES))
def test_outcomes_without_links_can_not_promote(session: Session, world: World, outcome: Outcome) -> None:
    key = submit(session, world)
    with pytest.raises(Invalid) as refused:
        promote(session, world, key, outcome=outcome)
    assert "outcome" in refused.value.fields


@pytest.mark.parametrize("outcome", sorted(LINKING_OUTCOMES))
def test_outcomes_with_links_can_not_be_given_without_an_action(
    session: Session, world: World, outcome: Outcome
) -> None:
    key = submit(session, world)
    with pytest.raises(Invalid):
        dispositions.decide(
            session,
            process_id=world.process_id,
            proposal_id=key,
            version=1,
            outcome=outcome,
            reason_code="fits_strategy",
            public_reason=REASON,
            body=BODY,
            actor=moderator(world),
            now=datetime.now(UTC),
        )


def decide(session: Session, world: World, key: uuid.UUID, **changes: Any) -> uuid.UUID:
    values: dict[str, Any] = {
        "version": 1, "outcome": Outcome.postponed, "reason_code": "needs_study", "public_reason": REASON, "body": BODY,
        "actor": moderator(world), "now": datetime.now(UTC),
    }  # fmt: skip  # one row of values reads better so
    return dispositions.decide(session, process_id=world.process_id, proposal_id=key, **{**values, **changes})


def test_a_decision_without_links_leaves_none(session: Session, world: World) -> None:
    key = submit(session, world)
    decide(session, world, key)
    assert session.execute(select(func.count()).select_from(Promotion)).scalar_one() == 0
    assert session.execute(select(Proposal.outcome)).scalar_one() == "postponed"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason_code": "needs_study"}, "reason"),
        ({"reason_code": "no such"}, "reason"),
        ({"public_reason": "perché sì"}, "public_reason"),
        ({"body": " "}, "body"),
        ({"passage": "un treno ogni ora"}, "passage"),
        ({"passage": ""}, "passage"),
        ({"new_action": None}, "action"),
    ],
)
def test_what_is_missing_is_said_at_its_field(
    session: Session, world: World, changes: dict[str, Any], field: str
) -> None:
    key = submit(session, world)
    with pytest.raises(Invalid) as refused:
        promote(session, world, key, **changes)
    assert [name.split("-")[0] for name in refused.value.fields] == [field]
    assert session.execute(select(func.count()).select_from(DraftAction)).scalar_one() == 0


def test_proposals_of_two_strategies_do_not_go_together(session: Session, world: World) -> None:
    one, two = submit(session, world), submit(session, world, strategy="2.1")
    with pytest.raises(Invalid):
        promote(session, world, one, two)


def test_of_another_process_is_not_found(session: Session, world: World) -> None:
    other = load_world(session, slug="altro-processo")
    key = submit(session, other)
    with pytest.raises(NotFound):
        decide(session, world, key)
    with pytest.raises(NotFound):
        promote(session, world, key)


def test_deciding_belongs_to_co_planning_and_drafting_until_they_are_settled(session: Session, world: World) -> None:
    key, other = submit(session, world), submit(session, world, author=world.others[1])
    for kind in (PhaseKind.co_planning, PhaseKind.drafting):
        session.get_one(Phase, world.phases[kind]).closes_at = datetime.now(UTC) - timedelta(minutes=1)
    session.flush()
    decide(session, world, other)
    for kind in (PhaseKind.co_planning, PhaseKind.drafting):
        session.get_one(Phase, world.phases[kind]).settled_at = datetime.now(UTC)
    session.flush()
    with pytest.raises(PhaseClosed):
        promote(session, world, key)


def test_a_second_decision_is_a_conflict_with_a_link(session: Session, world: World) -> None:
    key = submit(session, world)
    promote(session, world, key)
    with pytest.raises(Conflict) as refused:
        decide(session, world, key)
    assert refused.value.link_endpoint == "plan.action"
    assert refused.value.link_values == {"slug": world.slug, "code": "2.2.1"}


def test_a_stale_version_is_a_conflict(session: Session, world: World) -> None:
    key = submit(session, world)
    with pytest.raises(Conflict) as refused:
        decide(session, world, key, version=7)
    assert refused.value.link_endpoint == "moderation.queue"


def test_taking_back_keeps_the_lineage_and_withdraws_an_empty_action(session: Session, world: World) -> None:
    key = submit(session, world)
    done = promote(session, world, key)
    dispositions.reverse(
        session, process_id=world.process_id, disposition_id=done.disposition_ids[0], why="Il comune ha cambiato idea.",
        actor=moderator(world), now=datetime.now(UTC),
    )  # fmt: skip  # one row of values reads better so
    assert session.execute(select(Proposal.outcome)).scalar_one() is None
    assert session.get_one(DraftAction, done.action_id).state == "withdrawn"
    assert plan.grounds(session, action_ids=[done.action_id]) == []
    assert len(plan.grounds(session, action_ids=[done.action_id], ended=True)) == 1
    again = promote(session, world, key, chosen=[dispositions.Chosen(key, 3, PASSAGE)])
    assert again.code == "2.2.2"
    rows = outcomes.of_proposals(session, proposal_ids=[key], standing_only=False)[key]
    assert [(r.state, r.reversal_reason) for r in rows] == [
        ("published", ""),
        ("reversed", "Il comune ha cambiato idea."),
    ]
    assert session.get_one(Disposition, again.disposition_ids[0]).supersedes_id == done.disposition_ids[0]
    with pytest.raises(Conflict):
        dispositions.reverse(
            session, process_id=world.process_id, disposition_id=done.disposition_ids[0], why="Ancora una volta no.",
            actor=moderator(world), now=datetime.now(UTC),
        )  # fmt: skip  # one row of values reads better so


def test_an_action_that_others_rest_on_stays(session: Session, world: World) -> None:
    first, second = submit(session, world), submit(session, world, author=world.others[1])
    done = promote(session, world, first)
    promote(session, world, second, action_id=done.action_id)
    dispositions.reverse(
        session, process_id=world.process_id, disposition_id=done.disposition_ids[0], why="Era la proposta sbagliata.",
        actor=moderator(world), now=datetime.now(UTC),
    )  # fmt: skip  # one row of values reads better so
    assert session.get_one(DraftAction, done.action_id).state == "draft"


def test_undo_gives_everything_back_for_ten_seconds(session: Session, world: World) -> None:
    keys = [submit(session, world, author=a) for a in world.others[:2]]
    start = datetime.now(UTC)
    done = promote(session, world, *keys, now=start)
    with pytest.raises(Conflict):
        undo.undo(
            session,
            process_id=world.process_id,
            act_id=done.act_id,
            actor=moderator(world),
            now=start + timedelta(seconds=13),
        )
    undo.undo(
        session,
        process_id=world.process_id,
        act_id=done.act_id,
        actor=moderator(world),
        now=start + timedelta(seconds=9),
    )
    assert set(session.execute(select(Proposal.outcome)).scalars()) == {None}
    assert session.get_one(DraftAction, done.action_id).state == "withdrawn"


def test_the_database_itself_allows_one_standing_disposition(session: Session, world: World) -> None:
    key = submit(session, world)
    promote(session, world, key)
    row = session.execute(select(Disposition)).scalar_one()
    values = {c.key: getattr(row, c.key) for c in Disposition.__table__.columns if c.key != "id"}
    session.add(Disposition(**values))
    with pytest.raises(IntegrityError, match="uq_disposition_standing"):
        session.flush()


def two_moderators(stage: Stage) -> tuple[Client, Client]:
    """Clients of two different people who moderate."""
    with stage.work() as session:
        session.add(
            Membership(process_id=stage.world.process_id, account_id=stage.world.others[3], role=str(Role.moderator))
        )
    return stage.client_as(Role.moderator), stage.client_of(stage.world.others[3])


def race(stage: Stage, clients: tuple[Client, Client], rounds: int) -> list[list[tuple[int, str]]]:
    """In each round both send the promotion of one new proposal at a barrier; the answers of each round, lowest status first."""
    found: list[list[tuple[int, str]]] = []
    for _round in range(rounds):
        with stage.work() as session:
            key = submit(session, stage.world)
        url = f"/scrivania/{stage.world.slug}/moderazione/proposte/{key}/promuovi"
        barrier = threading.Barrier(2)
        answers: list[tuple[int, str]] = []

        def send(
            client: Client, url: str = url, key: uuid.UUID = key, barrier: Any = barrier, answers: Any = answers
        ) -> None:
            barrier.wait(10)
            answer = client.send(url, promotion_form(key))
            answers.append((answer.status_code, answer.text))

        threads = [threading.Thread(target=send, args=(c,)) for c in clients]
        for t in threads:
            t.start()
        for t in threads:
            t.join(30)
        found.append(sorted(answers))
    return found


@pytest.mark.parametrize("times", [5, pytest.param(50, marks=pytest.mark.drill)])
def test_two_moderators_at_once_make_one_action(stage: Stage, times: int) -> None:
    """Rounds through HTTP at a barrier; fifty of them among the drills."""
    rounds = race(stage, two_moderators(stage), times)
    assert [[status for status, _text in answers] for answers in rounds] == [[303, 409]] * times
    for number, answers in enumerate(rounds, 1):
        assert f'href="/processi/{stage.world.slug}/piano/2.2.{number}"' in answers[1][1]
    with stage.work() as session:
        assert list(session.execute(select(DraftAction.code).order_by(DraftAction.number)).scalars()) == [
            f"2.2.{n}" for n in range(1, times + 1)
        ]
        assert session.execute(select(func.count()).select_from(Disposition)).scalar_one() == times
        assert session.execute(select(func.count()).select_from(Promotion)).scalar_one() == times


def test_negative_control_without_lock_and_index_the_race_is_lost(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drill above can fail: with lock, version check and unique index out of the way, two actions appear."""

    def unlocked(session: Session, process_id: uuid.UUID, ids: Any) -> dict[uuid.UUID, Proposal]:
        return {row.id: row for row in session.execute(select(Proposal).where(Proposal.id.in_(ids))).scalars()}

    both_have_looked = threading.Barrier(2)

    def looked(*_args: Any) -> None:
        both_have_looked.wait(10)

    monkeypatch.setattr(dispositions, "lock_proposals", unlocked)
    monkeypatch.setattr(dispositions, "_check_undecided", looked)
    monkeypatch.setattr(dispositions.proposals, "record_outcome", lambda *_a, **_k: 2)
    with stage.work() as session:
        session.execute(text("DROP INDEX uq_disposition_standing"))
    (answers,) = race(stage, two_moderators(stage), 1)
    assert [status for status, _text in answers] == [303, 303]
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(DraftAction)).scalar_one() == 2
