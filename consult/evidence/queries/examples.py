"""What people confirmed about strategies: the texts that show the machine what belongs where."""

from __future__ import annotations

import uuid
from collections import defaultdict

from sqlalchemy import case, func, literal, null, select, union_all
from sqlalchemy.orm import Session, aliased

from consult.evidence.models import AssignmentDecision, Theme, ThemeDecision, ThemeQuote
from consult.evidence.queries.counting import ROOT
from consult.listening.sources.models import Source

#: Texts of one strategy: more say little new, and each costs reading.
MOST_EXAMPLES = 12
#: Characters of a text that are read: what it is about stands at its beginning.
LONGEST_EXAMPLE = 600


def confirmed_texts(session: Session, *, process_id: uuid.UUID) -> dict[uuid.UUID, tuple[str, ...]]:
    """Texts that stand under a strategy because a person said so, by strategy. One statement.

    First the sources that a person put under an accepted theme, then the representative ones of accepted themes; live ones only, and
    none that a person took out.
    """
    decision = aliased(ThemeDecision)
    strategy = case((decision.moved.is_(True), decision.strategy_id), else_=Theme.strategy_id)
    by_hand = (
        select(ROOT.label("root"), AssignmentDecision.source_id, literal(0).label("rank"), null().label("revision"))
        .join(Theme, Theme.id == AssignmentDecision.theme_id)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .where(Theme.process_id == process_id, AssignmentDecision.verdict == "in")
    )
    quoted = (
        select(ROOT.label("root"), ThemeQuote.source_id, (1 + ThemeQuote.position).label("rank"), ThemeQuote.revision)
        .join(Theme, Theme.id == ThemeQuote.theme_id)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .where(Theme.process_id == process_id)
    )
    listed = union_all(by_hand, quoted).subquery()
    taken_out = (
        select(AssignmentDecision.source_id)
        .where(
            AssignmentDecision.theme_id == listed.c.root,
            AssignmentDecision.source_id == listed.c.source_id,
            AssignmentDecision.verdict == "out",
        )
        .exists()
    )
    statement = (
        select(strategy, func.left(Source.text, LONGEST_EXAMPLE))
        .select_from(listed)
        .join(Theme, Theme.id == listed.c.root)
        .join(decision, decision.theme_id == Theme.id)
        .join(Source, Source.id == listed.c.source_id)
        .where(
            decision.state == "accepted",
            strategy.is_not(None),
            Source.state == "live",
            func.coalesce(listed.c.revision, Source.revision) == Source.revision,
            ~taken_out,
        )
        .order_by(strategy, listed.c.rank, Source.id)
    )
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for strategy_id, text in session.execute(statement):
        mine = found[strategy_id]
        if len(mine) < MOST_EXAMPLES and text not in mine:
            mine.append(text)
    return {key: tuple(texts) for key, texts in found.items()}
