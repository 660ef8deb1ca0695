"""The position paper: the draft after a run, and files built for download."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from consult.core.clock import database_now
from consult.position_paper import services
from consult.position_paper.types import FileFailure
from worker.celery_app import settings
from worker.jobs import outbox_task
from worker.letters import outgoing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


#: A draft over a million sources cites as many in one statement.
DRAFT_LIMIT_S = 600


@outbox_task("position_paper.draft", limit_s=DRAFT_LIMIT_S)
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


@outbox_task("position_paper.tell_consultation")
def tell_consultation(session: Session, *, consultation_id: str, what: str) -> None:
    """Tell people that a draft may be commented, or that its time is over."""
    with outgoing():
        services.tell_consultation(
            session, consultation_id=uuid.UUID(consultation_id), what=what, now=database_now(session)
        )


@outbox_task("position_paper.tell_comment")
def tell_comment(session: Session, *, comment_id: str) -> None:
    """Tell who is answered, and who writes the paper, of a comment on a draft."""
    with outgoing():
        services.tell_comment(session, comment_id=uuid.UUID(comment_id), now=database_now(session))


@outbox_task("position_paper.tell_answer")
def tell_answer(session: Session, *, comment_id: str, version: int) -> None:
    """Tell the author of a comment on a draft what became of it."""
    with outgoing():
        services.tell_answer(session, comment_id=uuid.UUID(comment_id), version=version, now=database_now(session))


@outbox_task("position_paper.tell_final")
def tell_final(session: Session, *, version_id: str) -> None:
    """Tell whoever commented a draft that the paper is published."""
    with outgoing():
        services.tell_final(session, version_id=uuid.UUID(version_id), now=database_now(session))


def _edition(paper_id: str, version_number: int, kind: str, draft_number: int = 0, turn: str = "") -> dict[str, Any]:
    """Which file a job is about: of a version, of the draft (0), or of a draft in consultation; older jobs name neither this nor their turn."""
    return {
        "paper_id": uuid.UUID(paper_id),
        "version_number": version_number,
        "kind": kind,
        "draft_number": draft_number,
        "turn": datetime.fromisoformat(turn) if turn else None,
    }


def _file_lost(session: Session, **named: Any) -> None:
    with outgoing():
        services.fail_file(session, **_edition(**named), why=FileFailure.lost, now=database_now(session))


@outbox_task("position_paper.build_file", when_lost=_file_lost)
def build_file(session: Session, **named: Any) -> None:
    """Build one file of a paper."""
    with outgoing():
        services.build_file(session, **_edition(**named), settings=settings, now=database_now(session))
