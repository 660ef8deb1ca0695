"""Reads for the desks: who is where, what is left to read and in what order, how much of the machine's work people changed."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, and_, case, cast, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session, aliased

from consult.core.vocabulary import Channel
from consult.evidence.models import (
    Assignment,
    AssignmentDecision,
    Presence,
    Run,
    RunResult,
    SourceRead,
    SourceReading,
    Theme,
    ThemeStep,
)
from consult.evidence.rules import WORTH, pace, under_represented
from consult.framework.models import Zone
from consult.listening.sources.models import Source
from consult.people.models import Account

#: Somebody seen within these seconds is here.
HERE_SECONDS = 60
QUEUE = 25


@dataclass(frozen=True, slots=True)
class Somebody:
    """A member of staff who is on a desk now."""

    account_id: uuid.UUID
    name: str
    kind: str
    thing_id: uuid.UUID


def others_here(session: Session, *, process_id: uuid.UUID, account_id: uuid.UUID | None) -> list[Somebody]:
    """Who else is on the desks of a process now, by name."""
    statement = (
        select(Presence.account_id, Account.display_name, Presence.kind, Presence.thing_id)
        .join(Account, Account.id == Presence.account_id)
        .where(
            Presence.process_id == process_id,
            Presence.account_id != account_id,
            Presence.seen_at > func.clock_timestamp() - func.make_interval(0, 0, 0, 0, 0, 0, HERE_SECONDS),
        )
        .order_by(Account.display_name, Presence.account_id)
        .limit(20)
    )
    return [Somebody(*row) for row in session.execute(statement)]


@dataclass(frozen=True, slots=True)
class Changed:
    """How many assignments of the machine there were, and how many of them people changed."""

    machine: int
    changed: int

    @property
    def share(self) -> float:
        """Changed out of all."""
        return self.changed / self.machine if self.machine else 0.0


def changed_by_people(session: Session, *, process_id: uuid.UUID) -> Changed:
    """Of what the machine assigned in the latest run, how much people took out or moved; merging and renaming whole themes is not counted."""
    kept = (
        select(func.count())
        .select_from(Assignment)
        .join(Theme, Theme.id == Assignment.theme_id)
        .where(Theme.process_id == process_id, Theme.origin == "machine", Assignment.origin == "machine")
        .scalar_subquery()
    )
    out = (
        select(func.count())
        .select_from(AssignmentDecision)
        .join(Theme, Theme.id == AssignmentDecision.theme_id)
        .where(
            Theme.process_id == process_id,
            Theme.origin == "machine",
            Theme.present.is_(True),
            AssignmentDecision.verdict == "out",
        )
        .scalar_subquery()
    )
    row = session.execute(select(kept, out)).one()
    return Changed(row[0] + row[1], row[1])


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A source of the reading queue: its first words, why it comes early, who has read it."""

    id: uuid.UUID
    text: str
    channel: str
    zone_code: str | None
    speaker_kind: str | None
    kind: str | None
    marks: tuple[str, ...]
    score: int
    readers: int
    mine: bool


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of the reading for one person: sources and words, out of how many, and their own pace."""

    sources: int
    words: int
    of: int
    pace: tuple[int, float] | None
    under_zones: frozenset[str]
    under_speakers: frozenset[str]


_WORDS = cast(func.array_length(func.regexp_split_to_array(Source.text, r"\s+"), 1), Integer)


def left_to_read(session: Session, *, process_id: uuid.UUID, account_id: uuid.UUID | None) -> Left:
    """What one person has left to read; four statements."""
    live = (Source.process_id == process_id, Source.state == "live")
    mine = _mine(account_id)
    row = session.execute(
        select(func.count().filter(~mine), func.coalesce(func.sum(_WORDS).filter(~mine), 0), func.count()).where(*live)
    ).one()
    spoken = (*live, Source.channel != str(Channel.document))
    zones = session.execute(
        select(Zone.code, func.count())
        .select_from(Source)
        .join(Zone, Zone.id == Source.zone_id)
        .where(*spoken)
        .group_by(Zone.code)
    )
    speakers = session.execute(
        select(Source.speaker_kind, func.count())
        .where(*spoken, Source.speaker_kind.is_not(None))
        .group_by(Source.speaker_kind)
    )
    before = func.lag(SourceRead.read_at).over(order_by=SourceRead.read_at)
    gaps = (
        select(func.extract("epoch", SourceRead.read_at - before), _WORDS)
        .join(Source, Source.id == SourceRead.source_id)
        .where(SourceRead.process_id == process_id, SourceRead.account_id == account_id)
        .order_by(SourceRead.read_at.desc())
        .limit(200)
    )
    own = pace([(float(gap), words or 0) for gap, words in session.execute(gaps) if gap is not None])
    return Left(
        row[0], row[1], row[2], own,
        under_represented({r[0]: r[1] for r in zones}), under_represented({str(r[0]): r[1] for r in speakers}),
    )  # fmt: skip  # the order of Left's fields


def _mine(account_id: uuid.UUID | None) -> Any:
    """Whether a person has read a source as it stands now."""
    return exists().where(
        SourceRead.source_id == Source.id,
        SourceRead.account_id == account_id,
        SourceRead.revision == Source.revision,
    )


def reading_queue(
    session: Session,
    *,
    process_id: uuid.UUID,
    account_id: uuid.UUID | None,
    under_zones: Collection[str],
    under_speakers: Collection[str],
    read: bool = False,
    after: tuple[int, uuid.UUID] | None = None,
) -> list[QueueRow]:
    """Sources to read, those worth most first; with `read` those this person has read, to look at again. One statement.

    Worth more: read by nobody, rich in evidence, speaking against, from a zone or kind of speaker that few spoke from.
    """
    anyone = aliased(SourceRead)
    readers = select(func.count()).where(anyone.source_id == Source.id).correlate(Source).scalar_subquery()
    mine = _mine(account_id)
    score = (
        case((readers == 0, WORTH["unread"]), else_=0)
        + case((SourceReading.marks.contains(["evidence"]), WORTH["evidence"]), else_=0)
        + case((or_(SourceReading.kind == "criticism", Source.note_kind == "criticism"), WORTH["contrary"]), else_=0)
        + case((Zone.code.in_(list(under_zones)), WORTH["under_zone"]), else_=0)
        + case((Source.speaker_kind.in_(list(under_speakers)), WORTH["under_speaker"]), else_=0)
    )
    statement = (
        select(
            Source.id, func.left(Source.text, 160), Source.channel, Zone.code, Source.speaker_kind, SourceReading.kind, SourceReading.marks,
            score, readers, mine,
        )
        .outerjoin(Zone, Zone.id == Source.zone_id)
        .outerjoin(SourceReading, SourceReading.source_id == Source.id)
        .where(Source.process_id == process_id, Source.state == "live", mine if read else ~mine)
        .order_by(score.desc(), Source.id)
        .limit(QUEUE)
    )  # fmt: skip  # the order of QueueRow's fields
    if after is not None:
        statement = statement.where(or_(score < after[0], and_(score == literal(after[0]), Source.id > after[1])))
    return [
        QueueRow(r[0], r[1], r[2], r[3], r[4], r[5], tuple(r[6] or ()), r[7], r[8], bool(r[9]))
        for r in session.execute(statement)
    ]


@dataclass(frozen=True, slots=True)
class Reader:
    """A member of staff with how many sources they have read."""

    account_id: uuid.UUID
    name: str
    read: int
    last: datetime


def readers(session: Session, *, process_id: uuid.UUID) -> list[Reader]:
    """Who has read how much, the most first."""
    statement = (
        select(SourceRead.account_id, Account.display_name, func.count(), func.max(SourceRead.read_at))
        .join(Account, Account.id == SourceRead.account_id)
        .where(SourceRead.process_id == process_id)
        .group_by(SourceRead.account_id, Account.display_name)
        .order_by(func.count().desc(), Account.display_name)
    )
    return [Reader(*row) for row in session.execute(statement)]


def readers_of(session: Session, *, source_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """Names of who has read each of some sources."""
    found: dict[uuid.UUID, list[str]] = {key: [] for key in source_ids}
    statement = (
        select(SourceRead.source_id, Account.display_name)
        .join(Account, Account.id == SourceRead.account_id)
        .where(SourceRead.source_id.in_(list(source_ids)))
        .order_by(Account.display_name)
    )
    for source_id, name in session.execute(statement):
        found[source_id].append(name)
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """What the latest run did to a theme: new, grown, shrunk or gone, with its sources before and after."""

    change: str
    before: int
    after: int


def theme_changes(session: Session, *, process_id: uuid.UUID) -> dict[str, Change]:
    """What the latest run changed, by the theme's key; nothing for the first run, to which everything is new."""
    latest = (
        select(RunResult.changes)
        .join(Run, Run.id == RunResult.run_id)
        .where(Run.process_id == process_id, Run.state == "done", Run.number > 1)
        .order_by(Run.number.desc())
        .limit(1)
    )
    changes = session.execute(latest).scalar_one_or_none() or []
    return {
        c["key"]: Change(c["change"], c["before"], c["after"]) for c in changes if c["change"] not in {"kept", "moved"}
    }


