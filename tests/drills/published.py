"""A world whose paper is published, for drills about what happens to it afterwards."""

from __future__ import annotations

from consult.core.clock import database_now
from consult.position_paper import services
from tests.conftest import Stage
from tests.drills.conftest import Drill
from tests.factories.voices import add_voices, facilitator, run_here
from tests.factories.world import make_app
from tests.integration.position_paper.conftest import accept_all


def published_stage(drill: Drill) -> Stage:
    """Voices, themes, findings all accepted, and the first version of the paper."""
    stage = Stage(make_app(drill.url), drill.world, drill.url)
    with stage.work() as session:
        add_voices(session, drill.world)
    run_here(stage.app.extensions["consult"].sessions, drill.world)
    accept_all(stage)
    with stage.work() as session:
        services.publish(
            session, process_id=drill.world.process_id, note="", actor=facilitator(drill.world), now=database_now(session)
        )
    return stage
