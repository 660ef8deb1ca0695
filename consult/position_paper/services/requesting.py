"""Asking for files of a paper, and what is said where one can't be built: on the page of the files, and to who asked."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.core import jobs
from consult.notices.services import notify
from consult.position_paper import emails
from consult.position_paper.models import Paper, PaperFileRequest
from consult.position_paper.types import FILE_KINDS, WRITERS, FileFailure
from consult.process.models import Process
from consult.process.queries import with_roles

TOPIC = "position_paper.build_file"
#: Asked again within this time a file is built once; one of a frozen edition that failed would fail again, and is tried once an hour,
#: but for what was lost with its worker, which was no fault of the text's.
ONCE_IN, AGAIN_IN = timedelta(minutes=1), timedelta(hours=1)


def ask_for_files(
    session: Session,
    *,
    paper_id: uuid.UUID,
    version_number: int,
    now: datetime,
    draft_number: int = 0,
    anew: bool = False,
    asked_by: uuid.UUID | None = None,
) -> tuple[str, ...]:
    """Ask for the files of a version (0: the draft, or the named draft in consultation); asked again within a minute, they are built once.

    `anew`: what they were built from has changed, so they are built again whatever was asked a moment ago. `asked_by` is told where one
    of them can't be built; without an account, who writes the paper is, once for each edition and format.
    Returns the formats that are built now.
    """
    q = PaperFileRequest
    asked = {"asked_at": now, "asked_by": asked_by, "done_at": None, "failed_at": None, "why": ""}
    frozen = version_number + draft_number > 0
    due = or_(
        and_(q.failed_at.is_(None), q.asked_at <= now - ONCE_IN),
        q.failed_at <= now - (AGAIN_IN if frozen else ONCE_IN),
        and_(q.why == FileFailure.lost, q.failed_at <= now - ONCE_IN),
    )
    new = insert(q).values(
        [
            {
                "id": uuid.uuid4(), "paper_id": paper_id, "version_number": version_number, "draft_number": draft_number, "format": kind,
                **asked,
            }
            for kind in FILE_KINDS
        ]
    )  # fmt: skip  # one row of values reads better so
    # Who asked for what still waits is told of it also when someone else asks meanwhile; once it is done or failed nobody stands there.
    first_asker = func.coalesce(q.asked_by, new.excluded.asked_by)
    built_now = session.execute(
        new.on_conflict_do_update(
            index_elements=["paper_id", "version_number", "draft_number", "format"],
            set_={**asked, "asked_by": first_asker},
            where=None if anew else due,
        ).returning(q.format)
    ).scalars()
    wanted = tuple(built_now)
    jobs.enqueue_all(
        session,
        TOPIC,
        {
            f"{paper_id}:{version_number}:{draft_number}:{kind}:{now:%Y%m%d%H%M%S%f}": {
                "paper_id": paper_id,
                "version_number": version_number,
                "draft_number": draft_number,
                "kind": kind,
                "turn": now.isoformat(),
            }
            for kind in wanted
        },
    )
    return tuple(kind for kind in FILE_KINDS if kind in wanted)


def note_built(
    session: Session,
    *,
    paper_id: uuid.UUID,
    version_number: int,
    draft_number: int,
    kind: str,
    now: datetime,
    turn: datetime | None = None,
) -> None:
    """A file is there: nobody waits for it any more.

    `turn` is the moment of the request that it was built for: one that was made since still waits for its own.
    """
    session.execute(
        update(PaperFileRequest)
        .where(*_one(paper_id, version_number, draft_number, kind, turn))
        .values(done_at=now, failed_at=None, why="", asked_by=None)
    )


def fail_file(
    session: Session,
    *,
    paper_id: uuid.UUID,
    version_number: int,
    kind: str,
    why: FileFailure,
    now: datetime,
    draft_number: int = 0,
    turn: datetime | None = None,
) -> int:
    """A file can't be built: the page of the files says so with the reason, and so does a notice; returns how many were told.

    `turn` as in `note_built`: what fails for an older request says nothing of the one that was made since.
    """
    row = session.execute(
        select(PaperFileRequest).where(*_one(paper_id, version_number, draft_number, kind, turn)).with_for_update()
    ).scalar_one_or_none()
    # A job that is delivered twice fails twice.
    if row is None or row.why:
        return 0
    asked_by, row.asked_by = row.asked_by, None
    row.done_at, row.failed_at, row.why = None, now, str(why)
    session.flush()
    process_id, slug = session.execute(
        select(Process.id, Process.slug).join(Paper, Paper.process_id == Process.id).where(Paper.id == paper_id)
    ).one()
    endpoint, values = _page(slug, version_number, draft_number)
    key = f"paper-file:{paper_id}:{version_number}:{draft_number}:{kind}"
    news = emails.FileNews(kind, str(why), version_number, draft_number)
    return notify(
        session,
        account_ids=[asked_by] if asked_by else with_roles(session, process_id=process_id, roles=WRITERS),
        kind="paper",
        words=lambda language: (news.subject(language), news.body(language)),
        link_endpoint=endpoint,
        link_values=values,
        process_id=process_id,
        # Who asked hears of each request; the writers, whom any passer-by could have told every hour, once.
        key=f"{key}:{row.asked_at.isoformat()}" if asked_by else key,
        now=now,
    )


def _one(
    paper_id: uuid.UUID, version_number: int, draft_number: int, kind: str, turn: datetime | None
) -> tuple[Any, ...]:
    q = PaperFileRequest
    return (
        # Jobs that were written before they carried their turn stand for whatever was asked last.
        *(() if turn is None else (q.asked_at == turn,)),
        q.paper_id == paper_id,
        q.version_number == version_number,
        q.draft_number == draft_number,
        q.format == kind,
    )


def _page(slug: str, version_number: int, draft_number: int) -> tuple[str, dict[str, object]]:
    if draft_number:
        return "position_paper.consulted_files", {"slug": slug, "number": draft_number}
    if version_number:
        return "position_paper.version_files", {"slug": slug, "number": version_number}
    return "position_paper.draft_files", {"slug": slug}
