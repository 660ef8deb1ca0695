"""Making two themes of one: chosen sources leave it for a new one, made by hand and kept by every run."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.errors import Difference, Invalid
from consult.core.permissions import Actor
from consult.evidence.models import Assignment
from consult.evidence.services.decisions import decide, judge, load_theme, make_theme, parts_of
from consult.evidence.services.remembering import judged, remember, without


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
    theme's. `undoing.take_back` puts them back.
    """
    theme, decision = load_theme(session, process_id, theme_id)
    if not source_ids:
        raise Invalid("Nessuna fonte scelta.", {"sources": "Scegli le fonti del tema nuovo."})
    if not label.strip():
        raise Invalid("Un tema ha bisogno di un’etichetta.", {"label": "Scrivi qualche parola."})
    parts = parts_of(session, theme_id)
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
    number = decide(
        session, theme, decision, version, {}, (yours,), actor, now, action="theme.split", sources=len(chosen)
    )
    strategy_id = decision.strategy_id if decision and decision.moved else theme.strategy_id
    new_id = make_theme(
        session, process_id=process_id, label=label, strategy_id=strategy_id, source_ids=chosen, actor=actor, now=now
    )
    before: dict[str, Any] = {"made": str(new_id), "judged": judged(session, theme_ids=parts, source_ids=chosen)}
    before["assigned"] = without(session, theme_ids=parts, source_ids=chosen)
    judge(session, [(part, source_id, "out") for part in parts for source_id in chosen], actor, now)
    remember(session, theme, action="split", version=number, before=before, actor=actor, now=now)
    session.flush()
    return new_id
