"""Reads of the coding desk: what there is to code, one page of passages, codings of a passage, suggestions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from sqlalchemy import case, exists, func, literal, select, tuple_
from sqlalchemy.orm import Session

from consult.evidence.models import Code, Coding, CodingAction, CodingSample, SuggestionDecision
from consult.evidence.queries.readings import strategy_links, themes_for_source
from consult.evidence.rules import anchored
from consult.evidence.types import CodingRow, PassageLine, Suggestion, UnitRow
from consult.listening.interviews.models import Interview
from consult.listening.sources.models import Source, SourceRevision

PASSAGES_PER_PAGE = 40
UNITS_PER_PAGE = 40
#: Interviews in the order they were held; those without a day come last.
_HELD = func.coalesce(Interview.held_on, date(9999, 12, 31))


def _coded() -> object:
    return (
        select(func.count())
        .select_from(Coding)
        .where(Coding.source_id == Source.id, Coding.live)
        .correlate(Source)
        .scalar_subquery()
    )


def units(
    session: Session, *, process_id: uuid.UUID, after: uuid.UUID | None = None, limit: int | None = None
) -> list[UnitRow]:
    """Interviews with passages that may be coded: how many, and how many are; in the order they were held, from the one `after` on."""
    coded = exists().where(Coding.source_id == Source.id, Coding.live)
    statement = (
        select(
            Interview.id, Interview.role, Interview.organisation, Interview.held_on, func.count(Source.id),
            func.count(Source.id).filter(coded),
        )
        .join(Source, Source.unit_id == Interview.id)
        .where(Interview.process_id == process_id, Source.state == "live")
        .group_by(Interview.id)
        .order_by(_HELD, Interview.id)
        .limit(limit)
    )  # fmt: skip  # the order of UnitRow's fields
    if after is not None:
        place = select(_HELD, Interview.id).where(Interview.id == after, Interview.process_id == process_id)
        here = session.execute(place).one_or_none()
        if here is not None:
            statement = statement.where(tuple_(_HELD, Interview.id) > tuple_(literal(here[0]), literal(here[1])))
    return [UnitRow(*row) for row in session.execute(statement)]


def passages(session: Session, *, unit_id: uuid.UUID, since: int = 0) -> list[PassageLine]:
    """One page of an interview's live passages from a position on, and one more to know whether there are others."""
    statement = (
        select(Source.id, Source.position, func.left(Source.text, 90), _coded())  # type: ignore[call-overload]  # A scalar subquery.
        .where(Source.unit_id == unit_id, Source.state == "live", Source.position >= since)
        .order_by(Source.position, Source.id)
        .limit(PASSAGES_PER_PAGE + 1)
    )
    return [PassageLine(*row) for row in session.execute(statement)]


def page_before(session: Session, *, unit_id: uuid.UUID, position: int) -> int | None:
    """Where the page before a position begins; None on the first."""
    rows = (
        session.execute(
            select(Source.position)
            .where(Source.unit_id == unit_id, Source.state == "live", Source.position < position)
            .order_by(Source.position.desc())
            .limit(PASSAGES_PER_PAGE)
        )
        .scalars()
        .all()
    )
    return rows[-1] if rows else None


def next_uncoded(session: Session, *, unit_id: uuid.UUID, after: int) -> uuid.UUID | None:
    """The next passage without a code after a position, else the first one; None where all are coded."""
    coded = exists().where(Coding.source_id == Source.id, Coding.live)
    return session.execute(
        select(Source.id)
        .where(Source.unit_id == unit_id, Source.state == "live", ~coded)
        .order_by(case((Source.position > after, 0), else_=1), Source.position, Source.id)
        .limit(1)
    ).scalar_one_or_none()


def place_of(session: Session, *, process_id: uuid.UUID, source_id: uuid.UUID) -> tuple[uuid.UUID, int] | None:
    """The interview and position of a live passage, or None."""
    row = session.execute(
        select(Source.unit_id, Source.position).where(
            Source.id == source_id, Source.process_id == process_id, Source.state == "live", Source.unit_id.is_not(None)
        )
    ).one_or_none()
    return (row[0], row[1]) if row and row[0] is not None else None


