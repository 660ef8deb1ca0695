"""A run from start to themes; what people decided outlives it; nothing is done twice."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from consult.analytics.embedding import LexicalEmbedder
from consult.core.clock import database_now
from consult.core.db import unit_of_work
from consult.core.errors import Conflict, Invalid
from consult.core.jobs import OutboxJob
from consult.core.permissions import SYSTEM
from consult.evidence import queries
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
from consult.listening.sources.models import Source
from consult.listening.sources.services import change_source
from tests.conftest import Stage
from tests.factories.voices import TEXTS, add_voices, facilitator, run_here


def sessions_of(stage: Stage) -> sessionmaker[Session]:
    found: sessionmaker[Session] = stage.app.extensions["consult"].sessions
    return found


def outcome(session: Session) -> dict[str, Any]:
    """All that a run proposes, with sources named by their text, so that two databases can be compared."""
    text = dict(session.execute(select(Source.id, Source.text)).all())
    themes = {t.id: t for t in session.execute(select(Theme).where(Theme.present)).scalars()}
    return {
        "themes": sorted((t.label, tuple(t.keywords), t.strategy_id is None) for t in themes.values()),
        "members": sorted(
            (themes[a.theme_id].label, text[a.source_id], round(a.share, 6)) for a in session.execute(select(Assignment)).scalars()
        ),
        "quotes": sorted(
            (themes[q.theme_id].label, text[q.source_id], q.quote_start) for q in session.execute(select(ThemeQuote)).scalars()
        ),
        "links": sorted((text[s.source_id], s.rank, round(s.score, 6)) for s in session.execute(select(StrategyLink)).scalars()),
        "readings": sorted((text[r.source_id], r.kind or "", tuple(r.marks)) for r in session.execute(select(SourceReading)).scalars()),
        "vectors": session.execute(select(func.count()).select_from(SourceVector)).scalar_one(),
        "results": session.execute(select(func.count()).select_from(RunResult)).scalar_one(),
    }  # fmt: skip  # one row of values reads better so


def test_a_run_proposes_themes_links_quotes_and_a_manifest(stage: Stage) -> None:
    with stage.work() as session:
        ids = add_voices(session, stage.world)
    run_id = run_here(sessions_of(stage), stage.world)
    with stage.work() as session:
        themes = queries.themes_of(session, process_id=stage.world.process_id)
        assert themes
        assert all(t.state == "proposed" and t.version == 0 for t in themes)
        of = queries.totals(session, process_id=stage.world.process_id)
        assert of["channel"] == {"answer": 11, "meeting": 10, "contribution": 21}
        for theme in themes:
            assert theme.sources > 0
            assert all(count.voices <= count.of == of["channel"][count.value] for count in theme.by_channel)
        links = queries.strategy_links(session, source_ids=ids)
        assert sum(bool(found) for found in links.values()) >= 40
        assert all(link.rank in (1, 2, 3) for found in links.values() for link in found)
        places = queries.quotes(session, theme_ids=[t.id for t in themes])
        texts = dict(session.execute(select(Source.id, Source.text)).all())
        assert all(texts[q.source_id][q.start : q.end].strip() for found in places.values() for q in found)
        left = queries.outcome(session, run_id=run_id)
        assert left is not None
        assert {key for key, _, _ in queries.run_inputs(session, run_id=run_id)} == {str(key) for key in ids}
        assert len(left.inputs_sha256) == 64
        # No table keeps a copy of what somebody said: sentences of summaries hold places.
        kept = str(left.summaries) + str([t.definition for t in themes])
        assert not any(text in kept for text in TEXTS)


def test_a_run_needs_voices_and_is_alone(stage: Stage) -> None:
    with stage.work() as session:
        now = database_now(session)
        with pytest.raises(Invalid):
            evidence.start_run(session, process_id=stage.world.process_id, actor=SYSTEM, now=now)
    with stage.work() as session:
        add_voices(session, stage.world)
        evidence.start_run(session, process_id=stage.world.process_id, actor=SYSTEM, now=now)
    with stage.work() as session, pytest.raises(Conflict) as refused:
        evidence.start_run(session, process_id=stage.world.process_id, actor=SYSTEM, now=now)
    assert refused.value.link_endpoint == "evidence.run"


def test_parts_delivered_twice_count_once_and_ask_for_one_merge(stage: Stage) -> None:
    embedder = LexicalEmbedder()
    with stage.work() as session:
        add_voices(session, stage.world, texts=TEXTS * 6)
        run_id = evidence.start_run(session, process_id=stage.world.process_id, actor=SYSTEM, now=database_now(session))
    with stage.work() as session:
        shards = list(session.execute(select(RunShard.number).where(RunShard.run_id == run_id)).scalars())
    assert len(shards) > 2
    for number in [*shards, *shards[::-1]]:
        with stage.work() as session:
            evidence.prepare_shard(session, run_id=run_id, number=number, embedder=embedder)
    with stage.work() as session:
        run = session.execute(select(Run)).scalar_one()
        assert (run.state, run.prepared_count, run.source_count) == ("reducing", len(TEXTS) * 6, len(TEXTS) * 6)
        merges = session.execute(select(func.count()).where(OutboxJob.topic == "evidence.reduce")).scalar_one()
        assert merges == 1
    with stage.work() as session:
        assert evidence.reduce_run(session, run_id=run_id, embedder=embedder, now=database_now(session))
    with stage.work() as session:
        before = outcome(session)
        assert not evidence.reduce_run(session, run_id=run_id, embedder=embedder, now=database_now(session))
        evidence.prepare_shard(session, run_id=run_id, number=shards[0], embedder=embedder)
        assert outcome(session) == before
        drafts = session.execute(select(func.count()).where(OutboxJob.topic == "position_paper.draft")).scalar_one()
        assert drafts == 1


def test_a_second_run_computes_only_what_changed(stage: Stage) -> None:
    sessions = sessions_of(stage)
    with stage.work() as session:
        ids = add_voices(session, stage.world)
    run_here(sessions, stage.world)
    with stage.work() as session:
        now = database_now(session)
        who = facilitator(stage.world)
        common = {"process_id": stage.world.process_id, "actor": who, "now": now, "reason_code": "mistake"}
        change_source(
            session,
            source_id=ids[0],
            change="correct",
            text="Serve un treno dopo le ventidue, anche la domenica.",
            **common,
        )
        change_source(session, source_id=ids[1], change="withdraw", **common)
    run_here(sessions, stage.world)
    with stage.work() as session:
        run = queries.latest_run(session, process_id=stage.world.process_id)
        assert run is not None
        assert (run.source_count, run.reused_count) == (len(TEXTS) - 1, len(TEXTS) - 2)
        assert session.execute(select(func.count()).where(Assignment.source_id == ids[1])).scalar_one() == 0
        assert session.execute(select(SourceVector.revision).where(SourceVector.source_id == ids[0])).scalar_one() == 2


def test_the_same_input_gives_the_same_result_twice(stage: Stage, new_database: Any) -> None:
    from tests.factories.world import load_world, make_app  # noqa: PLC0415  # Only this test needs a second database.

    with stage.work() as session:
        add_voices(session, stage.world)
    run_here(sessions_of(stage), stage.world)
    other = make_app(new_database())
    sessions = other.extensions["consult"].sessions
    with unit_of_work(sessions) as session:
        world = load_world(session)
        add_voices(session, world)
    run_here(sessions, world)
    with stage.work() as one, unit_of_work(sessions) as two:
        # Keys of sources are random, so only what does not hang on their order is compared here; the drill compares all of it.
        assert outcome(one)["readings"] == outcome(two)["readings"]


def test_decisions_survive_a_run_on_more_sources(stage: Stage) -> None:
    sessions, who = sessions_of(stage), facilitator(stage.world)
    with stage.work() as session:
        add_voices(session, stage.world, texts=TEXTS[:30])
    run_here(sessions, stage.world)
    process_id = stage.world.process_id
    with stage.work() as session:
        now = database_now(session)
        themes = sorted(queries.themes_of(session, process_id=process_id), key=lambda t: -t.sources)
        accepted, refused, merged = themes[0], themes[1], themes[2]
        common = {"process_id": process_id, "actor": who, "now": now}
        target = stage.world.strategies["2.2"]
        evidence.describe(session, theme_id=accepted.id, version=0, label="Treni la sera", strategy_id=target, **common)
        evidence.set_state(session, theme_id=accepted.id, version=1, state="accepted", **common)
        evidence.set_state(session, theme_id=refused.id, version=0, state="refused", **common)
        evidence.merge(session, theme_id=merged.id, version=0, into_id=accepted.id, **common)
        page = queries.members_page(session, theme_id=accepted.id, cursor=None)
        taken_out, kept = page.rows[-1][0], {row[0] for row in page.rows[:-1]}
        evidence.move_source(session, source_id=taken_out, from_theme_id=accepted.id, to_theme_id=None, **common)
        by_hand = evidence.make_theme(
            session, label="Fatto a mano", strategy_id=None, source_ids=sorted(kept, key=str)[:2], **common
        )
    with stage.work() as session:
        add_voices(session, stage.world, texts=TEXTS[30:])
    run_here(sessions, stage.world)
    with stage.work() as session:
        found = {t.id: t for t in queries.themes_of(session, process_id=process_id, include_gone=True)}
        mine = found[accepted.id]
        assert (mine.state, mine.label, mine.strategy_id) == ("accepted", "Treni la sera", target)
        assert found[refused.id].state == "refused"
        assert found[merged.id].state == "merged"
        assert found[by_hand].sources >= 2
        ids = {m.source_id for m in queries.members(session, process_id=process_id, theme_ids=[accepted.id])}
        assert kept <= ids
        assert taken_out not in ids
        states = queries.states(session, theme_ids=[accepted.id, merged.id, refused.id])
        assert states == {accepted.id: "accepted", merged.id: "accepted", refused.id: "refused"}


def test_a_merge_counts_the_others_sources_and_can_be_undone(stage: Stage) -> None:
    who, process_id = facilitator(stage.world), stage.world.process_id
    with stage.work() as session:
        add_voices(session, stage.world)
    run_here(sessions_of(stage), stage.world)
    with stage.work() as session:
        now = database_now(session)
        one, two, three = queries.themes_of(session, process_id=process_id)[:3]
        common = {"process_id": process_id, "actor": who, "now": now}
        evidence.merge(session, theme_id=one.id, version=0, into_id=two.id, **common)
        evidence.merge(session, theme_id=two.id, version=0, into_id=three.id, **common)
        everything = {m.source_id for m in queries.members(session, process_id=process_id, theme_ids=[three.id])}
        assert len(everything) >= max(one.sources, two.sources, three.sources)
        with pytest.raises(Invalid):
            evidence.merge(session, theme_id=three.id, version=0, into_id=one.id, **common)
        evidence.set_state(session, theme_id=two.id, version=1, state="proposed", **common)
        again = next(t for t in queries.themes_of(session, process_id=process_id) if t.id == two.id)
        assert again.sources == two.sources


def test_a_cancelled_run_leaves_nothing_and_another_may_start(stage: Stage) -> None:
    embedder, who = LexicalEmbedder(), facilitator(stage.world)
    with stage.work() as session:
        add_voices(session, stage.world)
        run_id = evidence.start_run(session, process_id=stage.world.process_id, actor=who, now=database_now(session))
    with stage.work() as session:
        evidence.cancel_run(
            session, process_id=stage.world.process_id, run_id=run_id, actor=who, now=database_now(session)
        )
    with stage.work() as session:
        evidence.prepare_shard(session, run_id=run_id, number=0, embedder=embedder)
        assert not evidence.reduce_run(session, run_id=run_id, embedder=embedder, now=database_now(session))
        assert session.execute(select(func.count()).select_from(Theme)).scalar_one() == 0
    with stage.work() as session, pytest.raises(Conflict):
        evidence.cancel_run(
            session, process_id=stage.world.process_id, run_id=run_id, actor=who, now=database_now(session)
        )
    run_here(sessions_of(stage), stage.world)


def test_a_run_whose_part_failed_for_good_can_be_resumed(stage: Stage) -> None:
    who, process_id = facilitator(stage.world), stage.world.process_id
    with stage.work() as session:
        add_voices(session, stage.world)
        run_id = evidence.start_run(session, process_id=process_id, actor=who, now=database_now(session))
        session.execute(
            update(OutboxJob)
            .where(OutboxJob.topic == "evidence.prepare_shard")
            .values(parked_at=func.now(), attempts=4)
        )
    with stage.work() as session:
        run = queries.run(session, process_id=process_id, run_id=run_id)
        latest = queries.latest_run(session, process_id=process_id)
        assert run is not None
        assert latest is not None
        assert (run.parked, latest.state) == (1, "failed")
        evidence.resume_run(session, process_id=process_id, run_id=run_id, actor=who)
        job = session.execute(select(OutboxJob).where(OutboxJob.topic == "evidence.prepare_shard")).scalar_one()
        assert (job.parked_at, job.attempts, job.sent_at) == (None, 0, None)


def test_decisions_carry_the_version_their_author_saw(stage: Stage) -> None:
    who, process_id = facilitator(stage.world), stage.world.process_id
    with stage.work() as session:
        add_voices(session, stage.world)
    run_here(sessions_of(stage), stage.world)
    with stage.work() as session:
        theme = queries.themes_of(session, process_id=process_id)[0]
        common = {"process_id": process_id, "theme_id": theme.id, "actor": who, "now": database_now(session)}
        assert evidence.describe(session, version=0, label="Il mio nome", strategy_id=theme.strategy_id, **common) == 1
        with pytest.raises(Conflict) as refused:
            evidence.describe(session, version=0, label="Un altro nome", strategy_id=None, **common)
        label, strategy = refused.value.differences
        assert (label.theirs, label.yours) == ("Il mio nome", "Un altro nome")
        assert (strategy.theirs != "Nessuna strategia", strategy.yours) == (theme.strategy_id is not None, "Nessuna strategia")
        assert refused.value.current_version == 1
        with pytest.raises(Invalid):
            evidence.describe(session, version=1, label="Nome", strategy_id=uuid.uuid4(), **common)
