"""Publishing: what people accepted is frozen as a version, with the manifest that lets anyone check it."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Invalid
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.evidence import queries as evidence
from consult.evidence.rules import words_hash
from consult.listening.sources import queries as sources
from consult.listening.sources.rules import naming
from consult.listening.sources.types import SourceCard
from consult.position_paper.models import Paper, PaperVersion, PublishedFinding
from consult.position_paper.services.approving import signed_off
from consult.position_paper.services.checking import check_paper
from consult.position_paper.services.content import build
from consult.position_paper.services.requesting import ask_for_files


def publish(session: Session, *, process_id: uuid.UUID, note: str, actor: Actor, now: datetime) -> int:
    """Freeze the accepted findings as the next version and ask for its files; returns its number.

    Raises Invalid when no finding may be published yet, or one of them fails the check of its sources, numbers and quotes.
    """
    paper, content, manifest = freeze(session, process_id=process_id, actor=actor)
    latest = session.execute(
        select(func.coalesce(func.max(PaperVersion.number), 0)).where(PaperVersion.paper_id == paper.id)
    ).scalar_one()
    version = PaperVersion(
        process_id=process_id, paper_id=paper.id, number=latest + 1, content=content, note=note, signed_by=actor.account_id,
        signed_name=actor.name[:120], published_at=now,
        manifest={"version": latest + 1, "published_at": now.isoformat(), **manifest},
    )  # fmt: skip  # one row of values reads better so
    session.add(version)
    session.flush()
    list_findings(session, version_id=version.id, content=content)
    ask_for_files(session, paper_id=paper.id, version_number=version.number, asked_by=actor.account_id, now=now)
    jobs.enqueue(session, "moderation.tell_published", key=version.id, version_id=version.id)
    jobs.enqueue(session, "position_paper.tell_final", key=version.id, version_id=version.id)
    record(
        session,
        actor=actor,
        action="paper.published",
        kind=ThingKind.paper,
        object_id=paper.id,
        process_id=process_id,
        version=version.number,
    )
    session.flush()
    return version.number


def freeze(session: Session, *, process_id: uuid.UUID, actor: Actor) -> tuple[Paper, dict[str, Any], dict[str, Any]]:
    """The paper, locked, with what people accepted of it as a value and the manifest of that value.

    Raises Invalid when nothing may be shown yet, or a finding fails the check of its sources, numbers and quotes.
    """
    paper = session.execute(
        select(Paper)
        .where(Paper.process_id == process_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    content = build(session, process_id=process_id, publishable_only=True) if paper is not None else None
    if paper is None or content is None or not any(section["findings"] for section in content["sections"]):
        raise Invalid(
            "Non c’è ancora niente da pubblicare: servono risultanze accettate, che poggiano su temi accettati o scritte da una persona."
        )
    standing = {finding["id"] for section in content["sections"] for finding in section["findings"]}
    check = check_paper(session, process_id=process_id, accepted_only=True)
    wrong = {p.finding_id for p in check.severe if str(p.finding_id) in standing} if check else set()
    if wrong:
        raise Invalid(
            Sentence(
                "Risultanze che il controllo non passa: %(n)s. Prima di pubblicare vanno corrette.",
                n=len(wrong),
            )
        )
    cards = _name_quotes(session, content)
    return paper, content, _manifest(session, paper, content, cards, actor)


def list_findings(session: Session, *, version_id: uuid.UUID, content: dict[str, Any]) -> None:
    """Write which findings stand in a version."""
    rows = [
        PublishedFinding(
            version_id=version_id,
            finding_id=uuid.UUID(finding["id"]),
            strategy_id=uuid.UUID(finding["strategy_id"]) if finding["strategy_id"] else None,
            title=finding["title"],
            number=finding["number"],
        )
        for section in content["sections"]
        for finding in section["findings"]
    ]
    session.add_all(rows)


def canonical(content: dict[str, Any]) -> bytes:
    """Content as bytes that are equal for equal content."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _name_quotes(session: Session, content: dict[str, Any]) -> dict[uuid.UUID, SourceCard]:
    """Write beside each quote how much is said of who said it, so that less consent later is noticed; returns what is cited."""
    cited = [s for section in content["sections"] for finding in section["findings"] for s in finding["sources"]]
    cards = sources.cards(session, ids=sorted({uuid.UUID(s["id"]) for s in cited}), public_only=False)
    for source in cited:
        if source["quote"] is not None and (card := cards.get(uuid.UUID(source["id"]))) is not None:
            source["naming"] = naming(card)
    return cards


def _manifest(
    session: Session,
    paper: Paper,
    content: dict[str, Any],
    cards: Mapping[uuid.UUID, SourceCard],
    actor: Actor,
) -> dict[str, Any]:
    """Which sources at which revision with which hash, by which method, parameters and versions, signed by whom, approved by whom."""
    outcome = evidence.outcome(session, run_id=paper.last_run_id) if paper.last_run_id else None
    return {
        "signed_by": actor.name,
        "approvals": signed_off(session, process_id=paper.process_id),
        "content_sha256": hashlib.sha256(canonical(content)).hexdigest(),
        "cited_sources": [
            [str(key), card.revision, words_hash(card.text)]
            for key, card in sorted(cards.items(), key=lambda p: str(p[0]))
        ],
        "aggregation": None
        if outcome is None
        else {
            "run": str(outcome.run_id),
            "number": outcome.number,
            "inputs": [list(item) for item in evidence.run_inputs(session, run_id=outcome.run_id)],
            "inputs_sha256": outcome.inputs_sha256,
            "method": outcome.manifest,
        },
    }
