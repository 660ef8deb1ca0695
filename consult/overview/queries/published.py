"""What published findings rest on, as it was published: edits in the workshop show nowhere before the next version."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from consult.evidence.types import Place
from consult.position_paper import queries as paper
from consult.position_paper.types import FindingCard

# A version's content is opened once, however many of its findings are asked for.
_SOURCES = text(
    """
    WITH latest AS (
        SELECT DISTINCT ON (p.finding_id) p.finding_id, p.version_id
        FROM published_finding p JOIN paper_version v ON v.id = p.version_id
        WHERE p.finding_id = ANY(:ids)
        ORDER BY p.finding_id, v.number DESC
    ), opened AS (
        SELECT v.id, f.finding
        FROM paper_version v
        CROSS JOIN jsonb_array_elements(v.content -> 'sections') AS s(section)
        CROSS JOIN jsonb_array_elements(s.section -> 'findings') AS f(finding)
        WHERE v.id IN (SELECT version_id FROM latest)
    )
    SELECT latest.finding_id, CAST(c.source ->> 'id' AS uuid) AS source_id, c.source ->> 'support' AS support,
        c.source -> 'quote' AS quote
    FROM latest
    JOIN opened ON opened.id = latest.version_id AND opened.finding ->> 'id' = CAST(latest.finding_id AS text)
    CROSS JOIN jsonb_array_elements(opened.finding -> 'sources') WITH ORDINALITY AS c(source, place)
    ORDER BY latest.finding_id, c.place
    """
)

_CITING = text(
    """
    WITH latest AS (
        SELECT DISTINCT ON (p.finding_id) p.finding_id, p.version_id
        FROM published_finding p JOIN paper_version v ON v.id = p.version_id
        WHERE v.process_id IN (SELECT process_id FROM source WHERE id = ANY(:ids))
        ORDER BY p.finding_id, v.number DESC
    ), opened AS (
        SELECT v.id, f.finding
        FROM paper_version v
        CROSS JOIN jsonb_array_elements(v.content -> 'sections') AS s(section)
        CROSS JOIN jsonb_array_elements(s.section -> 'findings') AS f(finding)
        WHERE v.id IN (SELECT version_id FROM latest)
    )
    SELECT CAST(c.source ->> 'id' AS uuid) AS source_id, latest.finding_id
    FROM latest
    JOIN opened ON opened.id = latest.version_id AND opened.finding ->> 'id' = CAST(latest.finding_id AS text)
    CROSS JOIN jsonb_array_elements(opened.finding -> 'sources') AS c(source)
    WHERE CAST(c.source ->> 'id' AS uuid) = ANY(:ids)
    ORDER BY 1, 2
    """
)


@dataclass(frozen=True, slots=True)
class Cited:
    """A source in a published finding: how it stands to it, and the place of the words that are quoted, where some are."""

    source_id: uuid.UUID
    support: str
    quote: Place | None


def sources_of(session: Session, *, finding_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Cited]]:
    """Sources of findings in the latest version each stands in, in the order of the paper."""
    ids = list(finding_ids)
    found: dict[uuid.UUID, list[Cited]] = {key: [] for key in ids}
    if ids:
        for finding_id, source_id, support, quote in session.execute(_SOURCES, {"ids": ids}):
            found[finding_id].append(Cited(source_id, support, Place(**quote) if quote else None))
    return found


def findings_citing(session: Session, *, source_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[FindingCard]]:
    """Published findings that cite each of some sources in their published text, by number."""
    found: dict[uuid.UUID, list[FindingCard]] = {key: [] for key in source_ids}
    if not found:
        return found
    links = session.execute(_CITING, {"ids": list(found)}).all()
    cards = paper.finding_cards(session, ids=list({finding_id for _source, finding_id in links}))
    for source_id, finding_id in links:
        found[source_id].append(cards[finding_id])
    return {key: sorted(listed, key=lambda card: card.number) for key, listed in found.items()}