@dataclass(frozen=True, slots=True)
class Moved:
    """How many sources the latest run took from under one theme and put under another."""

    from_label: str
    to_label: str
    sources: int


def moved_sources(session: Session, *, process_id: uuid.UUID) -> list[Moved]:
    """Sources that moved between themes in the latest run, the most first."""
    latest = (
        select(RunResult.moved)
        .join(Run, Run.id == RunResult.run_id)
        .where(Run.process_id == process_id, Run.state == "done")
        .order_by(Run.number.desc())
        .limit(1)
    )
    moved = session.execute(latest).scalar_one_or_none() or []
    return [Moved(m["from"], m["to"], m["sources"]) for m in moved]


#: Steps of a theme that its page tells.
STEPS = 12


@dataclass(frozen=True, slots=True)
class StepRow:
    """Something people did to a theme: what, who, when, and whether it was taken back."""

    id: uuid.UUID
    action: str
    sources: int
    done_by: uuid.UUID | None
    done_at: datetime
    undone: bool


def theme_steps(session: Session, *, theme_id: uuid.UUID) -> list[StepRow]:
    """What people did to a theme, the latest first; one statement. `sources` counts those that a step moved."""
    moved = func.jsonb_path_query_array(ThemeStep.before, cast("$.assigned[*][1]", JSONPATH))
    statement = (
        select(
            ThemeStep.id, ThemeStep.action, func.jsonb_array_length(moved), ThemeStep.done_by, ThemeStep.done_at,
            ThemeStep.undone_at.is_not(None),
        )
        .where(ThemeStep.theme_id == theme_id)
        .order_by(ThemeStep.done_at.desc(), ThemeStep.id.desc())
        .limit(STEPS)
    )  # fmt: skip  # the order of StepRow's fields
    return [StepRow(*row) for row in session.execute(statement)]
