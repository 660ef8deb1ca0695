"""Reads of first sessions: ballots, and what they say together, by table and by zone."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from consult.analytics.asked import Asked, Given
from consult.analytics.rooms import of_groups, of_room
from consult.analytics.standings import standings
from consult.analytics.tallies import Choice, Ranking, ranking
from consult.framework.queries import StrategyRow, ZoneRow
from consult.listening.meetings.models import MeetingBallot, MeetingPick
from consult.listening.meetings.rules import SMALLEST
from consult.listening.meetings.types import BallotRow, TableRow

#: How many places the projector shows of a zone or a table, and at most how many strategies.
FIRST_PLACES, MOST_FIRST = 3, 6


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

    @property
    def firsts(self) -> list[tuple[str, int]]:
        """The strategies that stand first, each with its place; more than three where they share one."""
        places = self.standing.places if self.standing else ()
        return [(p.code, p.place) for p in places if p.place <= FIRST_PLACES and p.points != 0][:MOST_FIRST]


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


def _alone(sizes: Mapping[str, int], whole: int) -> list[str]:
    """Groups that may be shown beside the whole: the whole less what is shown must not leave a handful of people.

    A single group that is everybody says nothing new and is left out.
    """
    shown = sorted((name for name, n in sizes.items() if n >= SMALLEST), key=lambda name: (sizes[name], name))
    while shown and 0 < whole - sum(sizes[name] for name in shown) < SMALLEST:
        shown.pop(0)
    return shown


def _groups(asked: Asked, phone: Sequence[tuple[list[str], str]], titles: Mapping[str, str]) -> tuple[Group, ...]:
    """What each zone, or table, says by itself; `phone`: what was chosen and where, "" where that is not known."""
    counts = Counter(name for _choice, name in phone)
    sizes = {name: counts[name] for name in titles if counts[name]}
    if list(sizes.values()) == [len(phone)]:
        return ()
    shown = _alone(sizes, len(phone))
    given = [Given(choice, name, 1) for choice, name in phone]
    # Of a group only the order, and points where they tell on nobody: its counts, taken from those of all, would be those of the rest.
    told = of_groups(asked, given, dark={name for _choice, name in phone} - {*shown}, least=SMALLEST)
    return tuple(
        Group(titles[name], name, number, told[name].order if name in shown else None)
        for name, number in sizes.items()
    )


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
    asked = Asked("ranking", codes)
    phone = [row for row in rows if not row.by_table]
    decided = {row.table_id: row for row in rows if row.by_table}
    said = _codes(phone, code_of)
    zone_of: dict[uuid.UUID | None, str] = {z.id: z.code for z in zones}
    table_of: dict[uuid.UUID | None, str] = {t.id: str(t.number) for t in tables}
    by_zone = [(choice, zone_of.get(row.zone_id, "")) for choice, row in zip(said, phone, strict=True)]
    by_table = [(choice, table_of.get(row.table_id, "")) for choice, row in zip(said, phone, strict=True)]
    room = of_room(asked, said, least=SMALLEST)
    return Result(
        whole=room.whole.order,
        places=room.grid,
        table_places=standings(codes, _codes(decided.values(), code_of), least=1) if len(decided) > 1 else (),
        by_phone=len(phone),
        zones=_groups(asked, by_zone, {z.code: z.name for z in zones}),
        phone_tables=_groups(asked, by_table, {str(t.number): t.title for t in tables}),
        decided=tuple((table, decided[table.id]) for table in tables if table.id in decided),
        # What a table decided is said aloud in the room: a single table may be shown.
        tables_together=ranking(codes, _codes(decided.values(), code_of), least=1) if decided else None,
    )
