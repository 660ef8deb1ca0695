"""What became of one interview's words: the exact quotes that findings use."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from consult.evidence.rules import words_hash
from consult.listening.sources.types import SourceCard
from consult.position_paper.models import Finding, FindingSource, PublishedFinding


@dataclass(frozen=True, slots=True)
class QuoteUsed:
    """Words of a passage in a finding; empty where it is cited without words, or they may not be shown any more."""

    finding_id: uuid.UUID
    title: str
    words: str
    published: bool


def quotes_used(session: Session, *, sources: Sequence[SourceCard]) -> dict[uuid.UUID, list[QuoteUsed]]:
    """By passage, the findings that cite it, with the words that stand there today; in one statement."""
    by_id = {card.id: card for card in sources}
    published = exists().where(PublishedFinding.finding_id == Finding.id)
    rows = session.execute(
        select(FindingSource, Finding.title, published)
        .join(Finding, Finding.id == FindingSource.finding_id)
        .where(FindingSource.source_id.in_(list(by_id)), Finding.state.in_(("proposed", "accepted")))
        .order_by(FindingSource.source_id, Finding.title, Finding.id)
    )
    found: dict[uuid.UUID, list[QuoteUsed]] = defaultdict(list)
    for cited, title, out in rows:
        card = by_id[cited.source_id]
        words = card.text[cited.quote_start : cited.quote_end] if cited.quote_start is not None else ""
        standing = card.state == "live" and card.quotable != "none" and words_hash(words) == cited.quote_sha256
        found[card.id].append(QuoteUsed(cited.finding_id, title, words if standing else "", bool(out)))
    return dict(found)
