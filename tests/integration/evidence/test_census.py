"""The census counts what the analytics counts of the same sources, one by one: of all, of themes, of themes together, of places."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from consult.analytics import numbers
from consult.analytics.types import SourceText, Tally
from consult.core.vocabulary import Role
from consult.evidence.models import Assignment, Run, SourceReading, Theme, ThemeDecision
from consult.evidence.queries.counting import under_themes
from consult.evidence.services import census
from consult.framework.models import Zone
from consult.listening.sources.models import Source
from consult.listening.sources.services import add_sources
from consult.listening.sources.types import NewSource
from tests.conftest import Stage
from tests.factories.world import World

CHANNELS = ("answer", "contribution", "document", "interview", "meeting")
SPEAKERS = (None, "association", "business", "resident")


def add_crowd(session: Session, world: World) -> list[uuid.UUID]:
    """Ninety sources: people who answer twice and through two channels, interviews in passages, documents, some without place or kind."""
    dice = random.Random(11)
    zones = [None, *world.zones.values()]
    people = [uuid.UUID(int=dice.getrandbits(128), version=4) for _ in range(12)]
    interviews = [uuid.UUID(int=dice.getrandbits(128), version=4) for _ in range(3)]
    rows = []
    for number in range(90):
        channel = dice.choice(CHANNELS)
        rows.append(
            NewSource(
                channel=channel, text=f"Testo numero {number} di chi parla del treno.", language="it", zone_id=dice.choice(zones),
                speaker_kind=dice.choice(SPEAKERS), unit_kind="interview" if channel == "interview" else None,
                unit_id=dice.choice(interviews) if channel == "interview" else None,
                voice_id=dice.choice(people) if channel in {"answer", "contribution"} and number % 3 else None,
            )
        )  # fmt: skip  # one row of values reads better so
    return add_sources(session, process_id=world.process_id, rows=rows)


def add_themes(session: Session, world: World, ids: list[uuid.UUID]) -> dict[str, uuid.UUID]:
    """Five themes with members drawn from all: "b" was merged into "a", "gone" is no longer found, "empty" has nobody."""
    dice = random.Random(12)
    keys = {}
    for name in ("a", "b", "c", "gone", "empty"):
        theme = Theme(process_id=world.process_id, key=name, label=name, present=name != "gone")
        session.add(theme)
        session.flush()
        keys[name] = theme.id
        for source_id in dice.sample(ids, 0 if name == "empty" else 35):
            session.add(Assignment(theme_id=theme.id, source_id=source_id, share=1.0, margin=1.0, spans=[]))
    session.add(
        ThemeDecision(
            theme_id=keys["b"], state="merged", merged_into_id=keys["a"], decided_by=world.accounts[Role.facilitator]
        )
    )
    session.flush()
    return keys


def a_run(session: Session, world: World) -> uuid.UUID:
    """A run that readings can belong to."""
    run = Run(process_id=world.process_id, number=1, state="done", parameters={}, source_count=0, shard_count=0)
    session.add(run)
    session.flush()
    return run.id


def live_sources(session: Session) -> dict[uuid.UUID, SourceText]:
    """What the analytics would be given."""
    rows = session.execute(
        select(Source, Zone.code).outerjoin(Zone, Zone.id == Source.zone_id).where(Source.state == "live")
    )
    return {
        source.id: SourceText(
            str(source.id), source.text, source.channel, zone, source.speaker_kind, str(source.unit_id) if source.unit_id else None,
            respondent=str(source.voice_id) if source.voice_id else None,
        )
        for source, zone in rows
    }  # fmt: skip  # one row of values reads better so


def members(session: Session, live: Mapping[uuid.UUID, SourceText], themes: Iterable[uuid.UUID]) -> list[SourceText]:
    """Each live source once that stands under one of some themes."""
    found = select(Assignment.source_id).where(Assignment.theme_id.in_(list(themes))).distinct()
    return [live[key] for key in session.execute(found).scalars() if key in live]


def same(counted: Tally, expected: Tally, dimensions: tuple[str, ...] = census.DIMENSIONS) -> bool:
    return dict(counted.sources) == {k: n for k, n in expected.sources.items() if k[0] in dimensions} and dict(
        counted.voices
    ) == {k: n for k, n in expected.voices.items() if k[0] in dimensions}


def test_it_counts_what_the_analytics_counts(stage: Stage) -> None:
    with stage.work() as session:
        ids = add_crowd(session, stage.world)
        keys = add_themes(session, stage.world, ids)
        session.execute(update(Source).where(Source.id.in_(ids[:8])).values(state="withdrawn"))
    with stage.work() as session:
        live = live_sources(session)
        assert len(live) == len(ids) - 8
        taken = census.take(session, process_id=stage.world.process_id)
        assert same(taken.whole(), numbers.tally(live.values()))
        under = taken.under_themes()
        assert under.keys() == {keys["a"], keys["c"]}
        expected = {
            "a": members(session, live, [keys["a"], keys["b"]]),
            "c": members(session, live, [keys["c"]]),
        }
        for name, own in expected.items():
            assert own
            assert same(under[keys[name]], numbers.tally(own)), name
        both = {source.id: source for own in expected.values() for source in own}
        together = taken.together(
            [
                (keys["a"], "strategy", "1.1"),
                (keys["a"], "axis", "1"),
                (keys["c"], "axis", "1"),
                (keys["empty"], "axis", "2"),
            ]
        )
        by_channel = ("channel",)
        assert same(together["strategy", "1.1"], numbers.tally(expected["a"]), by_channel)
        assert same(together["axis", "1"], numbers.tally(both.values()), by_channel)
        assert ("axis", "2") not in together
        zones: dict[str, list[SourceText]] = defaultdict(list)
        for source in both.values():
            if source.zone:
                zones[source.zone].append(source)
        assert {key for level, key in together if level == "zone"} == zones.keys()
        for zone, own in zones.items():
            assert same(together["zone", zone], numbers.tally(own), by_channel), zone
        wanted = [(keys["a"], "zone", sorted(zones)[0]), (keys["c"], "speaker", "resident")]
        found = taken.of_places(wanted)
        assert found[wanted[0]] == sorted(s.id for s in expected["a"] if s.zone == wanted[0][2])
        assert found[wanted[1]] == sorted(s.id for s in expected["c"] if s.speaker == "resident")


def test_it_finds_copies_that_a_theme_has_more_than_one_of(stage: Stage) -> None:
    with stage.work() as session:
        ids = add_crowd(session, stage.world)
        keys = add_themes(session, stage.world, ids)
        session.execute(update(Source).where(Source.id.in_(ids[:8])).values(state="withdrawn"))
        run_id = a_run(session, stage.world)
        groups = {key: "abc"[number % 3] * 60 if number < 12 else f"pair {number // 2}" for number, key in enumerate(ids[::2])}
        groups = {key: group for key, group in groups.items() if int(key) % 5}
        for key in ids:
            session.add(
                SourceReading(
                    source_id=key, process_id=stage.world.process_id, run_id=run_id, fits=True, none_confidence=0.0,
                    duplicate_key=groups.get(key),
                )
            )  # fmt: skip  # one row of values reads better so
    with stage.work() as session:
        live = live_sources(session)
        taken = census.take(session, process_id=stage.world.process_id)
        found = taken.repeated(*census.copies(session, process_id=stage.world.process_id))
        for own in ([keys["a"], keys["b"]], [keys["c"]]):
            among: dict[str, list[str]] = defaultdict(list)
            for source in members(session, live, own):
                if uuid.UUID(source.id) in groups:
                    among[groups[uuid.UUID(source.id)]].append(source.id)
            expected = {frozenset(named) for named in among.values() if len(named) > 1}
            told: dict[object, set[str]] = defaultdict(set)
            for name, group in found[own[0]].items():
                told[group].add(name)
            assert expected
            assert {frozenset(named) for named in told.values()} == expected
            assert list(found[own[0]]) == sorted(found[own[0]])
        assert found.keys() == {keys["a"], keys["c"]}


def test_keys_that_begin_alike_are_told_apart() -> None:
    keys = [uuid.UUID(int=(7 << 64) | number) for number in (9, 3, 5, 3 << 40, 1)]
    theme = uuid.uuid4()
    ones = np.ones(len(keys), dtype=np.int64)
    taken = census.Census(
        keys=np.frombuffer(b"".join(key.bytes for key in keys), dtype="V16"), names={"channel": ["answer"], "zone": [], "speaker": []},
        values={"channel": ones, "zone": 0 * ones, "speaker": 0 * ones}, voices=np.arange(len(keys)), themes=[theme], theme=0 * ones,
        source=np.arange(len(keys)),
    )  # fmt: skip  # one row of values reads better so
    assert taken.without([(theme, keys[1]), (theme, keys[3]), (theme, uuid.UUID(int=7 << 64))]) == {theme: {"answer": 3}}
    marked = np.frombuffer(b"".join(key.bytes for key in (keys[3], keys[4], keys[0])), dtype="V16")
    assert taken.repeated(marked, np.asarray([1, 0, 1])) == {theme: {str(keys[0]): 1, str(keys[3]): 1}}


def test_it_counts_what_pages_count_in_the_database(stage: Stage) -> None:
    with stage.work() as session:
        ids = add_crowd(session, stage.world)
        keys = add_themes(session, stage.world, ids)
        session.execute(update(Source).where(Source.id.in_(ids[:8])).values(state="withdrawn"))
    with stage.work() as session:
        taken = census.take(session, process_id=stage.world.process_id, shown=True)
        expected = under_themes(session, process_id=stage.world.process_id)
        assert expected.keys() == {keys["a"], keys["c"], keys["gone"]}
        assert {theme: same(tally, expected[theme]) for theme, tally in taken.under_themes().items()} == dict.fromkeys(
            expected, True
        )
        # What is left out of one theme stays in the other, and what was merged into it is left out with it.
        left_out = [(keys["a"], key) for key in ids[8:70]] + [(keys["c"], ids[9]), (keys["empty"], ids[10])]
        for theme, source in left_out:
            roots = [keys["a"], keys["b"]] if theme == keys["a"] else [theme]
            session.execute(delete(Assignment).where(Assignment.theme_id.in_(roots), Assignment.source_id == source))
        after = under_themes(session, process_id=stage.world.process_id)
        assert taken.without(left_out) == {
            theme: {value: number for (by, value, _), number in after[theme].voices.items() if by == "channel"}
            if theme in after
            else {}
            for theme in (keys["a"], keys["c"], keys["empty"])
        }
        assert taken.without([]) == {}


def test_a_process_without_sources_has_nothing_to_count(stage: Stage) -> None:
    with stage.work() as session:
        taken = census.take(session, process_id=stage.world.process_id)
        assert taken.whole() == Tally({}, {})
        assert taken.under_themes() == {}
        assert taken.together([]) == {}
        assert taken.repeated(*census.copies(session, process_id=stage.world.process_id)) == {}
