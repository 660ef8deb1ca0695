"""A large merge is shared by several workers: any order, any step twice, any step killed, the same result as in one go."""

from __future__ import annotations

import contextlib
import random
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from consult.analytics.embedding import LexicalEmbedder
from consult.core.clock import database_now
from consult.core.jobs import OutboxJob
from consult.core.permissions import SYSTEM
from consult.evidence import queries
from consult.evidence import services as evidence
from consult.evidence.models import Assignment, Run, RunPart, RunShard, SourceReading, StrategyLink, Theme, ThemeQuote
from consult.evidence.services import merging, reduce
from consult.listening.sources.services import change_source
from tests.conftest import Stage
from tests.factories.voices import TEXTS, add_voices, facilitator
from tests.integration.evidence.test_runs import outcome

EMBEDDER = LexicalEmbedder()
PART = 9


class Killed(Exception):
    """What happens to a worker."""


def begun(stage: Stage) -> uuid.UUID:
    """A run whose sources were all looked at, with small parts."""
    with stage.work() as session:
        run_id = evidence.start_run(session, process_id=stage.world.process_id, actor=SYSTEM, now=database_now(session))
        left = select(RunShard.number).where(RunShard.run_id == run_id, RunShard.done_at.is_(None))
        for number in session.execute(left).scalars().all():
            evidence.prepare_shard(session, run_id=run_id, number=number, embedder=EMBEDDER)
    with stage.work() as session:
        assert merging.begin(session, run_id=run_id, embedder=EMBEDDER, part=PART)
    return run_id


def asked(stage: Stage, topic: str) -> list[int]:
    """The parts that jobs of a topic were asked for; -1 for the whole of a run."""
    with stage.work() as session:
        rows = session.execute(select(OutboxJob.payload).where(OutboxJob.topic == topic).order_by(OutboxJob.id))
        return [payload.get("number", -1) for payload in rows.scalars()]


def do(stage: Stage, step: Callable[..., None], run_id: uuid.UUID, numbers: list[int], *, seed: int) -> None:
    """Do the parts of a stage in some order, each first killed at its end, then done, then delivered again."""
    order = list(numbers)
    random.Random(seed).shuffle(order)
    for number in order:
        with contextlib.suppress(Killed), stage.work() as session:
            step(session, run_id=run_id, number=number, embedder=EMBEDDER)
            raise Killed
        for _ in range(2):
            with stage.work() as session:
                step(session, run_id=run_id, number=number, embedder=EMBEDDER)


