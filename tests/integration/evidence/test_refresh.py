"""A refresh reads only what changed, counts everything anew as a full run would, and leaves nothing of what was withdrawn."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.analytics.embedding import LexicalEmbedder
from consult.core.clock import database_now
from consult.core.errors import Conflict, Invalid
from consult.core.jobs import OutboxJob
from consult.core.vocabulary import Role
from consult.evidence import queries, rules
from consult.evidence import services as evidence
from consult.evidence.models import (
    Assignment,
    Run,
    RunResult,
    RunShard,
    SourceReading,
    SourceVector,
    StrategyLink,
    Theme,
    ThemeQuote,
)
from consult.evidence.rules import SHARD_SOURCES
from consult.evidence.services import arrivals
from consult.listening.sources.services import change_source
from tests.conftest import Stage
from tests.factories.voices import TEXTS, Heard, add_voices, facilitator, run_here
from tests.integration.evidence.test_runs import sessions_of

NEW = (
    "Serve un treno anche dopo le dieci di sera, per chi finisce il turno tardi.",
    "La rete veloce in borgata non c’è ancora e i ragazzi non possono studiare.",
    "Il treno della valle passa una volta all'ora e la sera non passa più: serve una corsa dopo le ventuno.",
)


class Other(LexicalEmbedder):
    """Another model: what was read with the first can't be compared with it."""

    name = "lexical-directions-other"


def finish(stage: Stage, run_id: uuid.UUID, embedder: Any) -> None:
    """Do what the jobs of a run do."""
    with stage.work() as session:
        numbers = list(
            session.execute(
                select(RunShard.number).where(RunShard.run_id == run_id, RunShard.done_at.is_(None))
            ).scalars()
        )
    for number in numbers:
        with stage.work() as session:
            evidence.prepare_shard(session, run_id=run_id, number=number, embedder=embedder)
    with stage.work() as session:
        merge: Callable[..., bool] = (
            evidence.refresh_run
            if session.execute(select(Run.kind).where(Run.id == run_id)).scalar_one() == "refresh"
            else evidence.reduce_run
        )
        assert merge(session, run_id=run_id, embedder=embedder, now=database_now(session))


def start(stage: Stage, kind: str) -> uuid.UUID:
    with stage.work() as session:
        return evidence.start_run(
            session,
            process_id=stage.world.process_id,
            actor=facilitator(stage.world),
            now=database_now(session),
            kind=kind,
        )


def result(session: Session, run_id: uuid.UUID) -> RunResult:
    return session.execute(select(RunResult).where(RunResult.run_id == run_id)).scalar_one()


