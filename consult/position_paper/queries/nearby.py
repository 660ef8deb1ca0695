"""Published findings that speak of what a text speaks of, by the words they share, rare words weighing more."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

CONFIGURATIONS = {"it": "italian", "en": "english", "fr": "french"}
#: Share of a text's weight of words that a finding must have to be called near, and how many of the text's words are looked at.
THRESHOLD, WORDS = 0.12, 60
#: Fewer words than this say too little.
FEWEST_WORDS = 5

# Only what is published is read: titles (weighing twice) and sentences of the latest version, with quotes by place, so never their words.
_STATEMENT = text(
    """
    WITH latest AS (
        SELECT content FROM paper_version WHERE process_id = :process_id ORDER BY number DESC LIMIT 1
    ),
    said AS (
        SELECT CAST(f.finding ->> 'id' AS uuid) AS id, CAST(f.finding ->> 'number' AS integer) AS number, f.finding ->> 'title' AS title,
            f.finding ->> 'strategy_code' AS strategy_code,
            setweight(to_tsvector(CAST(:configuration AS regconfig), f.finding ->> 'title'), 'A') || setweight(to_tsvector(
                CAST(:configuration AS regconfig),
                coalesce((SELECT string_agg(s.sentence ->> 'text', ' ') FROM jsonb_array_elements(f.finding -> 'sentences') AS s(sentence)), '')
            ), 'B') AS words
        FROM latest
        CROSS JOIN jsonb_array_elements(latest.content -> 'sections') AS s(section)
        CROSS JOIN jsonb_array_elements(s.section -> 'findings') AS f(finding)
    ),
    typed AS (
        SELECT word, (tsvector_to_array(to_tsvector(CAST(:configuration AS regconfig), word)))[1] AS lexeme
        FROM regexp_split_to_table(lower(:text), '[^[:alpha:]]+') AS word
    ),
    mine AS (
        SELECT lexeme, min(word) AS word FROM typed WHERE length(lexeme) > 2
        GROUP BY lexeme ORDER BY count(*) DESC, length(lexeme) DESC, lexeme LIMIT :words
    ),
    hits AS (
        SELECT said.id, mine.lexeme, mine.word, CASE WHEN 'A' = ANY (u.weights) THEN 2.0 ELSE 1.0 END AS weight
        FROM said CROSS JOIN unnest(said.words) AS u JOIN mine ON mine.lexeme = u.lexeme
    ),
    worth AS (
        SELECT mine.lexeme, ln(1 + (SELECT count(*) FROM said) / (1.0 + count(DISTINCT hits.id))) AS value
        FROM mine LEFT JOIN hits ON hits.lexeme = mine.lexeme GROUP BY mine.lexeme
    ),
    scored AS (
        SELECT hits.id, sum(worth.value * hits.weight) / NULLIF((SELECT sum(value) FROM worth), 0) AS score, count(*) AS shared,
            (array_agg(hits.word ORDER BY worth.value * hits.weight DESC, hits.word))[1:5] AS words
        FROM hits JOIN worth ON worth.lexeme = hits.lexeme GROUP BY hits.id
    )
    SELECT said.id, said.number, said.title, said.strategy_code, scored.words
    FROM scored JOIN said ON said.id = scored.id
    WHERE scored.score >= :threshold AND scored.shared > 1
    ORDER BY scored.score DESC, said.number
    LIMIT :size
    """
)


@dataclass(frozen=True, slots=True)
class NearFinding:
    """A published finding near to a text, with the text's own words that say so, the most telling first."""

    id: uuid.UUID
    number: int
    title: str
    strategy_code: str | None
    words: Sequence[str]


def near_findings(
    session: Session, *, process_id: uuid.UUID, text: str, language: str = "it", size: int = 3
) -> list[NearFinding]:
    """Published findings that a text may answer, nearest first, in one statement; none for very short texts."""
    if len(text.split()) < FEWEST_WORDS:
        return []
    rows = session.execute(
        _STATEMENT,
        {
            "configuration": CONFIGURATIONS.get(language, "italian"), "process_id": process_id, "text": text[:8000], "words": WORDS,
            "threshold": THRESHOLD, "size": size,
        },
    )  # fmt: skip  # one row of values reads better so
    return [NearFinding(row[0], row[1], row[2], row[3], tuple(row[4])) for row in rows]
