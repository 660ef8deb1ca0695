"""The reduce: all prepared sources of a run into themes, links, quotes and numbers, stored as proposed."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.db import attempt
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import ThingKind
from consult.evidence import emails
from consult.evidence.models import (
    Assignment,
    AssignmentDecision,
    Run,
    RunPart,
    RunResult,
    Theme,
)
from consult.evidence.services import mapping, merging, steps
from consult.evidence.services.moving import main_themes, moved_between
from consult.evidence.services.recounting import Recounted, recount
from consult.evidence.services.storing import (
    bound_summaries,
    keep_inputs,
    settle_readings,
    store_readings,
    store_themes,
)
from consult.framework import queries as framework
from consult.listening.sources.models import Source
from consult.notices.services import notify
from consult.process.models import Process

if TYPE_CHECKING:
    from consult.analytics.embedding import Embedder
    from consult.analytics.finding import Found
    from consult.analytics.survey import Survey


#: Sources up to which a merge is one job: on two cores handing its parts out takes longer (100,000 sources: 152 s, at once 138 s) and
#: half as much memory again, since every worker holds what was seen of all.
AT_ONCE = 120_000


def reduce_run(
    session: Session, *, run_id: uuid.UUID, embedder: Embedder, now: datetime, part: int | None = None
) -> bool:
    """Merge a run whose parts are all ready, step after step in this process, and store what it proposes. Returns whether it did so now.

    Each source is read from the database once and held until the end. Does nothing for a run that is not waiting for its merge. `part`
    is how many sources are read at once, where it is not the usual number.
    """
    run = merging.reducing(session, run_id)
    if run is None:
        return False
    merging.wait_for_computing(session)
    ids = merging.sources_of(session, run)
    missing = merging.unread(session, run=run, ids=ids, model=embedder.name)
    if not merging.read_the_rest(session, run=run, missing=missing, embedder=embedder):
        return False
    setting = steps.setting_of(session, run, embedder)
    with steps.steadily():
        return _concluded(session, lambda: _conclude(session, run, _merged(session, setting, ids, part), now))


def _merged(session: Session, setting: steps.Setting, ids: Sequence[uuid.UUID], part: int | None) -> Merged:
    """All steps one after the other; parts, and then strategies, on all cores."""
    from consult.analytics.cores import WORTH_FORKING, give_back, meanwhile, shared_out, shared_with_children  # noqa: PLC0415  # The web must not load the analytics.

    stored, seen = merging.look(session, setting, ids, whole=True)
    give_back()
    cut = steps.cut(stored, part)
    many = len(stored) >= WORTH_FORKING
    read = (shared_with_children if many else shared_out)(lambda own: steps.link(setting, *own, stored, seen), cut)
    give_back()
    listed = [row for own, _ in cut for row in own]
    before = steps.known_before(session, setting, listed, stored)
    links, parts = [linked for _, linked in read], [found for found, _ in read]
    # The database writes the most rows of a run, which are ready, while this process looks for themes.
    with meanwhile(lambda: _store_readings(session, setting.run, links, seen)):
        unnamed = steps.find(setting, listed, stored, parts, seen, before)
    for done in (read, links, parts, cut, listed):
        done.clear()  # What is told now needs the sources and their themes alone.
    give_back()
    found = unnamed.found
    # The largest first, so that nobody is left with it when the others are done.
    order = sorted(found.branches(), key=lambda places: -sum(len(found.themes[place].said) for place in places))
    named: list[steps.Themed] = []

    def tell(places: Sequence[int]) -> steps.Branch:
        return steps.tell(setting, found.only(places), places, stored, seen, unnamed.ids)

    def name() -> None:
        named.append(steps.name(setting, unnamed, before))

    with meanwhile(lambda: keep_inputs(session, run=setting.run, model=setting.embedder.name)):
        if many:
            # Labels are read, mostly by another process, while a child tells: nothing else rests on them.
            told = shared_with_children(tell, order, first=name)
        else:
            name()
            told = shared_out(tell, order)
    branches = [branch for _, branch in sorted(zip(order, told, strict=True), key=lambda pair: pair[0])]
    (themed,) = named
    labels = {theme.key: theme.label for theme in themed.found.themes}
    return Merged(seen, themed.found, themed.given, [branch.labelled(labels) for branch in branches], True)


def _store_readings(session: Session, run: Run, links: Sequence[steps.Linked], seen: Survey) -> None:
    copies = {source_id: group.key for group in seen.duplicates for source_id in group.source_ids}
    store_readings(session, run=run, links=links, copies=copies)


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
    put_by = _put_by(session, run_id) if run is not None else None
    if run is None or put_by is None:
        return False
    merging.wait_for_computing(session)
    merged, links = put_by

    def conclude() -> None:
        _store_readings(session, run, links, merged.seen)
        _conclude(session, run, merged, now)

    return _concluded(session, conclude)


class _Ended(Exception):
    """The run ended, by somebody's hand, while it was merged."""


