"""A language model's wording of themes in a run: checked, marked, beside the extractive text; and what people confirmed teaches the machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from consult.core.clock import database_now
from consult.core.jobs import OutboxJob
from consult.core.vocabulary import Role
from consult.evidence import queries
from consult.evidence import services as evidence
from consult.evidence.models import Theme, ThemeRetelling
from consult.evidence.services import mapping, retelling
from consult.listening.sources.models import Source
from consult.listening.sources.services import change_source
from consult.ports.language_model import HttpLanguageModel
from tests.conftest import Stage
from tests.factories.voices import Heard, facilitator
from tests.integration.ports.test_language_model import Service


def test_themes_are_worded_one_by_one_checked_and_marked(stage: Stage, heard: Heard, tmp_path: Path) -> None:
    process_id = stage.world.process_id
    run_id = heard.run_id
    service = Service()
    try:
        with stage.work() as session:
            now = database_now(session)
            model = HttpLanguageModel(url=service.url, model="prova-1", log=tmp_path / "log", now=lambda: now)
            theme = session.execute(select(Theme).where(Theme.present).order_by(Theme.key).limit(1)).scalar_one()
            quoted = queries.quotes(session, theme_ids=[theme.id])[theme.id][0]
            card = session.execute(select(Source.text).where(Source.id == quoted.source_id)).scalar_one()
            words = card[quoted.start : quoted.end].rstrip(".")
            service.says(f"{words}. [1]\nTutti lo chiedono da 99 anni. [1]")
            assert retelling.retell(session, run_id=run_id, number=0, silent=0, model=model, now=now)
            told = queries.retelling(session, theme_id=theme.id)
            assert told is not None
            assert [sentence.source_ids for sentence in told.sentences] == [(quoted.source_id,)]
            assert (told.model, told.dropped) == ("prova-1", 1)
            following = session.execute(select(OutboxJob.payload).where(OutboxJob.topic == retelling.TOPIC)).scalars()
            assert [payload["number"] for payload in following] == [1]
            logged = [json.loads(line) for line in (tmp_path / "log").read_text("utf-8").splitlines()]
            assert {line["sent"][1]["content"] for line in logged} == {
                body["messages"][1]["content"] for _, body, _ in service.asked
            }
        page = stage.client_as(Role.facilitator).get(f"/scrivania/{stage.world.slug}/temi/{theme.id}")
        assert "Testo riscritto da prova-1" in page.text
        assert "Con le loro parole" in page.text
        with stage.work() as session:
            change_source(
                session, source_id=quoted.source_id, change="withdraw", process_id=process_id, actor=facilitator(stage.world),
                now=database_now(session), reason_code="mistake",
            )  # fmt: skip  # one row of values reads better so
        with stage.work() as session:
            gone = queries.retelling(session, theme_id=theme.id)
            assert gone is not None
            assert gone.sentences == ()
    finally:
        service.server.shutdown()
        service.server.server_close()


def test_a_service_that_never_answers_is_let_be(stage: Stage, heard: Heard, tmp_path: Path) -> None:
    run_id = heard.run_id
    with stage.work() as session:
        now = database_now(session)
        away = HttpLanguageModel(url="http://127.0.0.1:9", model="m", log=tmp_path / "log", now=lambda: now)
        for number in range(retelling.PATIENCE):
            assert retelling.retell(session, run_id=run_id, number=number, silent=number, model=away, now=now)
        jobs = session.execute(select(OutboxJob.key).where(OutboxJob.topic == retelling.TOPIC)).scalars().all()
        assert len(jobs) == retelling.PATIENCE - 1
        assert all(row.sentences == [] and row.label == "" for row in session.execute(select(ThemeRetelling)).scalars())


@pytest.mark.usefixtures("heard")
def test_what_people_confirmed_shows_the_machine_what_belongs_where(stage: Stage) -> None:
    process_id, frame_id = stage.world.process_id, stage.world.frame_id
    with stage.work() as session:
        before, _ids = mapping.frame_targets(session, frame_id=frame_id, process_id=process_id)
        assert all(target.examples == () for target in before)
        theme = queries.themes_of(session, process_id=process_id)[0]
        member = queries.members(session, process_id=process_id, theme_ids=[theme.id])[-1].source_id
        common = {"process_id": process_id, "actor": facilitator(stage.world), "now": database_now(session)}
        strategy = stage.world.strategies["2.2"]
        evidence.describe(session, theme_id=theme.id, version=0, label="Confermato", strategy_id=strategy, **common)
        assert queries.confirmed_texts(session, process_id=process_id) == {}
        evidence.set_state(session, theme_id=theme.id, version=1, state="accepted", **common)
        texts = queries.confirmed_texts(session, process_id=process_id)[strategy]
        assert 0 < len(texts) <= queries.MOST_EXAMPLES
        evidence.move_source(session, source_id=member, from_theme_id=theme.id, to_theme_id=None, **common)
        out = session.execute(select(Source.text).where(Source.id == member)).scalar_one()
        assert out not in queries.confirmed_texts(session, process_id=process_id).get(strategy, ())
        after, _ids = mapping.frame_targets(session, frame_id=frame_id, process_id=process_id)
        assert next(target for target in after if target.code == "2.2").examples
