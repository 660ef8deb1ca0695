"""The worker's application for drills: as deployed, or with one of its safeties off, and with tasks that exist only to fail.

DRILL_WITHOUT names safeties to switch off: `late` (messages are acknowledged before the work), `guard` (a job is done as often as
it is delivered). A drill that still passes without its safety proves nothing. DRILL_VISIBILITY_S shortens how long a lost worker's
message stays lost. DRILL_PRESS_GATE names a file that the typesetter waits for, and says beside it that it does. DRILL_BEAT_S lets the
clock tick more often.
"""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from consult.core import jobs
from consult.position_paper.services.export import pdf
from worker.celery_app import app
from worker.jobs import outbox_task

WITHOUT = set(os.environ.get("DRILL_WITHOUT", "").split())
if "late" in WITHOUT:
    app.conf.update(task_acks_late=False, task_reject_on_worker_lost=False)
if "guard" in WITHOUT:
    jobs.begin = jobs.hold = lambda _session, _job_id: True  # type: ignore[assignment]  # The drill's purpose.
if seconds := int(os.environ.get("DRILL_VISIBILITY_S", "0")):
    options = {**app.conf.broker_transport_options, "visibility_timeout": seconds, "unacked_restore_interval": 1}
    app.conf.update(broker_transport_options=options, visibility_timeout=seconds)
if tick := int(os.environ.get("DRILL_BEAT_S", "0")):
    # The same entries, with their own tasks: only the waiting is shorter.
    app.conf.update(
        beat_schedule={
            name: {**entry, "schedule": timedelta(seconds=tick), "options": {"expires": 60}}
            for name, entry in app.conf.beat_schedule.items()
        }
    )
if gate := os.environ.get("DRILL_PRESS_GATE"):
    press = pdf.typeset

    def held(*args: Any, **kwargs: Any) -> bytes:
        """Typeset only once the drill has opened the gate: what was read before stays as it was read."""
        deadline = time.monotonic() + 120
        Path(f"{gate}.reached").touch()
        while not Path(gate).exists() and time.monotonic() < deadline:
            time.sleep(0.05)  # The gate is a file that the drill makes.
        return press(*args, **kwargs)

    pdf.typeset = held


@outbox_task("drill.poison")
def poison(session: Session) -> None:
    """Kill the process that runs it, every time."""
    os.kill(os.getpid(), signal.SIGKILL)


@outbox_task("drill.slow")
def slow(session: Session, *, seconds: float, mark: str) -> None:
    """Take its time, then leave one row: a notice for nobody would do, an outbox row does as well."""
    session.execute(text("SELECT 1"))
    time.sleep(seconds)  # Being slow is what it is for.
    jobs.enqueue(session, "drill.trace", key=f"{mark}:{time.monotonic_ns()}")


@outbox_task("drill.trace")
def trace(session: Session) -> None:
    """Nothing: its row is the trace."""
