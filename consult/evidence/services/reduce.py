"""The reduce: all prepared sources of a run into themes, links, quotes and numbers, stored as proposed."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, insert
from sqlalchemy.orm import Session

from consult.analytics.types import Summary
from consult.audit.services import record
from consult.core import jobs
from consult.core.bulk import copy_packed, copy_rows
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import ThingKind
from consult.evidence import emails
from consult.evidence.models import (
    Assignment,
    AssignmentDecision,
    Run,
    RunPart,
    RunResult,
    SourceReading,
    SourceVector,
    StrategyLink,
    Theme,
    ThemeQuote,
)
from consult.evidence.rules import bind
from consult.evidence.services import mapping, merging, steps
from consult.evidence.services.moving import main_themes, moved_between
from consult.evidence.services.recounting import Recounted, recount
from consult.evidence.services.steps import LINK_COLUMNS, MEMBER_COLUMNS
from consult.evidence.types import Place
from consult.framework import queries as framework
from consult.listening.sources.models import Source
from consult.notices.services import notify
from consult.people.models import Account
from consult.process.models import Process

if TYPE_CHECKING:
    from consult.analytics.embedding import Embedder
    from consult.analytics.finding import Found
    from consult.analytics.survey import Survey

_BATCH = 2000
#: Sources up to which a merge is one job: on two cores handing its parts out takes longer (100,000 sources: 152 s, at once 138 s) and
#: half as much memory again, since every worker holds what was seen of all.
AT_ONCE = 120_000
READING_COLUMNS = (
    "source_id", "process_id", "run_id", "revision", "fits", "none_confidence", "kind", "marks", "other", "duplicate_key",
)  # fmt: skip  # names read better in lines
#: Sentences that rest on every source of what they are about; those are not listed again.
OF_ALL = frozenset({"count", "spread", "caution", "themes"})
#: What shows that a sentence holds words of a source.
_QUOTING = ("«", "“", '"')


def reduce_run(session: Session, *, run_id: uuid.UUID, embedder: Embedder, now: datetime, part: int | None = None) -> bool:
    """Merge a run whose parts are all ready, step after step in this process, and store what it proposes. Returns whether it did so now.

    Each source is read from the database once and held until the end. Does nothing for a run that is not waiting for its merge. `part`
    is how many sources are read at once, where it is not the usual number.
    """
    run = merging.reducing(session, run_id)
    if run is None:
        return False
    merging.wait_for_computing(session)
    ids = merging.sources_of(session, run)
    if not merging.read_the_rest(session, run=run, ids=ids, embedder=embedder):
        return False
    setting = steps.setting_of(session, run, embedder)
    with steps.steadily():
        merged = _merged(session, setting, ids, part)
        return _conclude(session, run, merged, now)


def _merged(session: Session, setting: steps.Setting, ids: Sequence[uuid.UUID], part: int | None) -> Merged:
    """All steps one after the other; parts, and then strategies, on all cores."""
    from consult.analytics.cores import give_back, shared_out  # noqa: PLC0415  # The web must not load the analytics.

    stored = mapping.read_back(session, ids=ids, model=setting.embedder.name, whole=True, signatures=True)
    seen = steps.look(setting, stored)
    # Copies have been found: signatures have no more to say.
    stored = {key: (replace(item, signature=b""), revision) for key, (item, revision) in stored.items()}
    give_back()
    cut = steps.cut(stored, part)
    read = shared_out(lambda own: steps.link(setting, *own, stored, seen), cut)
    give_back()
    listed = [row for own, _ in cut for row in own]
    themed = steps.find(session, setting, listed, stored, [found for found, _ in read], seen)
    give_back()
    found, ids_of = themed.found, themed.ids
    branches = shared_out(
        lambda places: steps.tell(setting, found.only(places), places, stored, seen, ids_of), found.branches()
    )
    return Merged(seen, found, themed.given, [linked for _, linked in read], branches)


def merge(session: Session, *, run_id: uuid.UUID, embedder: Embedder, now: datetime) -> bool:
    """Merge a run: a small one at once, a large one by handing its parts out to all workers. Returns whether it is done now."""
    run = merging.reducing(session, run_id)
    if run is None:
        return False
    if run.source_count <= AT_ONCE:
        return reduce_run(session, run_id=run_id, embedder=embedder, now=now)
    merging.begin(session, run_id=run_id, embedder=embedder)
    return False


def finish(session: Session, *, run_id: uuid.UUID, now: datetime) -> bool:
    """Put together what the steps of a large merge found and store it. Returns whether it did so now."""
    run = merging.reducing(session, run_id)
    merged = _put_by(session, run_id) if run is not None else None
    if run is None or merged is None:
        return False
    merging.wait_for_computing(session)
    return _conclude(session, run, merged, now)


@dataclass(frozen=True, slots=True)
class Merged:
    """All that the steps of a merge found; `given` as in `steps.Themed`."""

    seen: Survey
    found: Found
    given: Mapping[str, Any]
    links: Sequence[steps.Linked]
    branches: Sequence[steps.Branch]


def _conclude(session: Session, run: Run, merged: Merged, now: datetime) -> bool:
    """Store what a merge proposes, and ask for the draft paper. Returns whether it did so now.

    What people decided before or meanwhile is applied at the end, under a lock shared with their decisions, so that none is lost.
    """
    process = session.execute(select(Process).where(Process.id == run.process_id)).scalar_one()
    taken = session.execute(
        update(Run)
        .where(Run.id == run.id, Run.state == "reducing")
        .values(
            state="done",
            finished_at=func.clock_timestamp(),
            theme_count=len(merged.found.themes),
            model=merged.given["method"]["embedding"],
        )
        .returning(Run.id)
    ).scalar_one_or_none()
    if taken is None:
        return False
    hold_decisions(session, process_id=run.process_id, alone=True)
    before = main_themes(session, process_id=run.process_id)
    strategies = framework.strategies(session, frame_id=process.frame_id)
    strategy_ids = {row.code: row.id for row in strategies}
    _store_themes(session, run=run, branches=merged.branches, strategy_ids=strategy_ids)
    moved = moved_between(before, main_themes(session, process_id=run.process_id)) if before else []
    copies = {source_id: group.key for group in merged.seen.duplicates for source_id in group.source_ids}
    _store_readings(session, run=run, links=merged.links, copies=copies)
    apply_decisions(session, process_id=run.process_id)
    parameters = mapping.parameters_from(run.parameters)
    names = mapping.place_names(session, territory_id=process.territory_id, language=parameters.language)
    told = [(row["key"], row["tested"]) for branch in merged.branches for row in branch.told]
    counted = recount(
        session, process_id=run.process_id, codes={key: code for code, key in strategy_ids.items()},
        axes={row.code: row.target.axis_code for row in strategies}, names=names, parameters=parameters, tested=told,
    )  # fmt: skip  # one row of values reads better so
    _store_result(session, run=run, merged=merged, counted=counted, moved=moved)
    merging.forget(session, run_id=run.id)
    end_run(
        session, run=run, process=process, themes=len(merged.found.themes), sources=counted.sources, now=now
    )
    return True


def _put_by(session: Session, run_id: uuid.UUID) -> Merged | None:
    """What the steps of a large merge left in the database; None while they are not all done."""
    from consult.analytics import packing  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    parts: dict[str, list[RunPart]] = {"survey": [], "link": [], "themes": [], "branch": []}
    for part in session.execute(
        select(RunPart).where(RunPart.run_id == run_id).order_by(RunPart.stage, RunPart.number)
    ).scalars():
        parts[part.stage].append(part)
    if not parts["themes"] or any(part.done_at is None for part in parts["branch"]):
        return None
    return Merged(
        seen=packing.unpack_survey(bytes(parts["survey"][0].body)),
        found=packing.unpack_found(bytes(parts["themes"][0].body)),
        given=parts["themes"][0].given,
        links=[steps.Linked(part.told, bytes(part.rows)) for part in parts["link"]],
        branches=[steps.Branch(part.told, part.given["ids"], bytes(part.rows)) for part in parts["branch"]],
    )


def end_run(session: Session, *, run: Run, process: Process, themes: int, sources: int, now: datetime) -> None:
    """What follows a finished run: the record, a notice to whom asked for it, the draft of the paper."""
    run_id = run.id
    record(
        session, actor=SYSTEM, action="run.finished", kind=ThingKind.run, object_id=run_id, process_id=run.process_id,
        themes=themes, sources=sources,
    )  # fmt: skip  # one row of values reads better so
    if run.requested_by is not None:
        locale = session.execute(select(Account.locale).where(Account.id == run.requested_by)).scalar_one_or_none()
        subject, body = emails.run_done(themes=themes, sources=sources, language=locale or "it")
        notify(
            session, account_ids=[run.requested_by], kind="run_done", subject=subject, body=body,
            link_endpoint="evidence.themes", link_values={"slug": process.slug}, process_id=process.id, key=f"run-done:{run_id}", now=now,
        )  # fmt: skip  # one row of values reads better so
    if run.through_queue:
        jobs.enqueue(session, "position_paper.draft", key=run_id, run_id=run_id)
    session.flush()


def hold_decisions(session: Session, *, process_id: uuid.UUID, alone: bool = False) -> None:
    """Hold the themes of a process for this transaction: decisions together with each other, the end of a run `alone`."""
    number = int.from_bytes(hashlib.sha256(f"evidence:{process_id}".encode()).digest()[:8], "big", signed=True)
    lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
    session.execute(select(lock(number)))


def _store_themes(
    session: Session, *, run: Run, branches: Sequence[steps.Branch], strategy_ids: Mapping[str, uuid.UUID]
) -> None:
    """Replace the machine's themes, members and quotes."""
    session.execute(
        update(Theme).where(Theme.process_id == run.process_id, Theme.origin == "machine").values(present=False)
    )
    of_process = select(Theme.id).where(Theme.process_id == run.process_id).scalar_subquery()
    session.execute(delete(Assignment).where(Assignment.theme_id.in_(of_process)))
    session.execute(delete(ThemeQuote).where(ThemeQuote.theme_id.in_(of_process)))
    quotes: list[dict[str, Any]] = []
    for branch in branches:
        for theme in branch.told:
            theme_id = uuid.UUID(branch.ids[theme["key"]])
            values = _theme_values(run, theme, strategy_ids)
            statement = insert(Theme).values(
                id=theme_id, process_id=run.process_id, key=theme["key"], origin="machine", **values
            )
            session.execute(statement.on_conflict_do_update(index_elements=["process_id", "key"], set_=values))
            for position, (source_id, revision, start, end, sha256, minority) in enumerate(theme["quotes"]):
                quotes.append(
                    {
                        "id": uuid.uuid4(), "theme_id": theme_id, "position": position, "source_id": uuid.UUID(source_id),
                        "revision": revision, "quote_start": start, "quote_end": end, "quote_sha256": sha256, "minority": minority,
                    }
                )  # fmt: skip  # one row of values reads better so
        copy_packed(session, Assignment, MEMBER_COLUMNS, branch.rows)
    insert_all(session, ThemeQuote, quotes)
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


