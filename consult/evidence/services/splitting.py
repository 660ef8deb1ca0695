"""Making two themes of one: chosen sources leave it for a new one, made by hand and kept by every run."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from consult.core.errors import Difference, Invalid
from consult.core.permissions import Actor
from consult.evidence.models import Assignment, ThemeDecision
from consult.evidence.services.decisions import decide, judge, load_theme, make_theme


def split(
    session: Session,
    *,
    process_id: uuid.UUID,
    theme_id: uuid.UUID,
    version: int,
    label: str,
    source_ids: Sequence[uuid.UUID],
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Move chosen sources of a theme under a new one of this label, below the same strategy; returns the new theme's key.

    Raises Conflict when somebody decided about the theme meanwhile, Invalid for no source, for all of them, or for one that is not the
    theme's. Merging the new theme back into the old one undoes it.
    """
    theme, decision = load_theme(session, process_id, theme_id)
    if not source_ids:
        raise Invalid("Nessuna fonte scelta.", {"sources": "Scegli le fonti del tema nuovo."})
    if not label.strip():
        raise Invalid("Un tema ha bisogno di un'etichetta.", {"label": "Scrivi qualche parola."})
    parts = [
        theme_id,
        *session.execute(
            select(ThemeDecision.theme_id)
            .where(ThemeDecision.merged_into_id == theme_id)
            .order_by(ThemeDecision.theme_id)
        ).scalars(),
    ]
    mine = set(session.execute(select(Assignment.source_id).where(Assignment.theme_id.in_(parts))).scalars())
    chosen = list(dict.fromkeys(source_ids))
    if not set(chosen) <= mine:
        raise Invalid(
            "Una delle fonti scelte non è di questo tema.", {"sources": "Una delle fonti scelte non è di questo tema."}
        )
    if len(chosen) == len(mine):
        raise Invalid(
            "Restano zero fonti: per questo basta cambiare etichetta.", {"sources": "Almeno una fonte deve restare."}
        )
    present = (decision.label if decision else None) or theme.label
    yours = Difference("Etichetta", present, label)
    decide(session, theme, decision, version, {}, yours, actor, now, action="theme.split", sources=len(chosen))
    strategy_id = decision.strategy_id if decision and decision.moved else theme.strategy_id
    new_id = make_theme(
        session, process_id=process_id, label=label, strategy_id=strategy_id, source_ids=chosen, actor=actor, now=now
    )
    for part in parts:
        for source_id in chosen:
            judge(session, part, source_id, "out", actor, now)
    session.execute(delete(Assignment).where(Assignment.theme_id.in_(parts), Assignment.source_id.in_(chosen)))
    session.flush()
    return new_id
