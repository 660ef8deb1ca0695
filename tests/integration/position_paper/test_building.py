"""A paper from a command alone: aggregated, drafted, and worded by a language model where one is configured."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from sqlalchemy import func, select

from consult.core.jobs import OutboxJob
from consult.evidence.models import Theme, ThemeRetelling
from consult.evidence.services import retelling
from consult.position_paper import queries, services
from tests.conftest import Stage
from tests.factories.voices import add_voices
from tests.integration.ports.test_language_model import Service


def test_a_paper_from_a_command_is_worded_where_a_language_model_is_set(stage: Stage, tmp_path: Path) -> None:
    with stage.work() as session:
        add_voices(session, stage.world)
    kept = stage.app.extensions["consult"]
    settings = replace(kept.settings, model_dir=tmp_path, data_dir=tmp_path, language_model_url="", language_model_name="prova-1")
    lines: list[str] = []
    services.aggregate_here(kept.sessions, process_id=stage.world.process_id, settings=settings, say=lines.append)
    with stage.work() as session:
        assert queries.draft_is_ready(session, process_id=stage.world.process_id)
        assert session.execute(select(func.count()).select_from(ThemeRetelling)).scalar_one() == 0
    service = Service()
    try:
        service.says("Una frase senza fonte.")
        worded = replace(settings, language_model_url=service.url)
        services.aggregate_here(kept.sessions, process_id=stage.world.process_id, settings=worded, say=lines.append)
        with stage.work() as session:
            themes = session.execute(select(func.count()).where(Theme.present)).scalar_one()
            told = list(session.execute(select(ThemeRetelling)).scalars())
            # Every theme was asked about, nothing that failed the checks is kept, and no job is left for a worker to do again.
            assert len(told) == themes
            assert not any(row.sentences for row in told)
            assert session.execute(select(func.count()).where(OutboxJob.topic == retelling.TOPIC)).scalar_one() == 0
        logged = (tmp_path / "language_model.jsonl").read_text("utf-8").splitlines()
        assert len(logged) == len(service.asked) >= themes
        assert all(json.loads(line)["sent"] for line in logged)
        service.status, asked = 500, len(service.asked)
        services.aggregate_here(kept.sessions, process_id=stage.world.process_id, settings=worded, say=lines.append)
        # A service that stays silent is let be after a few themes; the paper stands without it.
        assert 0 < len(service.asked) - asked <= 2 * retelling.PATIENCE
    finally:
        service.server.shutdown()
        service.server.server_close()
