"""Taking back the last thing that people did to a theme: it stands again as it was, with its sources and those that followed it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.evidence.models import Assignment, AssignmentDecision, Run, ThemeDecision, ThemeStep
from consult.evidence.services.decisions import ask_to_follow, judge, load_theme
from consult.evidence.services.reduce import hold_decisions
from consult.evidence.services.remembering import ASSIGNED, judged
from consult.listening.sources.models import Source

_LATER = "Dopo questa decisione il tema è cambiato ancora: non si può più annullare."


def take_back(
    session: Session, *, process_id: uuid.UUID, theme_id: uuid.UUID, step_id: uuid.UUID, actor: Actor, now: datetime
) -> str:
    """Take the last step on a theme back; returns what it was. Sources withdrawn meanwhile stay out.

    Raises Invalid where it was taken back already, where it is not the last, where something else was decided since, also of one of its
    sources, or where an aggregation gave sources their themes anew.
    """
    load_theme(session, process_id, theme_id)
    hold_decisions(session, process_id=process_id)
    steps = (
        session.execute(
            select(ThemeStep)
            .where(ThemeStep.theme_id == theme_id, or_(ThemeStep.undone_at.is_(None), ThemeStep.id == step_id))
            .order_by(ThemeStep.done_at.desc(), ThemeStep.id.desc())
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .scalars()
        .all()
    )
    step = next((each for each in steps if each.id == step_id), None)
    if step is None:
        raise NotFound("Questa decisione non c’è.")
    if step.undone_at is not None:
        raise Invalid("Questa decisione è già stata annullata.")
    if step is not steps[0]:
        raise Invalid(_LATER)
    if step.before.get("assigned") is not None and _run_since(session, process_id, step.done_at):
        raise Invalid("Intanto un’aggregazione ha dato di nuovo un tema a ogni fonte: le fonti ora si spostano una per una.")
    _check_judged(session, step.before)
    if step.action == "made":
        _decide(session, theme_id, step.version, {"state": "refused"}, actor, now)
    elif "decision" in step.before:
        was = dict(step.before["decision"])
        for name in ("strategy_id", "merged_into_id"):
            was[name] = uuid.UUID(was[name]) if was[name] else None
        number = _decide(session, theme_id, step.version, was, actor, now)
        _stands_as(session, theme_id, seen=step.version - 1, number=number)
    elif step.action == "split":
        _unmake(session, uuid.UUID(step.before["made"]), {uuid.UUID(row[1]) for row in step.before["judged"]}, actor, now)
        _stands_as(session, theme_id, seen=step.version - 1, number=step.version)
    _followers_back(session, theme_id, step)
    _judge_again(session, step.before.get("judged", ()), actor, now)
    _assign_again(session, step.before)
    step.undone_at = now
    record(
        session, actor=actor, action="theme.undone", kind=ThingKind.theme, object_id=theme_id, process_id=process_id, step=step.action
    )
    ask_to_follow(session, process_id)
    session.flush()
    return step.action


def _run_since(session: Session, process_id: uuid.UUID, moment: datetime) -> bool:
    """Whether a run ended, or is at work, since a moment."""
    later = exists().where(
        Run.process_id == process_id, Run.state != "cancelled", func.coalesce(Run.finished_at, func.clock_timestamp()) > moment
    )
    return bool(session.execute(select(later)).scalar_one())


def _decide(
    session: Session, theme_id: uuid.UUID, version: int, values: Mapping[str, Any], actor: Actor, now: datetime
) -> int:
    """Write a decision over the one of this version, and return its own; Invalid where another stands."""
    changed = session.execute(
        update(ThemeDecision)
        .where(ThemeDecision.theme_id == theme_id, ThemeDecision.version == version)
        .values(version=ThemeDecision.version + 1, decided_by=actor.account_id, decided_at=now, **values)
        .returning(ThemeDecision.version)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if changed is None:
        raise Invalid(_LATER)
    return changed


def _stands_as(session: Session, theme_id: uuid.UUID, *, seen: int, number: int) -> None:
    """A theme stands again as it stood at version `seen`, under a new number: the steps up to there can be taken back in their turn."""
    session.execute(
        update(ThemeStep)
        .where(ThemeStep.theme_id == theme_id, ThemeStep.version <= seen, ThemeStep.undone_at.is_(None))
        .values(version=ThemeStep.version + (number - seen))
        .execution_options(synchronize_session=False)
    )


def _check_judged(session: Session, before: Mapping[str, Any]) -> None:
    """Raises Invalid where somebody said since of one of the sources, while it is there, where it belongs."""
    pairs = [(uuid.UUID(theme), uuid.UUID(source)) for theme, source, _verdict in before.get("judged", ())]
    if not pairs:
        return
    live = set(
        session.execute(
            select(Source.id).where(Source.id.in_({source for _theme, source in pairs}), Source.state == "live")
        ).scalars()
    )
    now_said = judged(
        session, theme_ids=sorted({theme for theme, _source in pairs}), source_ids=sorted({source for _theme, source in pairs})
    )
    left = [[theme, source, "in" if theme == before.get("to") else "out"] for theme, source, _verdict in now_said]
    if any(mine != there for mine, there in zip(left, now_said, strict=True) if uuid.UUID(mine[1]) in live):
        raise Invalid(_LATER)


def _unmake(session: Session, made: uuid.UUID, sources: set[uuid.UUID], actor: Actor, now: datetime) -> None:
    """The theme that a split made holds nothing any more, and is refused: what rests on it says so.

    Invalid where somebody decided of it, or where it does not hold just the sources that it was made of, those withdrawn apart.
    """
    held = set(session.execute(select(Assignment.source_id).where(Assignment.theme_id == made)).scalars())
    said = set(session.execute(select(AssignmentDecision.source_id).where(AssignmentDecision.theme_id == made)).scalars())
    gone = sources - held
    went_on = gone and session.execute(
        select(Source.id).where(Source.id.in_(gone), Source.state == "live").limit(1)
    ).scalar_one_or_none()
    part_of_it = exists().where(ThemeDecision.merged_into_id == made)
    step_on_it = exists().where(ThemeStep.theme_id == made, ThemeStep.action != "made", ThemeStep.undone_at.is_(None))
    if went_on or (held | said) - sources or session.execute(select(part_of_it | step_on_it)).scalar_one():
        raise Invalid(_LATER)
    _decide(session, made, 1, {"state": "refused"}, actor, now)
    for table in (Assignment, AssignmentDecision):
        session.execute(delete(table).where(table.theme_id == made))
    session.execute(update(ThemeStep).where(ThemeStep.theme_id == made).values(undone_at=now))


def _followers_back(session: Session, theme_id: uuid.UUID, step: ThemeStep) -> None:
    """Themes that were part of this one before it became part of another are part of it again, unless they were taken out since."""
    followers = [uuid.UUID(key) for key in step.before.get("followers", ())]
    if followers:
        back = session.execute(
            update(ThemeDecision)
            .where(ThemeDecision.theme_id.in_(followers), ThemeDecision.merged_into_id == uuid.UUID(step.before["into"]))
            .values(merged_into_id=theme_id, version=ThemeDecision.version + 1)
            .returning(ThemeDecision.theme_id, ThemeDecision.version)
            .execution_options(synchronize_session=False)
        )
        for follower, number in back.all():
            # Once they went along, once they come back.
            _stands_as(session, follower, seen=number - 2, number=number)


def _judge_again(session: Session, pairs: Sequence[Sequence[Any]], actor: Actor, now: datetime) -> None:
    """People's words about sources and themes as they were."""
    key = (AssignmentDecision.theme_id, AssignmentDecision.source_id)
    nobodys = [(uuid.UUID(theme), uuid.UUID(source)) for theme, source, verdict in pairs if verdict is None]
    if nobodys:
        session.execute(delete(AssignmentDecision).where(tuple_(*key).in_(nobodys)))
    judge(session, [(uuid.UUID(theme), uuid.UUID(source), verdict) for theme, source, verdict in pairs if verdict is not None], actor, now)


def _assign_again(session: Session, before: Mapping[str, Any]) -> None:
    """Sources under the themes they were under; where one went that had not been there, it leaves."""
    rows = before.get("assigned") or []
    if before.get("to"):
        went = {source for _theme, source, _verdict in before["judged"]}
        here = {row[1] for row in rows if row[0] == before["to"]}
        gone = [uuid.UUID(key) for key in went - here]
        session.execute(
            delete(Assignment).where(Assignment.theme_id == uuid.UUID(before["to"]), Assignment.source_id.in_(gone))
        )
    live = set(
        session.execute(
            select(Source.id).where(Source.id.in_([uuid.UUID(row[1]) for row in rows]), Source.state == "live")
        ).scalars()
    )
    kept = [
        {"theme_id": uuid.UUID(theme), "source_id": uuid.UUID(source), **dict(zip(ASSIGNED, values, strict=True))}
        for theme, source, *values in rows
        if uuid.UUID(source) in live
    ]
    if kept:
        write = insert(Assignment)
        as_they_were = {name: write.excluded[name] for name in ASSIGNED}
        session.execute(write.on_conflict_do_update(index_elements=["theme_id", "source_id"], set_=as_they_were), kept)