def codings_of(
    session: Session, *, source_id: uuid.UUID, text: str, only_by: uuid.UUID | None = None
) -> list[CodingRow]:
    """Codings of a passage in use, by place; `text` is the passage as it stands now. `only_by`: of one person."""
    statement = (
        select(Coding, Code.name, Code.colour, Code.state, SourceRevision.text)
        .join(Code, Code.id == Coding.code_id)
        .outerjoin(
            SourceRevision,
            (SourceRevision.source_id == Coding.source_id) & (SourceRevision.revision == Coding.revision),
        )
        .where(Coding.source_id == source_id, Coding.live)
        .order_by(Coding.span_start, Coding.span_end, Coding.coded_at, Coding.id)
    )
    if only_by is not None:
        statement = statement.where(Coding.coder_id == only_by)
    found = []
    for coding, name, colour, state, before in session.execute(statement):
        place = anchored(text, coding.span_start, coding.span_end, coding.sha256, before)
        start, end = place or (coding.span_start, coding.span_end)
        found.append(
            CodingRow(
                coding.id, source_id, coding.code_id, name, colour, state, coding.coder_id, start, end, coding.memo, coding.version,
                coding.coded_at, place is not None,
            )
        )  # fmt: skip  # the order of CodingRow's fields
    return found


def in_open_sample(session: Session, *, process_id: uuid.UUID, source_id: uuid.UUID, account_id: uuid.UUID) -> bool:
    """Whether this person codes this passage blindly: then the desk does not show what others coded in it."""
    return bool(
        session.execute(
            select(CodingSample.id)
            .where(
                CodingSample.process_id == process_id, CodingSample.state == "open",
                CodingSample.source_ids.contains([str(source_id)]), CodingSample.coder_ids.contains([str(account_id)]),
            )
            .limit(1)
        ).first()
    )  # fmt: skip  # one row of conditions reads better so


def suggestions(session: Session, *, source_id: uuid.UUID) -> list[Suggestion]:
    """Strategies and themes that the machine suggests for a passage, best first, with what people said to them."""
    decided = {
        (row.kind, row.target_id): row.verdict
        for row in session.execute(
            select(SuggestionDecision).where(SuggestionDecision.source_id == source_id)
        ).scalars()
    }
    found = [
        Suggestion(
            "strategy", link.strategy_id, f"{link.code} {link.title}", link.confidence, decided.get(("strategy", link.strategy_id))
        )
        for link in strategy_links(session, source_ids=[source_id])[source_id]
    ]  # fmt: skip  # one row of values reads better so
    found += [
        Suggestion("theme", theme.theme_id, theme.label, theme.share, decided.get(("theme", theme.theme_id)))
        for theme in themes_for_source(session, source_ids=[source_id])[source_id]
    ]
    return found


def history(
    session: Session, *, source_id: uuid.UUID, limit: int = 30
) -> list[tuple[str, str, uuid.UUID | None, object, bool]]:
    """What was done to a passage: (kind, code, who, when, whether it undoes), the newest first."""
    rows = session.execute(
        select(CodingAction.kind, Code.name, CodingAction.by, CodingAction.at, CodingAction.undoes.is_not(None))
        .join(Coding, Coding.id == CodingAction.coding_id)
        .join(Code, Code.id == Coding.code_id)
        .where(Coding.source_id == source_id)
        .order_by(CodingAction.number.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3], bool(row[4])) for row in rows]


def held_by_code(session: Session, *, code_id: uuid.UUID, limit: int = 40) -> Sequence[tuple[CodingRow, str]]:
    """What a code holds, with the words: the first pieces by source."""
    rows = session.execute(
        select(Coding, Code.name, Code.colour, Code.state, Source.text)
        .join(Code, Code.id == Coding.code_id)
        .join(Source, Source.id == Coding.source_id)
        .where(func.coalesce(Code.merged_into_id, Code.id) == code_id, Coding.live, Source.state == "live")
        .order_by(Coding.source_id, Coding.span_start, Coding.id)
        .limit(limit)
    )  # fmt: skip  # one row of conditions reads better so
    found = []
    for coding, name, colour, state, text in rows:
        place = anchored(text, coding.span_start, coding.span_end, coding.sha256, None)
        row = CodingRow(
            coding.id, coding.source_id, coding.code_id, name, colour, state, coding.coder_id, coding.span_start, coding.span_end, coding.memo,
            coding.version, coding.coded_at, place is not None,
        )  # fmt: skip  # the order of CodingRow's fields
        found.append((row, text[slice(*place)] if place else ""))
    return found
