"""Reads of first sessions: ballots, and what they say together, by table and by zone."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from consult.analytics.standings import standings, tells_more, with_standings
from consult.analytics.tallies import Choice, Ranking, ranking
from consult.framework.queries import StrategyRow, ZoneRow
from consult.listening.meetings.models import MeetingBallot, MeetingPick
from consult.listening.meetings.rules import SMALLEST
from consult.listening.meetings.types import BallotRow, TableRow


def ballots(session: Session, *, meeting_id: uuid.UUID) -> list[BallotRow]:
    """All ballots of a meeting, each with its strategies in their order."""
    chosen = (
        select(func.array_agg(aggregate_order_by(MeetingPick.strategy_id, MeetingPick.rank)))
        .where(MeetingPick.ballot_id == MeetingBallot.id)
        .correlate(MeetingBallot)
        .scalar_subquery()
    )
    statement = (
        select(
            MeetingBallot.id, MeetingBallot.by_table, MeetingBallot.table_id, MeetingBallot.zone_id, MeetingBallot.people, chosen
        )
        .where(MeetingBallot.meeting_id == meeting_id)
        .order_by(MeetingBallot.id)
    )  # fmt: skip  # the order of BallotRow's fields
    return [
        BallotRow(row[0], row[1], row[2], row[3], row[4], tuple(row[5] or ())) for row in session.execute(statement)
    ]


def own_ballot(session: Session, *, meeting_id: uuid.UUID, voter: bytes) -> BallotRow | None:
    """The ballot that this browser gave, or None."""
    key = session.execute(
        select(MeetingBallot.id).where(MeetingBallot.meeting_id == meeting_id, MeetingBallot.voter_hash == voter)
    ).scalar_one_or_none()
    return next((b for b in ballots(session, meeting_id=meeting_id) if b.id == key), None) if key else None


@dataclass(frozen=True, slots=True)
class Group:
    """What a group of ballots says together; `standing` None: too few ballots to be shown by themselves."""

    title: str
    code: str
    ballots: int
    standing: Ranking | None


@dataclass(frozen=True, slots=True)
class Result:
    """What a first session gave. Tables and participants are counted apart: who sat at a table may also have used a phone."""

    whole: Ranking | None
    #: How often each strategy stands at each place on phones; empty where that would tell on few people.
    places: tuple[tuple[str, tuple[Choice, ...]], ...]
    #: The same for tables, whose choices were said aloud.
    table_places: tuple[tuple[str, tuple[Choice, ...]], ...]
    by_phone: int
    zones: tuple[Group, ...]
    phone_tables: tuple[Group, ...]
    decided: tuple[tuple[TableRow, BallotRow], ...]
    tables_together: Ranking | None

    @property
    def empty(self) -> bool:
        """Whether nobody chose anything yet."""
        return not self.by_phone and not self.decided


def _codes(rows: Iterable[BallotRow], code_of: dict[uuid.UUID, str]) -> list[list[str]]:
    return [[code_of[key] for key in row.strategies if key in code_of] for row in rows]


def _apart(groups: list[Group], whole: int) -> tuple[Group, ...]:
    """Groups that may be shown beside the whole: the whole less what is shown must not leave a handful of people.

    A single group that is everybody says nothing new and is left out.
    """
    if len(groups) == 1 and groups[0].ballots == whole:
        return ()
    shown = sorted((g for g in groups if g.standing), key=lambda g: (g.ballots, g.code))
    while shown and 0 < whole - sum(g.ballots for g in shown) < SMALLEST:
        shown.pop(0)
    kept = {g.code for g in shown}
    return tuple(g if g.code in kept else replace(g, standing=None) for g in groups)


def result(
    rows: Sequence[BallotRow],
    *,
    strategies: Sequence[StrategyRow],
    tables: Sequence[TableRow],
    zones: Sequence[ZoneRow],
) -> Result:
    """Count the ballots: all, by zone, by table. Groups under five ballots of single people are not shown by themselves."""
    code_of = {strategy.id: strategy.code for strategy in strategies}
    codes = [strategy.code for strategy in strategies]
    phone = [row for row in rows if not row.by_table]
    decided = {row.table_id: row for row in rows if row.by_table}

    def group(title: str, code: str, mine: list[BallotRow]) -> Group:
        # Of a group only the order: its counts, taken from those of all, would be those of the rest.
        return Group(title, code, len(mine), with_standings(ranking(codes, _codes(mine, code_of)), (), pairs=False))

    by_zone = [
        group(zone.name, zone.code, mine) for zone in zones if (mine := [r for r in phone if r.zone_id == zone.id])
    ]
    by_table = [
        group(table.title, str(table.number), mine)
        for table in tables
        if (mine := [r for r in phone if r.table_id == table.id])
    ]
    said = _codes(phone, code_of)
    whole = ranking(codes, said)
    places = standings(codes, said, least=SMALLEST) if whole else ()
    if whole and tells_more(whole, places):
        whole = with_standings(whole, places)
    else:
        places = ()
    return Result(
        whole=whole,
        places=places,
        table_places=standings(codes, _codes(decided.values(), code_of), least=1) if len(decided) > 1 else (),
        by_phone=len(phone),
        zones=_apart(by_zone, len(phone)),
        phone_tables=_apart(by_table, len(phone)),
        decided=tuple((table, decided[table.id]) for table in tables if table.id in decided),
        # What a table decided is said aloud in the room: a single table may be shown.
        tables_together=ranking(codes, _codes(decided.values(), code_of), least=1) if decided else None,
    )
