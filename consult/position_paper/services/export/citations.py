"""The sources of a paper with the numbers that files call them by: 1, 2, 3 in the order in which the paper first rests on them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from consult.listening.sources import queries as sources
from consult.listening.sources.rules import may_show
from consult.position_paper.services.showing import ShownPaper


@dataclass(frozen=True, slots=True)
class Cited:
    """A cited source. Zone and kind of speaker stand here only where anyone may read the source itself."""

    number: int
    id: str
    channel: str
    zone: str
    speaker: str
    public: bool


def citations(session: Session, *, paper: ShownPaper) -> dict[str, Cited]:
    """Every live source that a finding rests on or that speaks against it, by id. One statement."""
    order = [key for finding in paper.findings for key, _contrary in finding.cited]
    wanted = list(dict.fromkeys(order))
    cards = sources.cards(session, ids=[uuid.UUID(key) for key in wanted], public_only=False)
    found: dict[str, Cited] = {}
    for key in wanted:
        card = cards.get(uuid.UUID(key))
        if card is None or card.state != "live":
            continue
        open_to_all = may_show(card)
        found[key] = Cited(
            number=len(found) + 1,
            id=key,
            channel=card.channel,
            zone=(card.zone_name or "") if open_to_all else "",
            speaker=(card.speaker_kind or "") if open_to_all else "",
            public=open_to_all,
        )
    return found


def numbers(keys: Sequence[str], cited: Mapping[str, Cited]) -> str:
    """Numbers of some sources as a reader expects them: «3, 7, 12–15»; empty where none is left."""
    places = sorted({cited[key].number for key in keys if key in cited})
    parts: list[str] = []
    start = 0
    for end in range(len(places)):
        if end + 1 == len(places) or places[end + 1] != places[end] + 1:
            run = places[start : end + 1]
            parts += [str(n) for n in run] if len(run) < 3 else [f"{run[0]}–{run[-1]}"]
            start = end + 1
    return ", ".join(parts)