def test_a_refresh_counts_as_a_full_run_does_and_forgets_what_is_gone(stage: Stage, heard: Heard) -> None:
    world, who, embedder, ids = stage.world, facilitator(stage.world), LexicalEmbedder(), heard.source_ids
    with stage.work() as session:
        read_before = dict(session.execute(select(SourceVector.source_id, SourceVector.revision)).all())
        quoted = select(ThemeQuote.source_id).where(ThemeQuote.source_id != ids[0]).order_by(ThemeQuote.id)
        withdrawn = session.execute(quoted.limit(1)).scalar_one()
        changed = next(key for key in ids[1:] if key != withdrawn)
        common = {"process_id": world.process_id, "actor": who, "now": database_now(session)}
        change_source(session, source_id=withdrawn, change="withdraw", reason_code="author_asked", **common)
        change_source(
            session, source_id=changed, change="correct", reason_code="mistake", text="Il treno serve anche la domenica mattina.", **common
        )  # fmt: skip  # one call reads better so
        fresh = add_voices(session, world, texts=NEW)
    with stage.work() as session:
        assert queries.changes(session, process_id=world.process_id) == (len(NEW) + 1, 1)
    run_id = start(stage, "refresh")
    with stage.work() as session:
        run = session.execute(select(Run).where(Run.id == run_id)).scalar_one()
        assert (run.source_count, run.reused_count) == (len(TEXTS) - 1 + len(NEW), len(TEXTS) - 2)
    finish(stage, run_id, embedder)
    with stage.work() as session:
        assert queries.changes(session, process_id=world.process_id) == (0, 0)
        for table in (Assignment, SourceReading, StrategyLink, ThemeQuote):
            found = select(func.count()).where(table.source_id == withdrawn)
            assert session.execute(found).scalar_one() == 0, table.__tablename__
        assert str(withdrawn) not in str(result(session, run_id).summaries)
        told = queries.run_inputs(session, run_id=run_id)
        assert {key for key, _, _ in told} == {str(key) for key in [*ids, *fresh] if key != withdrawn}
        assert rules.inputs_hash(told) == result(session, run_id).inputs_sha256
        assert queries.run_size(session, run_id=run_id) == len(told)
        trains = {
            row.label
            for row in session.execute(
                select(Theme.label).join(Assignment).where(Assignment.source_id.in_([fresh[0], changed]))
            )
        }
        assert trains, "a new sentence about trains belongs under a theme"
        copies = dict(session.execute(select(SourceReading.source_id, SourceReading.duplicate_key)).all())
        assert copies[fresh[2]] is not None
        assert copies[fresh[2]] == copies[ids[0]]
        read_again = {
            key
            for key, revision in session.execute(select(SourceVector.source_id, SourceVector.revision)).all()
            if read_before.get(key) != revision
        }
        assert read_again == {*fresh, changed}
        # Only what changed is named again: new ones, the corrected one, and with revision 0 what was withdrawn.
        named = {key: revision for key, revision, _ in result(session, run_id).inputs}
        assert named == {str(key): 1 for key in fresh} | {str(changed): 2, str(withdrawn): 0}
        common["now"] = database_now(session)
        change_source(session, source_id=fresh[1], change="withdraw", reason_code="author_asked", **common)
        change_source(
            session, source_id=changed, change="correct", reason_code="mistake", text="Il treno serve anche di domenica sera.", **common
        )  # fmt: skip  # one call reads better so
    again = start(stage, "refresh")
    finish(stage, again, embedder)
    with stage.work() as session:
        latest = result(session, again)
        assert latest.beside_run_id == result(session, run_id).beside_run_id, (
            "beside the full run, not beside each other"
        )
        named = {key: revision for key, revision, _ in latest.inputs}
        assert named == {str(fresh[0]): 1, str(fresh[1]): 0, str(fresh[2]): 1, str(changed): 3, str(withdrawn): 0}
        refreshed, hashes, told = latest.counts, latest.inputs_sha256, queries.run_inputs(session, run_id=again)
    full = start(stage, "full")
    finish(stage, full, embedder)
    with stage.work() as session:
        assert result(session, full).counts == refreshed
        assert result(session, full).inputs_sha256 == hashes
        assert result(session, full).beside_run_id is None
        assert queries.run_inputs(session, run_id=full) == told
        assert queries.run_size(session, run_id=full) == len(told)
        assert queries.run_size(session, run_id=uuid.uuid4()) == 0


def test_numbers_in_sentences_follow_the_sources(stage: Stage, heard: Heard) -> None:
    first = heard.run_id
    with stage.work() as session:
        add_voices(session, stage.world, texts=NEW * 4)
    run_id = start(stage, "refresh")
    finish(stage, run_id, LexicalEmbedder())
    with stage.work() as session:

        def counted(run: uuid.UUID) -> dict[tuple[str, str], str]:
            return {
                (summary["level"], summary["key"]): next(
                    s["text"] for s in summary["sentences"] if s["role"] == "count"
                )
                for summary in result(session, run).summaries
            }

        before, after = counted(first), counted(run_id)
        assert before.keys() <= after.keys()
        assert any(before[key] != after[key] for key in before)
        sizes = {c["key"]: c["after"] for c in result(session, run_id).changes}
        members = dict(
            session.execute(
                select(Theme.key, func.count()).join(Assignment).where(Theme.present).group_by(Theme.key)
            ).all()
        )
        assert {key: sizes[key] for key in members} == members


def test_a_refresh_needs_a_run_before_it_and_something_to_do(stage: Stage) -> None:
    with stage.work() as session:
        add_voices(session, stage.world)
    with pytest.raises(Invalid, match="intera"):
        start(stage, "refresh")
    run_here(sessions_of(stage), stage.world)
    with pytest.raises(Invalid, match="non è cambiata"):
        start(stage, "refresh")


@pytest.mark.usefixtures("heard")
def test_with_another_model_a_refresh_becomes_a_full_run(stage: Stage) -> None:
    with stage.work() as session:
        add_voices(session, stage.world, texts=NEW)
    run_id = start(stage, "refresh")
    other = Other()
    with stage.work() as session:
        for number in session.execute(select(RunShard.number).where(RunShard.done_at.is_(None))).scalars().all():
            evidence.prepare_shard(session, run_id=run_id, number=number, embedder=other)
    with stage.work() as session:
        assert not evidence.refresh_run(session, run_id=run_id, embedder=other, now=database_now(session))
        assert session.execute(select(Run.kind).where(Run.id == run_id)).scalar_one() == "full"
    finish(stage, run_id, other)
    with stage.work() as session:
        models = set(session.execute(select(Run.model).where(Run.id == run_id)).scalars())
        assert models == {other.name}


