"""Beat, relay and worker as deployed, with a shorter tick: an embargo that ended and consent narrowed past every form are followed."""

from __future__ import annotations

import sys
import uuid
from datetime import date, timedelta

import pytest

from consult.core.clock import database_now
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.listening.interviews import services as interviews
from consult.runtime.processes import Child
from consult.runtime.supervisor import Program, beat_program
from tests.conftest import Stage
from tests.drills.conftest import Drill, until
from tests.drills.published import published_stage
from tests.factories.world import app_engine
from tests.integration.position_paper.test_publishing import quoted

pytestmark = pytest.mark.drill
OPEN = "SELECT count(*) FROM source WHERE unit_id = :key AND quotable = 'role' AND state = 'live'"
REDACTED = "SELECT count(*) FROM paper_version WHERE number = 2 AND redacts = 1"


def beat(drill: Drill, *, every_s: int) -> Child:
    """The clock as deployed, but for how often it ticks."""
    plain = beat_program(drill.site.logs)
    command = [word if word != "worker.celery_app:app" else "tests.drills.weak:app" for word in plain.command]
    assert command[0] == sys.executable
    return drill._start(Program("beat", command), {"DRILL_BEAT_S": str(every_s)})


def interview_under_embargo(stage: Stage) -> uuid.UUID:
    """An interview with a transcript that may be quoted from tomorrow on."""
    with stage.work() as session:
        now = database_now(session)
        here = {"process_id": stage.world.process_id, "actor": SYSTEM, "now": now}
        key = interviews.plan_interview(session, role="direttrice di un consorzio", **here)
        consent = interviews.Consent(
            may_transcribe=True, may_code=True, quote="role", embargo_until=now.date() + timedelta(days=2)
        )
        interviews.record_consent(session, interview_id=key, consent=consent, **here)
        interviews.add_transcript(session, interview_id=key, text="Serve un ponte nuovo.", **here)
    return key


def test_what_nobody_asked_for_happens_by_the_clock(drill: Drill) -> None:
    stage = published_stage(drill)
    _finding, source_id, words = quoted(stage)
    key = interview_under_embargo(stage)
    app_engine(stage.app).dispose()
    # Everything is done by hand as a repair in the database would do it: no service hears of it, no job is asked for.
    drill.change("UPDATE interview SET embargo_until = :day WHERE id = :key", day=date(2020, 1, 1), key=key)
    drill.change("UPDATE source SET quotable = 'none', visibility = 'internal' WHERE id = :id", id=source_id)
    worker, relay = drill.worker(concurrency=2), drill.relay()
    assert until(lambda: drill.waiting() == 0)
    # The control: with worker and relay alone nothing follows.
    assert (drill.number(OPEN, key=key), drill.number(REDACTED)) == (0, 0)
    clock = beat(drill, every_s=2)
    try:
        assert until(lambda: drill.number(OPEN, key=key) == 1)
        assert until(lambda: drill.number(REDACTED) == 1)
        assert until(lambda: drill.waiting() == 0)
        page = drill.visitor(drill.world.accounts[Role.reader]).ask("GET", f"/processi/{drill.world.slug}/position-paper")
        assert words not in page.body
        # It goes on ticking: what changes later is followed too, and what is followed already is not done again.
        drill.change("UPDATE interview SET embargo_until = :day WHERE id = :key", day=date(2999, 1, 1), key=key)
        assert until(lambda: drill.number(OPEN, key=key) == 0)
        assert until(lambda: drill.waiting() == 0)
        assert drill.number("SELECT count(*) FROM paper_version") == 2
    finally:
        clock.stop()
        relay.stop()
        worker.stop()
