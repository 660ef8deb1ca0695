"""Consent that changes after publication: what it no longer covers leaves the paper by a new version, numbered, dated and marked.

The frozen versions stay in the database with their manifests; their pages and files show only what consent covers now, and point to
the new one. The job is asked for by whatever changes a source (`sources.services`), and reads the present state when it runs: asked
for ten times, or late, it does the same once. The clock looks besides: what changed without asking, or whose job was lost, is
followed all the same.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import Any

from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.jobs import OutboxJob
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import ThingKind
from consult.evidence.rules import words_at
from consult.evidence.types import Place
from consult.listening.sources import queries as sources
from consult.listening.sources.rules import may_quote, naming
from consult.listening.sources.services import FOLLOWED_BY
from consult.notices.services import notify
from consult.position_paper import emails, queries, rules
from consult.position_paper.models import Paper, PaperVersion
from consult.position_paper.services.publishing import canonical, list_findings
from consult.position_paper.services.requesting import ask_for_files
from consult.position_paper.types import WRITERS, TakenOut
from consult.process.queries import slug_of, with_roles


def follow_consent(session: Session, *, process_id: uuid.UUID, now: datetime) -> int | None:
    """Publish the latest version anew without what consent no longer covers; returns its number, or None where nothing must go.

    The lock on the paper makes it wait for a publication under way, and a publication for it.
    """
    paper = session.execute(
        select(Paper)
        .where(Paper.process_id == process_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if paper is None:
        return None
    latest = session.execute(
        select(PaperVersion).where(PaperVersion.paper_id == paper.id).order_by(PaperVersion.number.desc()).limit(1)
    ).scalar_one_or_none()
    if latest is None:
        # Nothing is published, but a draft in consultation has files too.
        _build_stale_files(session, paper.id, now)
        return None
    found = _redact(session, latest, now)
    if found is None:
        _build_stale_files(session, paper.id, now)
        return None
    content, done = found
    number = latest.number + 1
    manifest = {
        **latest.manifest,
        "version": number,
        "published_at": now.isoformat(),
        "content_sha256": hashlib.sha256(canonical(content)).hexdigest(),
        "cited_sources": _still_cited(latest.manifest.get("cited_sources", []), content),
        "redaction": {**content["redaction"], "of_content_sha256": latest.manifest.get("content_sha256")},
    }
    version = PaperVersion(
        process_id=process_id, paper_id=paper.id, number=number, redacts=latest.number, content=content, manifest=manifest, note="",
        signed_by=None, signed_name=latest.signed_name, published_at=now,
    )  # fmt: skip  # one row of values reads better so
    session.add(version)
    session.flush()
    list_findings(session, version_id=version.id, content=content)
    ask_for_files(session, paper_id=paper.id, version_number=number, now=now)
    session.flush()
    _build_stale_files(session, paper.id, now)
    record(
        session, actor=SYSTEM, action="paper.redacted", kind=ThingKind.paper, object_id=paper.id, process_id=process_id, version=number,
        of_version=latest.number, quotes=done.quotes, sources=done.sources, names=done.names, findings=len(done.findings),
    )  # fmt: skip  # one row of values reads better so
    _tell(session, process_id, number, latest.number, len(done.findings), now)
    session.flush()
    return number


def ask_for_due(session: Session) -> None:
    """Ask, once for each state of the cited sources, that the published paper of every process follows them; called by the clock.

    Where such a job waits already nothing is asked for: it was asked for by the change itself, and gathers what comes after.
    """
    waiting = session.execute(
        select(OutboxJob.payload["process_id"].astext)
        .where(OutboxJob.topic == FOLLOWED_BY, OutboxJob.done_at.is_(None), OutboxJob.parked_at.is_(None))
        .order_by(OutboxJob.id)
    ).scalars()
    skipped = set(waiting)
    due = {
        f"clock:{version_id}:{mark}": {"process_id": process_id}
        for process_id, version_id, mark in queries.marks_of_cited(session)
        if str(process_id) not in skipped
    }
    jobs.enqueue_all(session, FOLLOWED_BY, due)


def _redact(session: Session, latest: PaperVersion, now: datetime) -> tuple[dict[str, Any], TakenOut] | None:
    """The latest content as consent stands now, or None where it says nothing it may not. One statement."""
    cited = sorted(
        {s["id"] for section in latest.content["sections"] for f in section["findings"] for s in f["sources"]}
    )
    cards = sources.cards(session, ids=[uuid.UUID(key) for key in cited], public_only=False)
    live = {str(key): rules.NAMINGS[naming(card)] for key, card in cards.items() if card.state == "live"}

    def holds(place: Place) -> bool:
        card = cards.get(uuid.UUID(place.source_id))
        return card is not None and may_quote(card) and words_at(place, card.text) is not None

    return rules.redact(
        latest.content,
        live=live,
        holds=holds,
        of=latest.number,
        at=now,
        day=format_date(now, "long", locale=latest.content["language"]),
    )


def _still_cited(cited: list[Any], content: dict[str, Any]) -> list[Any]:
    """The inputs of the version before that still stand in the content, with the revisions and hashes they were published at."""
    left = {s["id"] for section in content["sections"] for finding in section["findings"] for s in finding["sources"]}
    return [row for row in cited if row[0] in left]


def _build_stale_files(session: Session, paper_id: uuid.UUID, now: datetime) -> None:
    """Ask for the files of every version, and of every draft in consultation, that may no longer be served; until then none of them is."""
    for number, draft in queries.editions_with_stale_files(session, paper_id=paper_id):
        ask_for_files(session, paper_id=paper_id, version_number=number, draft_number=draft, now=now, anew=True)


def _tell(session: Session, process_id: uuid.UUID, number: int, of: int, findings: int, now: datetime) -> None:
    """Tell those who write the paper."""
    notify(
        session,
        account_ids=with_roles(session, process_id=process_id, roles=WRITERS),
        kind="paper",
        words=lambda language: (
            emails.redacted_subject(version=number, language=language),
            emails.redacted_body(of=of, findings=findings, language=language),
        ),
        link_endpoint="position_paper.workshop",
        link_values={"slug": slug_of(session, process_id=process_id)},
        process_id=process_id,
        key=f"paper:{process_id}:redacted:{number}",
        now=now,
    )
