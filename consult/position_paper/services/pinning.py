"""What the machine's findings cite, kept as their themes stand: put right by the database, so that only what changed is written.

A paper over a hundred thousand sources cites as many; most of them stay from run to run, and none of them leaves the database.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ARRAY, Integer, String, Uuid, bindparam, text
from sqlalchemy.orm import Session

from consult.core.db import joined_at_once
from consult.evidence.types import Place

#: Positions of sources cited without words begin here.
AFTER_QUOTES = 1000
#: Where a source stands that is cited without words: the more and the clearer it speaks of the theme, the further up. It follows from the
#: source alone, so that one more does not move all the others.
_PIN = text("""
    WITH pinned AS (SELECT * FROM unnest(:findings, :themes) AS pinned (finding_id, theme_id)),
    against AS (SELECT * FROM unnest(:against_themes, :against_sources) AS against (theme_id, source_id)),
    quoted AS (
        SELECT * FROM unnest(:quoted_findings, :quoted_sources, :places, :starts, :ends, :hashes)
            AS quoted (finding_id, source_id, place, quote_start, quote_end, quote_sha256)
    ),
    coded AS (
        SELECT source_id, jsonb_agg(DISTINCT code_id ORDER BY code_id) AS codes
        FROM coding WHERE live AND process_id = :process_id GROUP BY source_id
    ),
    members AS (
        SELECT p.finding_id, p.theme_id, a.source_id, max(a.share) AS share, max(a.margin) AS margin
        FROM theme t
        LEFT JOIN theme_decision d ON d.theme_id = t.id
        JOIN pinned p ON p.theme_id = coalesce(d.merged_into_id, t.id)
        JOIN assignment a ON a.theme_id = t.id
        WHERE t.process_id = :process_id
        GROUP BY p.finding_id, p.theme_id, a.source_id
    ),
    wanted AS (
        SELECT m.finding_id, m.source_id, s.revision,
            CASE WHEN x.source_id IS NULL THEN 'supporting' ELSE 'contrary' END AS support,
            coalesce(
                q.place, :after + round(100 * (1 - m.share))::integer * 10001 + round(10000 * (1 - m.margin))::integer
            ) AS position,
            q.quote_start, q.quote_end, q.quote_sha256, coalesce(c.codes, '[]'::jsonb) AS codes
        FROM members m
        JOIN source s ON s.id = m.source_id AND s.state = 'live'
        LEFT JOIN against x ON x.theme_id = m.theme_id AND x.source_id = m.source_id
        LEFT JOIN quoted q ON q.finding_id = m.finding_id AND q.source_id = m.source_id
        LEFT JOIN coded c ON c.source_id = m.source_id
    ),
    cited AS (SELECT * FROM finding_source WHERE finding_id = ANY(:findings)),
    differing AS MATERIALIZED (
        SELECT coalesce(w.finding_id, f.finding_id) AS finding_id, coalesce(w.source_id, f.source_id) AS source_id,
            f.source_id IS NULL AS fresh, w.source_id IS NULL AS gone,
            w.revision, w.support, w.position, w.quote_start, w.quote_end, w.quote_sha256, w.codes
        FROM wanted w
        FULL JOIN cited f ON f.finding_id = w.finding_id AND f.source_id = w.source_id
        WHERE (f.revision, f.support, f.position, f.quote_start, f.quote_end, f.quote_sha256, f.origin, f.codes)
            IS DISTINCT FROM
            (w.revision, w.support, w.position, w.quote_start, w.quote_end, w.quote_sha256, 'machine', w.codes)
    ),
    gone AS (
        DELETE FROM finding_source f USING differing d WHERE d.gone AND d.finding_id = f.finding_id AND d.source_id = f.source_id
    ),
    moved AS (
        UPDATE finding_source f
        SET revision = d.revision, support = d.support, position = d.position, quote_start = d.quote_start,
            quote_end = d.quote_end, quote_sha256 = d.quote_sha256, origin = 'machine', codes = d.codes
        FROM differing d
        WHERE NOT d.gone AND NOT d.fresh AND d.finding_id = f.finding_id AND d.source_id = f.source_id
    )
    INSERT INTO finding_source
        (finding_id, source_id, support, revision, position, quote_start, quote_end, quote_sha256, origin, codes)
    SELECT d.finding_id, d.source_id, d.support, d.revision, d.position, d.quote_start, d.quote_end, d.quote_sha256, 'machine', d.codes
    FROM differing d
    WHERE d.fresh
""").bindparams(
    bindparam("findings", type_=ARRAY(Uuid)),
    bindparam("themes", type_=ARRAY(Uuid)),
    bindparam("against_themes", type_=ARRAY(Uuid)),
    bindparam("against_sources", type_=ARRAY(Uuid)),
    bindparam("quoted_findings", type_=ARRAY(Uuid)),
    bindparam("quoted_sources", type_=ARRAY(Uuid)),
    bindparam("places", type_=ARRAY(Integer)),
    bindparam("starts", type_=ARRAY(Integer)),
    bindparam("ends", type_=ARRAY(Integer)),
    bindparam("hashes", type_=ARRAY(String)),
    bindparam("process_id", type_=Uuid),
    bindparam("after", AFTER_QUOTES, type_=Integer),
)


def pin(
    session: Session,
    *,
    process_id: uuid.UUID,
    findings: Mapping[uuid.UUID, uuid.UUID],
    contrary: Iterable[tuple[uuid.UUID, uuid.UUID]],
    quotes: Mapping[uuid.UUID, Iterable[Place]],
) -> None:
    """Let findings (finding -> theme) cite what stands under their themes now, and nothing else. One statement.

    `contrary` are the sources, by theme, that speak against what the others ask for; `quotes` the words to show of a finding's sources,
    the most telling first.
    """
    if not findings:
        return
    against = list(contrary)
    quoted = [
        (finding, place, number)
        for finding, places in quotes.items()
        for number, place in enumerate({place.source_id: place for place in reversed(list(places))}.values())
    ]
    values: dict[str, Any] = {
        "process_id": process_id,
        "findings": list(findings),
        "themes": list(findings.values()),
        "against_themes": [theme for theme, _ in against],
        "against_sources": [source for _, source in against],
        "quoted_findings": [finding for finding, _, _ in quoted],
        "quoted_sources": [uuid.UUID(place.source_id) for _, place, _ in quoted],
        "places": [number for _, _, number in quoted],
        "starts": [place.start for _, place, _ in quoted],
        "ends": [place.end for _, place, _ in quoted],
        "hashes": [place.sha256 for _, place, _ in quoted],
    }
    session.flush()
    with joined_at_once(session):
        session.execute(_PIN, values)
