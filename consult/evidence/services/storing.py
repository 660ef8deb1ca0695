"""What a merge leaves: themes with members and quotes, readings of each source, and what the whole rests on."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Uuid, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, insert
from sqlalchemy.orm import Session

from consult.analytics.types import Summary
from consult.core.bulk import copy_packed, copy_rows
from consult.evidence.models import (
    Assignment,
    Run,
    RunResult,
    SourceReading,
    SourceVector,
    StrategyLink,
    Theme,
    ThemeQuote,
)
from consult.evidence.rules import bind
from consult.evidence.services import steps
from consult.evidence.services.steps import LINK_COLUMNS, MEMBER_COLUMNS
from consult.evidence.types import Place
from consult.listening.sources.models import Source

READING_COLUMNS = (
    "source_id", "process_id", "run_id", "revision", "fits", "none_confidence", "kind", "marks", "other", "duplicate_key",
)  # fmt: skip  # names read better in lines
QUOTE_COLUMNS = (
    "id", "theme_id", "position", "source_id", "revision", "quote_start", "quote_end", "quote_sha256", "minority",
)  # fmt: skip  # names read better in lines
#: Sentences that rest on every source of what they are about; those are not listed again.
OF_ALL = frozenset({"count", "spread", "caution", "themes"})
#: What shows that a sentence holds words of a source.
_QUOTING = ("«", "“", '"')


def store_themes(
    session: Session, *, run: Run, branches: Sequence[steps.Branch], strategy_ids: Mapping[str, uuid.UUID]
) -> None:
    """Replace the machine's themes, members and quotes."""
    session.execute(
        update(Theme).where(Theme.process_id == run.process_id, Theme.origin == "machine").values(present=False)
    )
    of_process = select(Theme.id).where(Theme.process_id == run.process_id).scalar_subquery()
    session.execute(delete(Assignment).where(Assignment.theme_id.in_(of_process)))
    session.execute(delete(ThemeQuote).where(ThemeQuote.theme_id.in_(of_process)))
    quotes: list[tuple[Any, ...]] = []
    told = [
        {
            "id": uuid.UUID(branch.ids[theme["key"]]),
            "process_id": run.process_id,
            "key": theme["key"],
            "origin": "machine",
        }
        | _theme_values(run, theme, strategy_ids)
        for branch in branches
        for theme in branch.told
    ]
    if told:
        statement = insert(Theme)
        fresh = {
            name: statement.excluded[name] for name in told[0] if name not in {"id", "process_id", "key", "origin"}
        }
        session.execute(statement.on_conflict_do_update(index_elements=["process_id", "key"], set_=fresh), told)
    for branch in branches:
        for theme in branch.told:
            theme_id = uuid.UUID(branch.ids[theme["key"]])
            for position, (source_id, revision, start, end, sha256, minority) in enumerate(theme["quotes"]):
                quotes.append(
                    (uuid.uuid4(), theme_id, position, uuid.UUID(source_id), revision, start, end, sha256, minority)
                )
        copy_packed(session, Assignment, MEMBER_COLUMNS, branch.rows)
    copy_rows(session, ThemeQuote, QUOTE_COLUMNS, quotes)
    # What was withdrawn while the merge went on stands nowhere.
    for table in (Assignment, ThemeQuote):
        away = select(Source.id).where(Source.process_id == run.process_id, Source.state != "live")
        session.execute(delete(table).where(table.source_id.in_(away)))


def _theme_values(run: Run, theme: Mapping[str, Any], strategy_ids: Mapping[str, uuid.UUID]) -> dict[str, Any]:
    place = theme["definition"]
    quotes = [Place(place[0], place[2], place[3], place[4], place[1]).as_json()] if place else []
    return {
        "run_id": run.id,
        "present": True,
        "strategy_id": strategy_ids.get(theme["code"]) if theme["code"] else None,
        "label": theme["label"][:200],
        "keywords": list(theme["keywords"]),
        "definition": "«⟦0⟧»" if place else "",
        "definition_quotes": quotes,
        "representation": [],
        "coverage": theme["coverage"],
        "concentrated": theme["concentrated"],
    }


def store_readings(session: Session, *, run: Run, links: Sequence[steps.Linked], copies: Mapping[str, str]) -> None:
    """Replace what the machine read in each source: strategies with reasons, kind, marks, copies; the most rows of a run.

    None of it is people's to decide, so it may be written before the themes are there; `settle_readings` says what only these tell.
    """
    of_process = select(Source.id).where(Source.process_id == run.process_id).scalar_subquery()
    session.execute(delete(StrategyLink).where(StrategyLink.source_id.in_(of_process)))
    session.execute(delete(SourceReading).where(SourceReading.process_id == run.process_id))
    for part in links:
        copy_packed(session, StrategyLink, LINK_COLUMNS, part.rows)
        rows = [
            (key, run.process_id, run.id, revision, fits, none, kind, marks, False, copies.get(key))
            for key, revision, fits, none, kind, marks in part.told
        ]
        copy_rows(session, SourceReading, READING_COLUMNS, rows)


