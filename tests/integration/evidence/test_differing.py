"""Where two zones say different things of a theme is tested again when what it rests on changes, and only then."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.analytics.embedding import LexicalEmbedder
from consult.core.clock import database_now
from consult.evidence.models import Theme, ThemeTest
from consult.evidence.rules import words_hash
from consult.evidence.services import decisions, differing
from consult.listening.sources.models import Source
from consult.listening.sources.services import add_sources, change_source
from consult.listening.sources.types import NewSource
from tests.conftest import Stage
from tests.factories.voices import add_voices, facilitator, run_here
from tests.factories.world import World
from tests.integration.evidence.test_refresh import finish, result, start
from tests.integration.evidence.test_runs import sessions_of

SEATS = (
    "Sedili sporchi sul treno, e nessuno li pulisce.",
    "Le carrozze hanno i finestrini rotti e i sedili strappati.",
    "Salgo in carrozze gelate: il riscaldamento è rotto da mesi.",
    "Chiedo carrozze pulite, con i sedili lavati ogni settimana.",
    "I bagni delle carrozze sono chiusi e i sedili macchiati.",
    "Quelle carrozze hanno quarant'anni, i sedili ne hanno cinquanta.",
    "Pulite sedili e pavimenti: nelle carrozze si sta con i piedi nell'acqua.",
    "Servono carrozze nuove, con sedili comodi e finestrini che si aprono.",
    "Ho trovato sedili bagnati in tutte e tre le carrozze.",
    "Mio figlio si è tagliato su un sedile rotto in fondo alla carrozza.",
)
LATE = (
    "La sera non c'è più nessuna corsa dopo le venti.",
    "Aggiungete una corsa serale per chi esce tardi dal turno.",
    "Orario serale assente: finito lo spettacolo si torna a piedi.",
    "Chi studia la sera perde l'ultima corsa e dorme da un amico.",
    "Vorrei l'orario prolungato fino a mezzanotte, almeno una corsa.",
    "L'ultima corsa parte mentre siamo ancora a lezione: spostate l'orario.",
    "Una corsa in più la sera basterebbe a tutta la valle.",
    "Di sera l'orario ha un buco di quattro ore tra una corsa e l'altra.",
    "Cambiate l'orario: la corsa delle diciannove non la prende nessuno, quella della sera manca.",
    "Mia moglie finisce il turno di sera e aspetta la corsa del mattino.",
)


def _say(session: Session, world: World, texts: Sequence[str], zone: int) -> list[uuid.UUID]:
    zones = list(world.zones.values())
    rows = [
        NewSource(channel="contribution", text=text, language="it", zone_id=zones[zone], speaker_kind="resident") for text in texts
    ]
    return add_sources(session, process_id=world.process_id, rows=rows)


def _refresh(stage: Stage) -> tuple[list[Any], dict[str, Any]]:
    run_id = start(stage, "refresh")
    finish(stage, run_id, LexicalEmbedder())
    with stage.work() as session:
        row = result(session, run_id)
        return list(row.summaries), dict(row.manifest)


def _apart(summaries: Sequence[Any], key: str) -> list[Any]:
    rows = next(s["sentences"] for s in summaries if (s["level"], s["key"]) == ("theme", key))
    return [row for row in rows if row["role"] == "divergence"]


def test_a_difference_between_zones_is_tested_again_when_its_voices_change_and_told_while_it_holds(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, who = stage.world, facilitator(stage.world)
    with stage.work() as session:
        others = add_voices(session, world)
    run_here(sessions_of(stage), world)
    with stage.work() as session:
        here, there = _say(session, world, SEATS, 0), _say(session, world, LATE, 1)
        made = decisions.make_theme(
            session, process_id=world.process_id, label="Treni", strategy_id=None, source_ids=[*here, *there], actor=who,
            now=database_now(session),
        )  # fmt: skip  # one call reads better so
    common: dict[str, Any] = {"process_id": world.process_id, "actor": who}

    summaries, _ = _refresh(stage)
    with stage.work() as session:
        key = session.execute(select(Theme.key).where(Theme.id == made)).scalar_one()
        told = _apart(summaries, key)
        assert len(told) == 2, "each zone against the other"
        for row in told:
            sides = [uuid.UUID(name) for name in row["source_ids"]]
            assert sorted((name in here, name in there) for name in sides) == [(False, True), (True, False)]
        kept = session.execute(select(ThemeTest).where(ThemeTest.theme_id == made)).scalar_one()
        assert set(kept.heard) == {*here, *there}
        assert kept.until == ""
        before = kept.tests
        change_source(session, source_id=others[0], change="withdraw", reason_code="author_asked", now=database_now(session), **common)

    asked: list[uuid.UUID] = []
    read = differing.read_again

    def noted(*args: Any, theme: Theme, **rest: Any) -> Any:
        asked.append(theme.id)
        return read(*args, theme=theme, **rest)

    monkeypatch.setattr(differing, "read_again", noted)
    # The control: what changes elsewhere touches nothing of it, though people put its sources there.
    summaries, manifest = _refresh(stage)
    assert _apart(summaries, key) == told
    assert asked
    assert made not in asked
    with stage.work() as session:
        shown = session.execute(select(Theme).where(Theme.present)).scalars().all()
        assert manifest["tested_themes"] < len(shown)
        kept = session.execute(select(ThemeTest).where(ThemeTest.theme_id == made)).scalar_one()
        assert kept.tests == before
        # One voice in twenty that nobody quotes is too few to ask again where one in ten is wanted.
        quoted = {name for row in told for name in row["source_ids"]}
        quiet = next(name for name in here if str(name) not in quoted)
        change_source(session, source_id=quiet, change="withdraw", reason_code="author_asked", now=database_now(session), **common)

    monkeypatch.setattr(differing, "ONE_IN", 10)
    _refresh(stage)
    assert made not in asked
    with stage.work() as session:
        kept = session.execute(select(ThemeTest).where(ThemeTest.theme_id == made)).scalar_one()
        assert quiet in kept.heard
        # A quoted voice is withdrawn: the difference holds, in other words, and the one before is no longer heard either.
        gone = uuid.UUID(told[0]["source_ids"][0])
        change_source(session, source_id=gone, change="withdraw", reason_code="author_asked", now=database_now(session), **common)

    summaries, _ = _refresh(stage)
    assert made in asked
    with stage.work() as session:
        again = _apart(summaries, key)
        assert len(again) == 2
        assert str(gone) not in str(again)
        kept = session.execute(select(ThemeTest).where(ThemeTest.theme_id == made)).scalar_one()
        assert not {gone, quiet} & {*kept.heard}
        for row in again:
            for place in row["quotes"]:
                source = session.execute(select(Source).where(Source.id == uuid.UUID(place["source_id"]))).scalar_one()
                assert words_hash(source.text[place["start"] : place["end"]]) == place["sha256"]
        # Both zones now say both things: there is nothing left to tell.
        more = [*_say(session, world, LATE, 0), *_say(session, world, SEATS, 1)]
        joining = decisions.make_theme(
            session, process_id=world.process_id, label="Anche treni", strategy_id=None, source_ids=more, actor=who,
            now=database_now(session),
        )  # fmt: skip  # one call reads better so
        decisions.merge(session, theme_id=joining, version=1, into_id=made, now=database_now(session), **common)

    summaries, _ = _refresh(stage)
    assert _apart(summaries, key) == []
    with stage.work() as session:
        kept = session.execute(select(ThemeTest).where(ThemeTest.theme_id == made)).scalar_one()
        assert {*more} < {*kept.heard}
        assert [test["value"] for test in kept.tests if test["dimension"] == "zone"] == ["1", "2"]
        assert all(test["p_value"] > 0.05 for test in kept.tests)
