"""Draft actions: numbers, history, stale edits, what they rest on, pages."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from consult.plan import queries, services
from consult.plan.models import ActionCounter, DraftAction
from consult.plan.types import ActionFields, ActionOrigin, ActionState, Competence, Ground
from tests.conftest import Stage
from tests.factories.world import World, counted_statements

NOW = datetime(2027, 3, 1, 10, tzinfo=UTC)


def who(world: World) -> Actor:
    return Actor(account_id=world.accounts[Role.moderator], name="moderator")


def write(session: Session, world: World, strategy: str = "2.1", **fields: object) -> tuple[uuid.UUID, str]:
    return services.create_action(
        session,
        process_id=world.process_id,
        strategy_id=world.strategies[strategy],
        fields=ActionFields(**{"title": "Piantare alberi", **fields}),  # type: ignore[arg-type]
        origin=ActionOrigin.typed,
        actor=who(world),
        now=NOW,
    )


def test_numbers_run_within_each_strategy(session: Session, world: World) -> None:
    assert [write(session, world, s)[1] for s in ("2.1", "2.1", "1.2", "2.1")] == ["2.1.1", "2.1.2", "1.2.1", "2.1.3"]


def test_an_imported_number_is_kept_and_the_next_follows_it(session: Session, world: World) -> None:
    def bring(number: int) -> str:
        return services.create_action(
            session,
            process_id=world.process_id,
            strategy_id=world.strategies["1.1"],
            fields=ActionFields(title="Già nel piano"),
            origin=ActionOrigin.imported,
            actor=who(world),
            now=NOW,
            number=number,
        )[1]

    assert bring(7) == "1.1.7"
    assert bring(3) == "1.1.3"
    assert write(session, world, "1.1")[1] == "1.1.8"
    with pytest.raises(IntegrityError):
        bring(7)


def test_sixteen_at_once_get_sixteen_numbers_without_gaps(stage: Stage) -> None:
    """Half of them fail after taking their number: a number that was rolled back is given to somebody else."""
    barrier = threading.Barrier(16)
    failures: list[BaseException] = []

    def work(fails: bool) -> None:
        try:
            barrier.wait(10)
            with stage.work() as session:
                write(session, stage.world)
                if fails:
                    raise RuntimeError("given up")
        except RuntimeError:
            pass
        except BaseException as error:
            failures.append(error)

    for _round in range(3):
        threads = [threading.Thread(target=work, args=(i % 4 == 0,)) for i in range(16)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(30)
    assert failures == []
    with stage.work() as session:
        numbers = list(session.execute(select(DraftAction.number).order_by(DraftAction.number)).scalars())
        last = session.execute(select(ActionCounter.last_number)).scalar_one()
    assert numbers == list(range(1, 37))
    assert last == 36


def test_every_version_has_its_line_of_history(session: Session, world: World) -> None:
    key, code = write(session, world, zone_ids=(world.zones["2"],))
    version = services.edit_action(
        session,
        process_id=world.process_id,
        action_id=key,
        version=1,
        actor=who(world),
        now=NOW,
        note="più chiaro",
        fields=ActionFields(
            title="Piantare diecimila alberi", competence=Competence.shared, strategy_ids=(world.strategies["1.1"],)
        ),
    )
    services.withdraw(session, process_id=world.process_id, action_id=key, version=version, actor=who(world), now=NOW)
    lines = queries.history(session, action_id=key)
    assert [(line.version, line.kind) for line in lines] == [(1, "created"), (2, "edited"), (3, "state")]
    assert lines[1].before == {"title": "Piantare alberi", "competence": "direct", "zones": ["2"], "connections": []}
    assert lines[1].after == {
        "title": "Piantare diecimila alberi",
        "competence": "shared",
        "zones": [],
        "connections": ["1.1"],
    }
    assert lines[1].note == "più chiaro"
    assert lines[2].after == {"state": "withdrawn"}
    found = queries.by_code(session, process_id=world.process_id, code=code)
    assert found is not None
    assert found.state == ActionState.withdrawn


def test_saving_what_is_there_already_writes_nothing(session: Session, world: World) -> None:
    key, _code = write(session, world)
    fields = ActionFields(title="Piantare alberi")
    assert (
        services.edit_action(
            session, process_id=world.process_id, action_id=key, version=1, fields=fields, actor=who(world), now=NOW
        )
        == 1
    )


def test_a_stale_edit_is_refused_with_both_texts(session: Session, world: World) -> None:
    key, code = write(session, world)
    edit = {"process_id": world.process_id, "action_id": key, "version": 1, "actor": who(world), "now": NOW}
    services.edit_action(session, fields=ActionFields(title="Primo"), **edit)
    with pytest.raises(Conflict) as refused:
        services.edit_action(session, fields=ActionFields(title="Secondo"), **edit)
    assert [(d.label, d.theirs, d.yours) for d in refused.value.differences] == [("Titolo", "Primo", "Secondo")]
    assert refused.value.link_values == {"slug": world.slug, "code": code}
    assert refused.value.current_version == 2
    assert refused.value.changed_by


def test_states_move_only_along_their_lines(session: Session, world: World) -> None:
    key, _code = write(session, world)
    with pytest.raises(Invalid):
        services.change_state(
            session,
            process_id=world.process_id,
            action_id=key,
            version=1,
            state=ActionState.adopted,
            actor=who(world),
            now=NOW,
        )


def test_another_frames_strategy_is_not_found(session: Session, world: World) -> None:
    with pytest.raises(NotFound):
        services.create_action(
            session,
            process_id=world.process_id,
            strategy_id=uuid.uuid4(),
            fields=ActionFields(title="x"),
            origin=ActionOrigin.typed,
            actor=who(world),
            now=NOW,
        )


def test_a_withdrawn_action_takes_up_nothing(session: Session, world: World) -> None:
    key, _code = write(session, world)
    services.withdraw(session, process_id=world.process_id, action_id=key, version=1, actor=who(world), now=NOW)
    with pytest.raises(Conflict):
        services.link(
            session,
            process_id=world.process_id,
            action_id=key,
            grounds=[Ground(proposal_id=uuid.uuid4())],
            actor=who(world),
            now=NOW,
        )


def test_editing_through_the_pages(stage: Stage) -> None:
    desk = stage.client_as(Role.moderator)
    base = f"/scrivania/{stage.world.slug}/piano"
    fields = {"title": "Treni ogni mezz'ora", "competence": "shared", "strategy": str(stage.world.strategies["2.2"])}
    answer = desk.send(f"{base}/nuova", fields)
    assert answer.status_code == 303, answer.text
    assert answer.location.endswith("/piano/2.2.1")
    assert desk.send(f"{base}/nuova", {**fields, "title": ""}).status_code == 422
    changed = desk.send(f"{base}/2.2.1", {"title": "Treni ogni quarto d'ora", "competence": "shared", "version": "1"})
    assert changed.status_code == 303, changed.text
    stale = desk.send(f"{base}/2.2.1", {"title": "Treni ogni ora", "competence": "shared", "version": "1"})
    assert stale.status_code == 409
    assert "Treni ogni quarto d&#39;ora" in stale.text
    assert "Treni ogni ora" in stale.text
    public = stage.client_as(None).get(f"/processi/{stage.world.slug}/piano/2.2.1")
    assert public.status_code == 200
    assert "È una bozza" in public.text
    assert desk.send(f"{base}/2.2.1/stato", {"state": "withdrawn", "version": "2"}).status_code == 303
    assert "Treni ogni" not in stage.client_as(None).get(f"/processi/{stage.world.slug}/piano").text
    assert "ritirata" in stage.client_as(None).get(f"/processi/{stage.world.slug}/piano/2.2.1").text


def test_statements_do_not_grow_with_the_plan(stage: Stage) -> None:
    visitor, desk = stage.client_as(None), stage.client_as(Role.moderator)
    pages = [
        (visitor, f"/processi/{stage.world.slug}/piano", 6),
        (visitor, f"/processi/{stage.world.slug}/piano/2.1.1", 6),
        (desk, f"/scrivania/{stage.world.slug}/piano", 6),
        (desk, f"/scrivania/{stage.world.slug}/piano/2.1.1", 10),
    ]
    with stage.work() as session:
        write(session, stage.world)

    def counts() -> list[int]:
        found = []
        for client, url, _limit in pages:
            assert client.get(url).status_code == 200
            with counted_statements(stage.engine) as sent:
                client.get(url)
            found.append(len(sent))
        return found

    few = counts()
    with stage.work() as session:
        for _i in range(40):
            write(session, stage.world)
    assert counts() == few
    for number, (_client, url, limit) in zip(few, pages, strict=True):
        assert number <= limit, f"{url}: {number}"
