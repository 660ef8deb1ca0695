"""A language model's wording of a theme, as far as it may still be read."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.evidence.models import ThemeRetelling
from consult.listening.sources import queries as sources
from consult.listening.sources.rules import may_quote


@dataclass(frozen=True, slots=True)
class RetoldSentence:
    """A sentence of the model with the sources it rests on."""

    text: str
    source_ids: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class Retold:
    """How a language model words a theme; `label` empty where it proposes none, `dropped` sentences that failed the checks."""

    model: str
    label: str
    sentences: tuple[RetoldSentence, ...]
    dropped: int
    told_at: datetime


def retelling(session: Session, *, theme_id: uuid.UUID) -> Retold | None:
    """The wording of a theme, or None. A sentence goes with any of its sources that was corrected, withdrawn or may not be quoted."""
    row = session.execute(select(ThemeRetelling).where(ThemeRetelling.theme_id == theme_id)).scalar_one_or_none()
    if row is None:
        return None
    named = {uuid.UUID(key) for sentence in row.sentences for key, _revision in sentence["sources"]}
    cards = sources.cards(session, ids=sorted(named), public_only=False)

    def stands(key: str, revision: int) -> bool:
        card = cards.get(uuid.UUID(key))
        return card is not None and card.state == "live" and card.revision == revision and may_quote(card)

    kept = tuple(
        RetoldSentence(sentence["text"], tuple(uuid.UUID(key) for key, _revision in sentence["sources"]))
        for sentence in row.sentences
        if all(stands(key, revision) for key, revision in sentence["sources"])
    )
    return Retold(row.model, row.label, kept, sum(row.dropped.values()), row.told_at)
