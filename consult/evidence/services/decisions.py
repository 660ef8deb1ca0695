"""What people decide about themes and about single sources: kept apart from the machine's results, applied again after each run."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import N_, Sentence
from consult.core.vocabulary import ThingKind
from consult.evidence.models import Assignment, AssignmentDecision, Theme, ThemeDecision
from consult.evidence.rules import may_become
from consult.evidence.services.reduce import hold_decisions
from consult.evidence.services.remembering import as_it_was, judged, remember, without
from consult.framework.models import Strategy
from consult.listening.sources.models import Source
from consult.people import queries as people
from consult.process.models import Process
from consult.process.queries import slug_of

#: What must follow when sources change theme, or themes their state: findings that rest on them. Their room stands above and names the task.
FOLLOWED_BY = "position_paper.follow_coding"
#: How long a decision waits for the next ones, so that a row of them is followed once.
GATHER_S = 4

STATE_WORDS = {
    "proposed": Sentence("proposto"), "accepted": Sentence("accettato"), "refused": Sentence("rifiutato"), "merged": Sentence("unito a un altro"),
}  # fmt: skip  # one row of values reads better so


def set_state(
    session: Session,
    *,
    process_id: uuid.UUID,
    theme_id: uuid.UUID,
    version: int,
    state: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Accept, refuse or reopen a theme; returns the decision's new version.

    Raises Conflict with what the other person decided when `version` is no longer the present one.
    """
    theme, decision = load_theme(session, process_id, theme_id)
    present = decision.state if decision else "proposed"
    if state == "merged" or (present != state and not may_become(present, state)):
        raise Invalid("Questa decisione non si può prendere per un tema in questo stato.")
    yours = Difference("Decisione", STATE_WORDS[present], STATE_WORDS[state])
    values = {"state": state, "merged_into_id": None}
    before = as_it_was(decision)
    number = decide(session, theme, decision, version, values, (yours,), actor, now, action=f"theme.{state}")
    remember(session, theme, action=state, version=number, before=before, actor=actor, now=now)
    return number


def describe(
    session: Session,
    *,
    process_id: uuid.UUID,
    theme_id: uuid.UUID,
    version: int,
    label: str,
    strategy_id: uuid.UUID | None,
    actor: Actor,
    now: datetime,
) -> int:
    """Rename a theme and put it under a strategy (None: it fits none); returns the decision's new version.

    Raises Conflict with both labels when `version` is no longer the present one, Invalid for an empty label or a foreign strategy.
    """
    theme, decision = load_theme(session, process_id, theme_id)
    if not label.strip():
        raise Invalid("Un tema ha bisogno di un’etichetta.", {"label": "Scrivi qualche parola."})
    _own_strategy(session, process_id, strategy_id)
    present_strategy = decision.strategy_id if decision and decision.moved else theme.strategy_id
    moved = bool(decision and decision.moved) or strategy_id != present_strategy
    values = {
        "label": label[:200] if label != theme.label else None,
        "moved": moved,
        "strategy_id": strategy_id if moved else None,
    }
    yours = (
        Difference(N_("Etichetta"), (decision.label if decision else None) or theme.label, label),
        Difference("Strategia", "", _strategy_words(session, strategy_id)),
    )
    before = as_it_was(decision)
    number = decide(session, theme, decision, version, values, yours, actor, now, action="theme.described", whole=True)
    remember(session, theme, action="described", version=number, before=before, actor=actor, now=now)
    return number