def test_a_run_that_rests_keeps_what_is_ready_and_goes_on_where_it_was(stage: Stage) -> None:
    who, process_id, embedder = facilitator(stage.world), stage.world.process_id, LexicalEmbedder()
    with stage.work() as session:
        add_voices(session, stage.world, texts=TEXTS * 6)
    run_id = start(stage, "full")
    with stage.work() as session:
        evidence.prepare_shard(session, run_id=run_id, number=0, embedder=embedder)
        evidence.pause_run(session, process_id=process_id, run_id=run_id, actor=who)
    with stage.work() as session:
        evidence.prepare_shard(session, run_id=run_id, number=1, embedder=embedder)
        done = select(RunShard.number).where(RunShard.run_id == run_id, RunShard.done_at.is_not(None))
        assert list(session.execute(done).scalars()) == [0]
        with pytest.raises(Conflict):
            evidence.pause_run(session, process_id=process_id, run_id=run_id, actor=who)
        # The worker took the job of the second part while the run rested, and did nothing.
        job = session.execute(select(OutboxJob).where(OutboxJob.key == f"{run_id}:1")).scalar_one()
        job.done_at = database_now(session)
    with pytest.raises(Conflict):
        start(stage, "full")
    with stage.work() as session:
        evidence.resume_run(session, process_id=process_id, run_id=run_id, actor=who)
        waiting = select(OutboxJob.key).where(OutboxJob.topic == "evidence.prepare_shard", OutboxJob.done_at.is_(None))
        assert f"{run_id}:1" in set(session.execute(waiting).scalars())
        run = session.execute(select(Run).where(Run.id == run_id)).scalar_one()
        assert run.state == "preparing"
    finish(stage, run_id, embedder)


def test_what_arrives_is_read_before_anybody_asks(stage: Stage) -> None:
    embedder, process_id = LexicalEmbedder(), stage.world.process_id
    with stage.work() as session:
        add_voices(session, stage.world, texts=TEXTS * 3)
    for _ in range(2):
        with stage.work() as session:
            arrivals.ask_for_due(session, now=database_now(session))
    asked = select(OutboxJob).where(OutboxJob.topic == arrivals.TOPIC).order_by(OutboxJob.id)
    with stage.work() as session:
        (first,) = session.execute(asked).scalars()
        payload = {"process_id": process_id, "period": first.payload["period"], "embedder": embedder}
    with stage.work() as session:
        assert arrivals.read_arrivals(session, part=0, **payload) == SHARD_SOURCES
    with stage.work() as session:
        assert [job.payload["part"] for job in session.execute(asked).scalars()] == [0, 1]
        assert arrivals.read_arrivals(session, part=1, **payload) == len(TEXTS) * 3 - SHARD_SOURCES
    with stage.work() as session:
        assert arrivals.read_arrivals(session, part=1, **payload) == 0
        before = session.execute(select(func.count()).select_from(OutboxJob)).scalar_one()
        arrivals.ask_for_due(session, now=database_now(session))
        assert session.execute(select(func.count()).select_from(OutboxJob)).scalar_one() == before


@pytest.mark.usefixtures("heard")
def test_the_page_offers_what_is_possible(stage: Stage) -> None:
    client = stage.client_as(Role.facilitator)
    page = f"/scrivania/{stage.world.slug}/aggregazioni"
    assert "non è cambiata nessuna fonte" in client.get(page).get_data(as_text=True)
    with stage.work() as session:
        add_voices(session, stage.world, texts=NEW)
    assert "3 fonti sono nuove o cambiate" in client.get(page).get_data(as_text=True)
    answer = client.send(f"{page}/aggiorna")
    assert answer.status_code == 303
    # So few are read by the refresh itself: there is nothing to pause.
    assert client.send(f"{answer.location}/pausa").status_code == 409
    assert client.send(f"{answer.location}/annulla").status_code == 303
    answer = client.send(page)
    assert answer.status_code == 303
    assert client.send(f"{answer.location}/pausa").status_code == 303
    assert "In pausa" in client.get(answer.location).get_data(as_text=True)
    assert client.send(f"{answer.location}/riprendi").status_code == 303
    assert client.send(f"{answer.location}/annulla").status_code == 303