def settle_readings(session: Session, *, process_id: uuid.UUID) -> bool:
    """Mark the sources that came under no theme, and let go of what was withdrawn while the merge went on; returns whether anything was."""
    away = select(Source.id).where(Source.process_id == process_id, Source.state != "live")
    session.execute(delete(StrategyLink).where(StrategyLink.source_id.in_(away)))
    gone = session.execute(
        delete(SourceReading).where(SourceReading.source_id.in_(away)).returning(SourceReading.source_id)
    ).all()
    under = (
        select(Assignment.source_id)
        .join(Theme, Theme.id == Assignment.theme_id)
        .where(Theme.process_id == process_id, Assignment.source_id == SourceReading.source_id)
    )
    session.execute(
        update(SourceReading).where(SourceReading.process_id == process_id, ~under.exists()).values(other=True)
    )
    return bool(gone)


def keep_inputs(session: Session, *, run: Run, model: str) -> None:
    """Begin a run's result with what it rests on, and the hash of it, as `inputs_hash` says; both put together by the database.

    It may be done while the rest is worked out, which comes later; the hundred thousand lines never leave the database.
    """
    rows = (
        select(
            SourceReading.source_id.label("key"),
            sa.cast(SourceReading.source_id, sa.String).label("id"),
            sa.cast(SourceReading.revision, sa.String).label("revision"),
            SourceVector.digest,
        )
        .join(SourceVector, sa.and_(SourceVector.source_id == SourceReading.source_id, SourceVector.model == model))
        .where(SourceReading.process_id == run.process_id)
        .subquery()
    )
    c = rows.c

    def joined(line: Any, between: str) -> Any:
        # Keys in their own order are their letters in theirs, and are compared many times faster.
        return func.coalesce(func.string_agg(line, aggregate_order_by(sa.literal_column(f"'{between}'"), c.key)), "")

    # Written out as text, and once for both: a value built for each source, to be put together again, takes four times as long.
    listed = joined('["' + c.id + '",' + c.revision + ',"' + c.digest + '"]', ",")
    text = joined(c.id + "\x1f" + c.revision + "\x1f" + c.digest + "\n", "")
    hashed = func.encode(func.sha256(func.convert_to(text, "UTF8")), "hex")
    later: dict[str, Any] = {"manifest": {}, "counts": {}, "summaries": [], "changes": [], "duplicates": [], "theme_model": {}}
    begun = select(
        sa.literal(run.id, Uuid), sa.cast("[" + listed + "]", JSONB), hashed, *(sa.literal(value, JSONB) for value in later.values()),
        sa.literal(b"", sa.LargeBinary), sa.literal(b"", sa.LargeBinary),
    )  # fmt: skip  # one row of values reads better so
    session.execute(delete(RunResult).where(RunResult.run_id == run.id))
    columns = ["run_id", "inputs", "inputs_sha256", *later, "centres", "centroids"]
    session.execute(insert(RunResult).from_select(columns, begun, include_defaults=False))


#: In order of id, letter by letter, as `inputs_hash` sorts them.
_HASH_BESIDE = text("""
    WITH own AS (SELECT e ->> 0 AS id, e ->> 1 AS revision, e ->> 2 AS digest FROM jsonb_array_elements(:changes) e),
    whole AS (
        SELECT e ->> 0 AS id, e ->> 1 AS revision, e ->> 2 AS digest FROM run_result, jsonb_array_elements(inputs) e WHERE run_id = :run_id
    ),
    inputs AS (
        SELECT * FROM own WHERE revision <> '0'
        UNION ALL
        SELECT * FROM whole WHERE NOT EXISTS (SELECT FROM own WHERE own.id = whole.id)
    ),
    told AS (
        SELECT string_agg(id || E'\\x1f' || revision || E'\\x1f' || digest || E'\\n', '' ORDER BY id COLLATE "C") AS lines FROM inputs
    )
    SELECT encode(sha256(convert_to(coalesce(lines, ''), 'UTF8')), 'hex') FROM told
""").bindparams(bindparam("changes", type_=JSONB), bindparam("run_id", type_=Uuid))


def hash_beside(session: Session, *, run_id: uuid.UUID, changes: Sequence[Sequence[Any]]) -> str:
    """The `inputs_hash` of a run's inputs with some changed (`inputs_with`), put together by the database."""
    return str(session.execute(_HASH_BESIDE, {"changes": list(changes), "run_id": run_id}).scalar_one())


def bound_summaries(summaries: Iterable[Summary], texts: Mapping[str, tuple[str, int]]) -> list[dict[str, Any]]:
    """Summaries as they are stored: words of sources are replaced by where they stand, so that a withdrawal reaches them here too."""
    found = []
    for summary in summaries:
        sentences = []
        for sentence in summary.sentences:
            quoting = any(mark in sentence.text for mark in _QUOTING)
            own = {key: texts[key] for key in sentence.source_ids if key in texts} if quoting else {}
            bound, places = bind(sentence.text, own)
            # What rests on every source of its theme, strategy, axis or zone need not name thousands of them.
            rest = {"role": sentence.role, "source_ids": [] if sentence.role in OF_ALL else list(sentence.source_ids)}
            sentences.append({"text": bound, "quotes": [place.as_json() for place in places], **rest})
        found.append({"level": summary.level, "key": summary.key, "sentences": sentences})
    return found