def apply_decisions(session: Session, *, process_id: uuid.UUID) -> None:
    """Put people's decisions about single sources over the machine's assignments; withdrawn sources stay out."""
    of_process = select(Theme.id).where(Theme.process_id == process_id).scalar_subquery()
    outside = select(AssignmentDecision.theme_id, AssignmentDecision.source_id).where(
        AssignmentDecision.theme_id.in_(of_process), AssignmentDecision.verdict == "out"
    )
    for theme_id, source_id in session.execute(outside).all():
        session.execute(delete(Assignment).where(Assignment.theme_id == theme_id, Assignment.source_id == source_id))
    inside = (
        select(AssignmentDecision.theme_id, AssignmentDecision.source_id)
        .join(Source, Source.id == AssignmentDecision.source_id)
        .where(AssignmentDecision.theme_id.in_(of_process), AssignmentDecision.verdict == "in", Source.state == "live")
    )
    for theme_id, source_id in session.execute(inside).all():
        session.execute(
            insert(Assignment)
            .values(theme_id=theme_id, source_id=source_id, share=1.0, margin=1.0, spans=[], origin="human")
            .on_conflict_do_update(index_elements=["theme_id", "source_id"], set_={"origin": "human"})
        )


def _store_readings(session: Session, *, run: Run, links: Sequence[steps.Linked], copies: Mapping[str, str]) -> None:
    """Replace what the machine read in each source: strategies with reasons, kind, marks, copies."""
    of_process = select(Source.id).where(Source.process_id == run.process_id).scalar_subquery()
    session.execute(delete(StrategyLink).where(StrategyLink.source_id.in_(of_process)))
    session.execute(delete(SourceReading).where(SourceReading.process_id == run.process_id))
    under = select(Assignment.source_id).join(Theme, Theme.id == Assignment.theme_id)
    themed = {str(key) for key in session.execute(under.where(Theme.process_id == run.process_id).distinct()).scalars()}
    away = select(Source.id).where(Source.process_id == run.process_id, Source.state != "live")
    gone = {str(key) for key in session.execute(away).scalars()}
    for part in links:
        copy_packed(session, StrategyLink, LINK_COLUMNS, part.rows)
        rows = [
            (key, run.process_id, run.id, revision, fits, none, kind, marks, key not in themed, copies.get(key))
            for key, revision, fits, none, kind, marks in part.told
            if key not in gone
        ]
        copy_rows(session, SourceReading, READING_COLUMNS, rows)
    session.execute(delete(StrategyLink).where(StrategyLink.source_id.in_(away)))


