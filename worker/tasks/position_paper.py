"""The position paper: the draft after a run, and files built for download."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from consult.core.clock import database_now
from consult.position_paper import services
from worker.celery_app import settings
from worker.jobs import outbox_task
from worker.letters import outgoing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@outbox_task("position_paper.draft")
def draft(session: Session, *, run_id: str) -> None:
    """Propose findings from a finished run."""
    services.draft_paper(session, run_id=uuid.UUID(run_id), now=database_now(session))


@outbox_task("position_paper.follow_consent")
def follow_consent(session: Session, *, process_id: str) -> None:
    """Publish the paper anew without what consent no longer covers, where there is any."""
    with outgoing():
        services.follow_consent(session, process_id=uuid.UUID(process_id), now=database_now(session))


@outbox_task("position_paper.follow_coding")
def follow_coding(session: Session, *, process_id: str) -> None:
    """Note on findings which sources came under their themes or left them."""
    services.follow_coding(session, process_id=uuid.UUID(process_id))


@outbox_task("position_paper.build_file")
def build_file(session: Session, *, paper_id: str, version_number: int, kind: str) -> None:
    """Build one file of a version, or of the draft (0)."""
    services.build_file(
        session,
        paper_id=uuid.UUID(paper_id),
        version_number=version_number,
        kind=kind,
        settings=settings,
        now=database_now(session),
    )