def _concluded(session: Session, conclude: Callable[[], None]) -> bool:
    """Whether a merge came to its end; what it wrote before it knew that the run still stands is undone where it does not."""
    try:
        with attempt(session):
            conclude()
    except _Ended:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Merged:
    """All that the steps of a merge found, beside what was read in each source, which is stored; `given` as in `steps.Themed`.

    `begun` says that its result is begun already (`storing.keep_inputs`).
    """

    seen: Survey
    found: Found
    given: Mapping[str, Any]
    branches: Sequence[steps.Branch]
    begun: bool = False


def _conclude(session: Session, run: Run, merged: Merged, now: datetime) -> None:
    """Store what a merge proposes, and ask for the draft paper. Raises _Ended where the run was ended meanwhile.

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
        raise _Ended
    hold_decisions(session, process_id=run.process_id, alone=True)
    before = main_themes(session, process_id=run.process_id)
    strategies = framework.strategies(session, frame_id=process.frame_id)
    strategy_ids = {row.code: row.id for row in strategies}
    store_themes(session, run=run, branches=merged.branches, strategy_ids=strategy_ids)
    moved = moved_between(before, main_themes(session, process_id=run.process_id)) if before else []
    if settle_readings(session, process_id=run.process_id) or not merged.begun:
        keep_inputs(session, run=run, model=merged.given["method"]["embedding"])
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
    end_run(session, run=run, process=process, themes=len(merged.found.themes), sources=counted.sources, now=now)


def _put_by(session: Session, run_id: uuid.UUID) -> tuple[Merged, list[steps.Linked]] | None:
    """What the steps of a large merge left in the database; None while they are not all done."""
    from consult.analytics import packing  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    parts: dict[str, list[RunPart]] = {"survey": [], "link": [], "themes": [], "branch": []}
    for part in session.execute(
        select(RunPart).where(RunPart.run_id == run_id).order_by(RunPart.stage, RunPart.number)
    ).scalars():
        parts[part.stage].append(part)
    if not parts["themes"] or any(part.done_at is None for part in parts["branch"]):
        return None
    merged = Merged(
        seen=packing.unpack_survey(bytes(parts["survey"][0].body)),
        found=packing.unpack_found(bytes(parts["themes"][0].body)),
        given=parts["themes"][0].given,
        branches=[steps.Branch(part.told, part.given["ids"], bytes(part.rows)) for part in parts["branch"]],
    )
    return merged, [steps.Linked(part.told, bytes(part.rows)) for part in parts["link"]]


def end_run(session: Session, *, run: Run, process: Process, themes: int, sources: int, now: datetime) -> None:
    """What follows a finished run: the record, a notice to whom asked for it, the draft of the paper."""
    run_id = run.id
    record(
        session, actor=SYSTEM, action="run.finished", kind=ThingKind.run, object_id=run_id, process_id=run.process_id,
        themes=themes, sources=sources,
    )  # fmt: skip  # one row of values reads better so
    if run.requested_by is not None:
        notify(
            session, account_ids=[run.requested_by], kind="run_done",
            words=lambda language: emails.run_done(themes=themes, sources=sources, language=language),
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
    session.execute(
        update(RunResult)
        .where(RunResult.run_id == run.id)
        .values(
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