def finish(stage: Stage, run_id: uuid.UUID, *, seed: int) -> None:
    """Everything after the first look."""
    links = asked(stage, "evidence.link")
    assert len(links) == -(-len(TEXTS) // PART)
    do(stage, merging.link, run_id, links, seed=seed)
    assert asked(stage, "evidence.themes") == [-1]
    for _ in range(2):
        with stage.work() as session:
            merging.find_themes(session, run_id=run_id, embedder=EMBEDDER)
    branches = asked(stage, "evidence.branch")
    assert len(branches) > 2
    do(stage, merging.branch, run_id, branches, seed=seed)
    assert asked(stage, "evidence.finish") == [-1]
    with stage.work() as session:
        assert reduce.finish(session, run_id=run_id, now=database_now(session))
        assert not reduce.finish(session, run_id=run_id, now=database_now(session))


@pytest.mark.usefixtures("heard")
def test_shared_by_workers_it_gives_what_one_gives_alone(stage: Stage) -> None:
    with stage.work() as session:
        alone = outcome(session)
        told = queries.latest_run(session, process_id=stage.world.process_id)
        assert told is not None
        before = queries.theme_summaries(session, run_id=told.id)
    run_id = begun(stage)
    finish(stage, run_id, seed=3)
    with stage.work() as session:
        shared = outcome(session)
        assert {name: value for name, value in shared.items() if name != "results"} == {
            name: value for name, value in alone.items() if name != "results"
        }
        after = queries.theme_summaries(session, run_id=run_id)
        assert {key: [s["text"] for s in told] for key, told in after.items()} == {
            key: [s["text"] for s in told] for key, told in before.items()
        }
        assert session.execute(select(func.count()).select_from(RunPart)).scalar_one() == 0
    assert asked(stage, "position_paper.draft") == [-1]


def test_what_is_withdrawn_while_it_goes_on_stands_nowhere(stage: Stage) -> None:
    with stage.work() as session:
        ids = add_voices(session, stage.world)
    run_id = begun(stage)
    for number in asked(stage, "evidence.link"):
        with stage.work() as session:
            merging.link(session, run_id=run_id, number=number, embedder=EMBEDDER)
    with stage.work() as session:
        change_source(
            session, process_id=stage.world.process_id, actor=facilitator(stage.world), now=database_now(session),
            source_id=ids[0], change="withdraw", reason_code="author_asked",
        )  # fmt: skip  # one call reads better so
    with stage.work() as session:
        merging.find_themes(session, run_id=run_id, embedder=EMBEDDER)
    with stage.work() as session:
        change_source(
            session, process_id=stage.world.process_id, actor=facilitator(stage.world), now=database_now(session),
            source_id=ids[11], change="correct", reason_code="mistake", text="La fibra manca ancora in tutta la borgata alta.",
        )  # fmt: skip  # one call reads better so
        change_source(
            session, process_id=stage.world.process_id, actor=facilitator(stage.world), now=database_now(session),
            source_id=ids[21], change="withdraw", reason_code="author_asked",
        )  # fmt: skip  # one call reads better so
    for number in asked(stage, "evidence.branch"):
        with stage.work() as session:
            merging.branch(session, run_id=run_id, number=number, embedder=EMBEDDER)
    with stage.work() as session:
        assert reduce.finish(session, run_id=run_id, now=database_now(session))
        for table in (Assignment, SourceReading, StrategyLink, ThemeQuote):
            found = select(func.count()).where(table.source_id.in_([ids[0], ids[21]]))
            assert session.execute(found).scalar_one() == 0, table.__tablename__
        assert queries.changes(session, process_id=stage.world.process_id) == (1, 0)


def test_a_cancelled_merge_leaves_nothing(stage: Stage) -> None:
    with stage.work() as session:
        add_voices(session, stage.world)
    run_id = begun(stage)
    first, *others = asked(stage, "evidence.link")
    with stage.work() as session:
        merging.link(session, run_id=run_id, number=first, embedder=EMBEDDER)
    with stage.work() as session:
        evidence.cancel_run(
            session, process_id=stage.world.process_id, run_id=run_id, actor=SYSTEM, now=database_now(session)
        )
    with stage.work() as session:
        for number in others:
            merging.link(session, run_id=run_id, number=number, embedder=EMBEDDER)
        merging.find_themes(session, run_id=run_id, embedder=EMBEDDER)
        assert not reduce.finish(session, run_id=run_id, now=database_now(session))
        for table in (RunPart, Theme, StrategyLink):
            assert session.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_a_step_that_was_set_aside_is_tried_again(stage: Stage) -> None:
    with stage.work() as session:
        add_voices(session, stage.world)
    run_id = begun(stage)
    with stage.work() as session:
        for job in session.execute(select(OutboxJob).where(OutboxJob.topic == "evidence.link")).scalars():
            job.parked_at = database_now(session)
    with stage.work() as session:
        run = queries.run(session, process_id=stage.world.process_id, run_id=run_id)
        assert run is not None
        assert run.parked == len(asked(stage, "evidence.link"))
        evidence.resume_run(session, process_id=stage.world.process_id, run_id=run_id, actor=SYSTEM)
    with stage.work() as session:
        parked = select(func.count()).where(OutboxJob.parked_at.is_not(None))
        assert session.execute(parked).scalar_one() == 0
        assert session.execute(select(Run.state)).scalar_one() == "reducing"