def merge(
    session: Session,
    *,
    process_id: uuid.UUID,
    theme_id: uuid.UUID,
    version: int,
    into_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> int:
    """Make a theme part of another, which then counts its sources too; returns the decision's new version.

    Themes merged into it before follow it. Raises Invalid when the other is itself merged, refused or the same.
    """
    theme, decision = load_theme(session, process_id, theme_id)
    target, target_decision = load_theme(session, process_id, into_id)
    if target.id == theme.id or (target_decision and target_decision.state in {"merged", "refused"}):
        raise Invalid("Si può unire solo a un altro tema, proposto o accettato.", {"into_id": "Scegli un altro tema."})
    if decision and decision.state == "merged":
        raise Invalid("Questo tema è già unito a un altro.")
    yours = Difference("Decisione", STATE_WORDS[decision.state if decision else "proposed"], STATE_WORDS["merged"])
    values = {"state": "merged", "merged_into_id": into_id}
    before = as_it_was(decision)
    number = decide(session, theme, decision, version, values, (yours,), actor, now, action="theme.merged", into=into_id)
    followers = session.execute(
        update(ThemeDecision)
        .where(ThemeDecision.merged_into_id == theme_id)
        .values(merged_into_id=into_id, version=ThemeDecision.version + 1)
        .returning(ThemeDecision.theme_id)
    ).scalars()
    before |= {"into": str(into_id), "followers": sorted(map(str, followers))}
    remember(session, theme, action="merged", version=number, before=before, actor=actor, now=now)
    return number


def move_source(
    session: Session,
    *,
    process_id: uuid.UUID,
    source_id: uuid.UUID,
    from_theme_id: uuid.UUID,
    to_theme_id: uuid.UUID | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Take a source out of a theme and, if one is named, put it under another; no later run undoes it."""
    theme, decision = load_theme(session, process_id, from_theme_id)
    if to_theme_id is not None:
        load_theme(session, process_id, to_theme_id)
    if to_theme_id == from_theme_id:
        raise Invalid("La fonte è già sotto questo tema.", {"to_theme_id": "Scegli un altro tema."})
    live = select(Source.id).where(Source.id == source_id, Source.process_id == process_id, Source.state == "live")
    if session.execute(live).scalar_one_or_none() is None:
        raise NotFound("Questa fonte non c’è più.")
    hold_decisions(session, process_id=process_id)
    # The theme shown may hold themes merged into it: the source leaves all of them.
    parts = parts_of(session, from_theme_id)
    touched = [*parts, *([to_theme_id] if to_theme_id is not None else [])]
    before: dict[str, Any] = {"judged": judged(session, theme_ids=touched, source_ids=[source_id])}
    before["assigned"] = without(session, theme_ids=touched, source_ids=[source_id], leave=to_theme_id)
    judge(session, [(theme_id, source_id, "out") for theme_id in parts], actor, now)
    if to_theme_id is not None:
        put_under(session, theme_id=to_theme_id, source_ids=[source_id], actor=actor, now=now)
    record(
        session, actor=actor, action="source.moved", kind=ThingKind.source, object_id=source_id, process_id=process_id,
        from_theme=from_theme_id, to_theme=to_theme_id,
    )  # fmt: skip  # one row of values reads better so
    before["to"] = str(to_theme_id) if to_theme_id else None
    remember(session, theme, action="moved", version=decision.version if decision else 0, before=before, actor=actor, now=now)
    ask_to_follow(session, process_id)
    session.flush()


def make_theme(
    session: Session,
    *,
    process_id: uuid.UUID,
    label: str,
    strategy_id: uuid.UUID | None,
    source_ids: Sequence[uuid.UUID],
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """A theme made by hand from chosen sources: accepted from the start, kept by every run. Returns its key."""
    if not label.strip():
        raise Invalid("Un tema ha bisogno di un’etichetta.", {"label": "Scrivi qualche parola."})
    _own_strategy(session, process_id, strategy_id)
    found = set(
        session.execute(
            select(Source.id).where(Source.id.in_(source_ids), Source.process_id == process_id, Source.state == "live")
        ).scalars()
    )
    if found != set(source_ids):
        raise Invalid("Una delle fonti scelte non c’è più.")
    hold_decisions(session, process_id=process_id)
    theme_id = uuid.uuid4()
    theme = Theme(
        id=theme_id,
        process_id=process_id,
        key=f"hand-{theme_id}",
        strategy_id=strategy_id,
        label=label[:200],
        origin="human",
    )
    session.add(theme)
    session.flush()
    session.add(ThemeDecision(theme_id=theme_id, state="accepted", decided_by=actor.account_id, decided_at=now))
    put_under(session, theme_id=theme_id, source_ids=source_ids, actor=actor, now=now)
    record(
        session,
        actor=actor,
        action="theme.made",
        kind=ThingKind.theme,
        object_id=theme_id,
        process_id=process_id,
        sources=len(found),
    )
    remember(session, theme, action="made", version=1, before={}, actor=actor, now=now)
    ask_to_follow(session, process_id)
    session.flush()
    return theme_id


def parts_of(session: Session, theme_id: uuid.UUID) -> list[uuid.UUID]:
    """A theme and those merged into it: what is shown as one."""
    merged = select(ThemeDecision.theme_id).where(ThemeDecision.merged_into_id == theme_id)
    return [theme_id, *session.execute(merged.order_by(ThemeDecision.theme_id)).scalars()]


def put_under(
    session: Session, *, theme_id: uuid.UUID, source_ids: Sequence[uuid.UUID], actor: Actor, now: datetime
) -> None:
    """Put sources under a theme, as a person's decision."""
    if not source_ids:
        return
    judge(session, [(theme_id, source_id, "in") for source_id in source_ids], actor, now)
    own = {"theme_id": theme_id, "share": 1.0, "margin": 1.0, "spans": [], "origin": "human"}
    session.execute(
        insert(Assignment).on_conflict_do_update(index_elements=["theme_id", "source_id"], set_={"origin": "human"}),
        [{**own, "source_id": source_id} for source_id in source_ids],
    )


def load_theme(session: Session, process_id: uuid.UUID, theme_id: uuid.UUID) -> tuple[Theme, ThemeDecision | None]:
    """A theme with what people decided of it, as it stands now; NotFound for one of another process."""
    row = session.execute(
        select(Theme, ThemeDecision)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .where(Theme.id == theme_id, Theme.process_id == process_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound("Questo tema non c’è.")
    return row[0], row[1]


def _own_strategy(session: Session, process_id: uuid.UUID, strategy_id: uuid.UUID | None) -> None:
    if strategy_id is None:
        return
    found = session.execute(
        select(Strategy.id)
        .join(Process, Process.frame_id == Strategy.frame_id)
        .where(Strategy.id == strategy_id, Process.id == process_id)
    ).scalar_one_or_none()
    if found is None:
        raise Invalid("Questa strategia non è del piano.", {"strategy_id": "Scegli una delle strategie dell’elenco."})


def _strategy_words(session: Session, strategy_id: uuid.UUID | None) -> str:
    """A strategy by code and title, where two people chose different ones."""
    if strategy_id is None:
        return Sentence("Nessuna strategia")
    code, title = session.execute(select(Strategy.code, Strategy.title).where(Strategy.id == strategy_id)).one()
    return f"{code} {title}"


def decide(
    session: Session,
    theme: Theme,
    decision: ThemeDecision | None,
    version: int,
    values: dict[str, Any],
    differences: Sequence[Difference],
    actor: Actor,
    now: datetime,
    *,
    action: str,
    whole: bool = False,
    **meta: Any,
) -> int:
    """Write a decision if `version` is still the present one (0: nobody decided yet); compare and write in one statement."""
    hold_decisions(session, process_id=theme.process_id)
    by = {"decided_by": actor.account_id, "decided_at": now}
    if version == 0:
        statement = insert(ThemeDecision).values(theme_id=theme.id, version=1, **{"state": "proposed", **values}, **by)
        number = session.execute(
            statement.on_conflict_do_nothing(index_elements=["theme_id"]).returning(ThemeDecision.version)
        ).scalar_one_or_none()
    else:
        number = session.execute(
            update(ThemeDecision)
            .where(ThemeDecision.theme_id == theme.id, ThemeDecision.version == version)
            .values(version=ThemeDecision.version + 1, **values, **by)
            .returning(ThemeDecision.version)
        ).scalar_one_or_none()
    if number is None:
        raise _stale(session, theme, differences, whole)
    record(
        session,
        actor=actor,
        action=action,
        kind=ThingKind.theme,
        object_id=theme.id,
        process_id=theme.process_id,
        version=number,
        **meta,
    )
    ask_to_follow(session, theme.process_id)
    session.flush()
    return number


def ask_to_follow(session: Session, process_id: uuid.UUID) -> None:
    """Ask the rooms above to look at what rests on these themes, a row of decisions at once."""
    jobs.enqueue_together(session, FOLLOWED_BY, scope=process_id, wait_s=GATHER_S, process_id=process_id)


def _stale(session: Session, theme: Theme, differences: Sequence[Difference], whole: bool) -> Conflict:
    """The conflict to raise: who decided what meanwhile, and what this person wanted."""
    now_there = session.execute(
        select(ThemeDecision).where(ThemeDecision.theme_id == theme.id).execution_options(populate_existing=True)
    ).scalar_one()
    theirs = {
        "Decisione": STATE_WORDS[now_there.state],
        "Etichetta": now_there.label or theme.label,
        "Strategia": _strategy_words(session, now_there.strategy_id if now_there.moved else theme.strategy_id),
    }
    slug = slug_of(session, process_id=theme.process_id)
    return Conflict(
        "Qualcun altro ha appena deciso su questo tema.",
        link_endpoint="evidence.theme",
        link_values={"slug": slug, "theme_id": str(theme.id)},
        differences=tuple(Difference(d.label, theirs[d.label], d.yours) for d in differences),
        changed_by=people.name_of(session, account_id=now_there.decided_by),
        current_version=now_there.version,
        whole=whole,
    )


def judge(
    session: Session, said: Sequence[tuple[uuid.UUID, uuid.UUID, str]], actor: Actor, now: datetime
) -> None:
    """Keep a person's word about themes and sources, the verdict third in each, all in one statement; the latest counts."""
    if not said:
        return
    statement = insert(AssignmentDecision)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["theme_id", "source_id"],
            set_={name: statement.excluded[name] for name in ("verdict", "decided_by", "decided_at")},
        ),
        [
            {"theme_id": theme, "source_id": source, "verdict": verdict, "decided_by": actor.account_id, "decided_at": now}
            for theme, source, verdict in said
        ],
    )
