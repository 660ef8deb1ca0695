"""Reads of runs."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, String, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.orm import Session, defer

from consult.core.jobs import OutboxJob
from consult.evidence.models import (
    RUNNING,
    Run,
    RunResult,
    RunShard,
    SourceReading,
)
from consult.evidence.rules import inputs_with
from consult.evidence.types import RunOutcome, RunRow
from consult.listening.sources.models import Source

#: Topics of jobs for a part of a run, and of jobs for the whole of it.
PARTS = ("evidence.prepare_shard", "evidence.link", "evidence.branch")
WHOLES = ("evidence.reduce", "evidence.refresh", "evidence.themes", "evidence.finish")


def _runs() -> Select[Any]:
    done = select(func.count()).where(RunShard.run_id == Run.id, RunShard.done_at.is_not(None)).scalar_subquery()
    return select(
        Run.id, Run.number, Run.state, Run.source_count, Run.prepared_count, Run.reused_count, Run.shard_count, done, Run.theme_count,
        Run.model, Run.requested_by, Run.started_at, Run.reduced_at, Run.finished_at, Run.failure, Run.kind,
    )  # fmt: skip  # the order of RunRow's fields


def runs(session: Session, *, process_id: uuid.UUID, limit: int = 30) -> list[RunRow]:
    """The latest runs of a process, newest first."""
    statement = _runs().where(Run.process_id == process_id).order_by(Run.number.desc()).limit(limit)
    return [RunRow(*row) for row in session.execute(statement)]


def _parked() -> Any:
    """How many jobs of a run were set aside after repeated failure."""
    key = cast(Run.id, String)
    return (
        select(func.count())
        .where(
            OutboxJob.parked_at.is_not(None),
            (OutboxJob.topic.in_(PARTS) & OutboxJob.key.like(key + ":%"))
            | (OutboxJob.topic.in_(WHOLES) & (OutboxJob.key == key)),
        )
        .correlate(Run)
        .scalar_subquery()
    )


def run(session: Session, *, process_id: uuid.UUID, run_id: uuid.UUID) -> RunRow | None:
    """One run with how many of its jobs were set aside after repeated failure, or None."""
    statement = _runs().add_columns(_parked()).where(Run.id == run_id, Run.process_id == process_id)
    row = session.execute(statement).one_or_none()
    return RunRow(*row) if row else None


def latest_run(session: Session, *, process_id: uuid.UUID, done_only: bool = False) -> RunRow | None:
    """The newest run, or the newest that is done; one that stands still after repeated failure is shown as failed."""
    statement = _runs().add_columns(_parked()).where(Run.process_id == process_id).order_by(Run.number.desc()).limit(1)
    if done_only:
        statement = statement.where(Run.state == "done")
    row = session.execute(statement).one_or_none()
    found = RunRow(*row) if row else None
    return replace(found, state="failed") if found and found.running and found.parked else found


def running_run_id(session: Session, *, process_id: uuid.UUID) -> uuid.UUID | None:
    """The run that is at work now, or None."""
    return session.execute(
        select(Run.id).where(Run.process_id == process_id, Run.state.in_(RUNNING))
    ).scalar_one_or_none()


def unread(process_id: uuid.UUID) -> Select[Any]:
    """The statement for live sources that the last run did not read as they are now, by key, without an order."""
    return (
        select(Source.id)
        .outerjoin(SourceReading, SourceReading.source_id == Source.id)
        .where(
            Source.process_id == process_id,
            Source.state == "live",
            or_(SourceReading.source_id.is_(None), SourceReading.revision != Source.revision),
        )
    )


def read_and_gone(process_id: uuid.UUID) -> Select[Any]:
    """The statement for sources that the last run read and that are no longer live, by key, without an order."""
    return (
        select(Source.id)
        .join(SourceReading, SourceReading.source_id == Source.id)
        .where(SourceReading.process_id == process_id, Source.state != "live")
    )


def changes(session: Session, *, process_id: uuid.UUID) -> tuple[int, int]:
    """Live sources that the last run did not read at their present revision, and sources it read that are no longer live."""
    numbers = [
        select(func.count()).select_from(found.subquery()).scalar_subquery()
        for found in (unread(process_id), read_and_gone(process_id))
    ]
    row = session.execute(select(*numbers)).one()
    return int(row[0]), int(row[1])


def any_change(session: Session, *, process_id: uuid.UUID) -> bool:
    """Whether there is any of either: known at the first one."""
    return any(session.execute(found(process_id).limit(1)).first() for found in (unread, read_and_gone))


def theme_summaries(session: Session, *, run_id: uuid.UUID) -> dict[str, list[dict[str, Any]]]:
    """The sentences that a finished run has on each theme, by the theme's key; nothing of the rest of its result is read."""
    stored = session.execute(select(RunResult.summaries).where(RunResult.run_id == run_id)).scalar_one_or_none() or []
    return {summary["key"]: summary["sentences"] for summary in stored if summary["level"] == "theme"}


def theme_summary(session: Session, *, process_id: uuid.UUID, key: str) -> list[dict[str, Any]]:
    """The sentences that the last finished run has on one theme; the database hands over nothing of the others'.

    A sentence that names no source rests on all of its theme.
    """
    path = cast('$[*] ? (@.level == "theme" && @.key == $key)', JSONPATH)
    of_theme = func.jsonb_path_query_first(RunResult.summaries, path, cast({"key": key}, JSONB))
    statement = (
        select(of_theme)
        .join(Run, Run.id == RunResult.run_id)
        .where(Run.process_id == process_id, Run.state == "done")
        .order_by(Run.number.desc())
        .limit(1)
    )
    found: dict[str, Any] | None = session.execute(statement).scalar_one_or_none()
    return list(found["sentences"]) if found else []


def outcome(session: Session, *, run_id: uuid.UUID) -> RunOutcome | None:
    """What a finished run leaves to the paper, or None where it is not finished."""
    row = session.execute(
        select(RunResult, Run.number)
        .options(defer(RunResult.inputs))
        .join(Run, Run.id == RunResult.run_id)
        .where(RunResult.run_id == run_id)
    ).one_or_none()
    if row is None:
        return None
    found, number = row
    return RunOutcome(
        run_id, number, tuple(found.summaries), tuple(found.changes), tuple(found.duplicates), found.counts, found.manifest,
        found.inputs_sha256,
    )  # fmt: skip  # the order of RunOutcome's fields


def run_size(session: Session, *, run_id: uuid.UUID) -> int:
    """How many sources `run_inputs` names. A full run's are counted where they lie: a hundred thousand of them are not read for a number."""
    row = select(func.jsonb_array_length(RunResult.inputs), RunResult.beside_run_id).where(RunResult.run_id == run_id)
    size, beside = session.execute(row).one_or_none() or (0, None)
    return int(size) if beside is None else len(run_inputs(session, run_id=run_id))


def run_inputs(session: Session, *, run_id: uuid.UUID) -> list[tuple[str, int, str]]:
    """What a finished run rests on: id, revision and content hash of each source, in order of id; nothing where it is not finished.

    A refresh names only what differs from its full run.
    """
    row = select(RunResult.inputs, RunResult.beside_run_id).where(RunResult.run_id == run_id)
    own, beside = session.execute(row).one_or_none() or ([], None)
    if beside is None:
        return [(key, revision, digest) for key, revision, digest in own]
    whole = session.execute(select(RunResult.inputs).where(RunResult.run_id == beside)).scalar_one()
    return inputs_with(whole, own)
