"""The proposals nearest to a text, by the words they share, rare words weighing more."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from consult.coplanning.proposals.queries.listing import CONFIGURATIONS

#: Share of the text's weight of words that another must have to be called similar.
THRESHOLD = 0.3
WORDS = 40

# Each word weighs ln(1 + N/n), with n the proposals that have it (inverse document frequency, Spärck Jones 1972); a word of the title
# weighs twice. A score is the weight shared over the weight of the whole text, so 1 means: has all its words.
_STATEMENT = text(
    """
    WITH mine AS (
        SELECT lexeme, CASE WHEN 'A' = ANY (weights) THEN 2.0 ELSE 1.0 END AS weight
        FROM unnest(setweight(to_tsvector(CAST(:configuration AS regconfig), :title), 'A')
                    || setweight(to_tsvector(CAST(:configuration AS regconfig), :text), 'B'))
        WHERE length(lexeme) > 2
        ORDER BY weight DESC, cardinality(positions) DESC, length(lexeme) DESC, lexeme
        LIMIT :words
    ),
    hits AS (
        SELECT mine.lexeme, mine.weight, proposal.id
        FROM mine JOIN proposal ON proposal.search @@ CAST(quote_literal(mine.lexeme) AS tsquery)
        WHERE proposal.process_id = :process_id AND proposal.state = 'published'
          AND proposal.id IS DISTINCT FROM CAST(:apart_from AS uuid)
    ),
    total AS (
        SELECT count(*) + 1.0 AS number FROM proposal WHERE process_id = :process_id AND state = 'published'
    ),
    worth AS (
        SELECT mine.lexeme, mine.weight * ln(1 + total.number / (1 + count(hits.id))) AS value
        FROM mine CROSS JOIN total LEFT JOIN hits ON hits.lexeme = mine.lexeme
        GROUP BY mine.lexeme, mine.weight, total.number
    ),
    scored AS (
        SELECT hits.id, sum(worth.value) / NULLIF((SELECT sum(value) FROM worth), 0) AS score
        FROM hits JOIN worth ON worth.lexeme = hits.lexeme
        GROUP BY hits.id
    )
    SELECT proposal.id, proposal.number, proposal.title, proposal.excerpt, proposal.supports_count, proposal.text_version,
           CAST(scored.score AS double precision) AS score,
           EXISTS (SELECT 1 FROM proposal_support s WHERE s.proposal_id = proposal.id AND s.account_id = CAST(:viewer_id AS uuid)) AS supported
    FROM scored JOIN proposal ON proposal.id = scored.id
    WHERE scored.score >= :threshold
    ORDER BY scored.score DESC, proposal.number
    LIMIT :size
    """
)


@dataclass(frozen=True, slots=True)
class SimilarRow:
    """A proposal near to a text; `score` is the share of the text's weight of words it has, 0 to 1."""

    id: uuid.UUID
    number: int
    title: str
    excerpt: str
    supports_count: int
    text_version: int
    score: float
    supported: bool


def similar(
    session: Session,
    *,
    process_id: uuid.UUID,
    title: str,
    words: str,
    language: str = "it",
    viewer_id: uuid.UUID | None = None,
    apart_from: uuid.UUID | None = None,
    size: int = 3,
) -> list[SimilarRow]:
    """Published proposals that share much of what a title and text say, nearest first; none for texts of a word or two."""
    if len(f"{title} {words}".split()) < 3:
        return []
    rows = session.execute(
        _STATEMENT,
        {
            "configuration": CONFIGURATIONS.get(language, "italian"),
            "title": title,
            "text": words,
            "words": WORDS,
            "process_id": process_id,
            "apart_from": apart_from,
            "viewer_id": viewer_id,
            "threshold": THRESHOLD,
            "size": size,
        },
    )
    return [SimilarRow(*row) for row in rows]