def _store_result(
    session: Session,
    *,
    run: Run,
    merged: Merged,
    counted: Recounted,
    moved: Sequence[Mapping[str, Any]],
) -> None:
    from consult.analytics.pipeline import model_of  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    given = merged.given
    model = model_of(merged.seen, merged.found, given["method"]["embedding"])
    inputs, hashed = inputs_of(session, run.process_id, model.model)
    session.add(
        RunResult(
            run_id=run.id,
            inputs=inputs,
            inputs_sha256=hashed,
            manifest={
                **given["method"], "discover": True, "sources": counted.sources,
                "sources_without_answer": given["sources"] - given["usable"], "themes": len(merged.found.themes),
                "representation_statements": counted.statements, "parameters": run.parameters, "model": model.model,
            },
            counts=counted.counts,
            summaries=bound_summaries(counted.summaries, counted.texts),
            changes=given["changes"],
            moved=list(moved),
            duplicates=[asdict(group) for group in merged.seen.duplicates],
            theme_model={
                "model": model.model,
                "dimensions": model.dimensions,
                "centre_languages": list(model.centre_languages),
                "keys": list(model.keys),
                "strategy_codes": list(model.strategy_codes),
                "labels": list(model.labels),
                "sha256": hashlib.sha256(model.centres + model.centroids).hexdigest(),
            },
            centres=model.centres,
            centroids=model.centroids,
            prototypes=model.prototypes,
        )
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def inputs_of(session: Session, process_id: uuid.UUID, model: str) -> tuple[Any, str]:
    """What the run rests on, and the hash of it, as `inputs_hash` says; both put together by the database."""
    rows = (
        select(
            SourceReading.source_id.label("key"),
            sa.cast(SourceReading.source_id, sa.String).label("id"),
            sa.cast(SourceReading.revision, sa.String).label("revision"),
            SourceVector.digest,
        )
        .join(SourceVector, sa.and_(SourceVector.source_id == SourceReading.source_id, SourceVector.model == model))
        .where(SourceReading.process_id == process_id)
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
    told, digest = session.execute(select("[" + listed + "]", hashed)).one()
    return sa.cast(sa.literal(told, sa.Text), JSONB), digest


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


def insert_all(session: Session, table: type[Any], rows: Iterable[dict[str, Any]]) -> None:
    """Insert in batches, so that no statement grows without bound."""
    listed = list(rows)
    for start in range(0, len(listed), _BATCH):
        session.execute(insert(table), listed[start : start + _BATCH])
