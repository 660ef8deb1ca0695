"""The sources of a finding as anyone may read them, a page at a time: of a published finding, and of one in consultation."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consult.core.vocabulary import Support
from consult.evidence.rules import words_at
from consult.evidence.types import Place
from consult.listening.sources import queries as sources
from consult.listening.sources.rules import may_show
from consult.listening.sources.types import SourceCard
from consult.web.session import db

#: Sources on a page, of either side.
PER_PAGE = 60


@dataclass(frozen=True, slots=True)
class OpenedSources:
    """What may be read of the sources of a finding, from the one asked for on.

    `opens` are those with a page of their own; `unread` counts those that are not shown, `withdrawn` those that went since. `following`
    is the place of the next page.
    """

    supporting: tuple[tuple[SourceCard, str], ...]
    contrary: tuple[tuple[SourceCard, str], ...]
    opens: frozenset[uuid.UUID]
    unread: int
    withdrawn: int
    beginning: int
    following: int | None


def open_sources(raw: Mapping[str, Any], *, after: int) -> OpenedSources:
    """The sources of a finding as it was frozen, those against it last; one statement.

    What is frozen never changes its order, so a place in it is a key for the next page.
    """
    keys = [uuid.UUID(s["id"]) for s in raw["sources"]]
    cards = sources.cards(db(), ids=keys, public_only=True)
    live = [
        (cards[key], cited)
        for key, cited in zip(keys, raw["sources"], strict=True)
        if key in cards and cards[key].state == "live"
    ]
    readable = [(card, words, cited["support"]) for card, cited in live if (words := _readable(card, cited["quote"]))]
    beginning = after if 0 < after < len(readable) else 0
    page = readable[beginning : beginning + PER_PAGE]
    return OpenedSources(
        supporting=tuple((card, words) for card, words, side in page if side == Support.supporting),
        contrary=tuple((card, words) for card, words, side in page if side == Support.contrary),
        opens=frozenset(card.id for card, _words, _side in page if may_show(card)),
        unread=len(live) - len(readable),
        withdrawn=len(keys) - len(live),
        beginning=beginning,
        following=beginning + PER_PAGE if beginning + PER_PAGE < len(readable) else None,
    )


def _readable(card: SourceCard, quote: Mapping[str, Any] | None) -> str:
    """What anyone may read of a source: all of a public one, the quoted words of an internal one that may be quoted, else nothing."""
    if may_show(card):
        return card.text
    return (words_at(Place(**quote), card.text) or "") if quote and card.text else ""
