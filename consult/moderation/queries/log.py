"""The public log of moderation: numbers by reason, channel and zone, with small cells left out."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, literal, select
from sqlalchemy.orm import Session

from consult.analytics.suppression import cells_not_shown, not_shown
from consult.coplanning.proposals.models import ProposalZone
from consult.core.vocabulary import ThingKind
from consult.framework.models import Zone
from consult.listening.sources.models import Source
from consult.moderation import rules
from consult.moderation.models import ModerationAct
from consult.moderation.types import Verb


@dataclass(frozen=True, slots=True)
class LogTable:
    """Hidden texts by reason (rows) and by channel or zone (columns). None stands where a number is too small to be shown."""

    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[int | None], int | None]]
    sums: Sequence[int | None]


@dataclass(frozen=True, slots=True)
class Log:
    """What was hidden or refused in one process, and not shown again by undo."""

    total: int
    by_channel: LogTable
    by_zone: LogTable


def hidden(session: Session, *, process_id: uuid.UUID) -> Log:
    """The numbers of the texts hidden, and of those refused before they appeared, in one statement.

    The channel of a proposal or comment is its kind, that of a source its own. A proposal that names several zones, or none, and
    a comment are in the column without a zone, so that the sums stay sums.
    """
    only_zone = (
        select(func.min(Zone.code))
        .join(ProposalZone, ProposalZone.zone_id == Zone.id)
        .where(ProposalZone.proposal_id == ModerationAct.thing_id)
        .having(func.count() == 1)
        .correlate(ModerationAct)
        .scalar_subquery()
    )
    source_zone = select(Zone.code).where(Zone.id == Source.zone_id).correlate(Source).scalar_subquery()
    rows = session.execute(
        select(
            ModerationAct.reason_code,
            func.coalesce(Source.channel, ModerationAct.thing_kind).label("channel"),
            func.coalesce(source_zone, only_zone, literal("")).label("zone"),
        )
        .outerjoin(Source, and_(Source.id == ModerationAct.thing_id, ModerationAct.thing_kind == str(ThingKind.source)))
        .where(
            ModerationAct.process_id == process_id,
            ModerationAct.verb.in_([str(Verb.hidden), str(Verb.refused)]),
            ModerationAct.undone_at.is_(None),
        )
        .order_by(ModerationAct.id)
    ).all()
    codes = [reason.code for reason in rules.HIDING]
    sums = [sum(row[0] == code for row in rows) for code in codes]
    # The sums of the reasons stand in both tables, so what is left out of one is left out of the other.
    dark = not_shown(sums)
    return Log(len(rows), _table(rows, 1, codes, sums, dark), _table(rows, 2, codes, sums, dark))


def _table(rows: Sequence[Any], place: int, codes: list[str], sums: list[int], dark: set[int]) -> LogTable:
    columns = sorted({row[place] for row in rows}, key=lambda name: (name == "", name.isdigit(), name.zfill(4)))
    cells = [[sum(row[0] == code and row[place] == name for row in rows) for name in columns] for code in codes]
    below = [sum(line) for line in zip(*cells, strict=True)]
    dark_columns = not_shown(below)
    away = cells_not_shown(cells, hidden_rows=dark, hidden_columns=dark_columns) if columns else set()
    return LogTable(
        columns,
        [
            (
                code,
                [None if (r, c) in away else n for c, n in enumerate(cells[r])],
                None if r in dark else sums[r],
            )
            for r, code in enumerate(codes)
        ],
        [None if c in dark_columns else n for c, n in enumerate(below)],
    )
