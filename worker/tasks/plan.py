"""Files of the plan."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from consult.core.clock import database_now
from consult.plan import services
from worker.celery_app import settings
from worker.jobs import outbox_task

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@outbox_task("plan.build_file")
def build_file(session: Session, *, process_id: str, kind: str) -> None:
    """Build one file of the plan as it is now."""
    services.build_plan_file(
        session, process_id=uuid.UUID(process_id), kind=kind, settings=settings, now=database_now(session)
    )
