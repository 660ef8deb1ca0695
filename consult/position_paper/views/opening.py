"""The sources of a finding as anyone may read them, a page at a time: of a published finding, and of one in consultation."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from consult.core.vocabulary import Support
from consult.evidence.rules import words_at
from consult.evidence.types import Place
from consult.listening.sources import queries as sources
from consult.listening.sources.rules import may_show
from consult.listening.sources.types import SourceCard
from consult.position_paper.services import ShownFinding
from consult.web.forms import asked_place
from consult.web.session import db

Row = TypeVar("Row")
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
    page, beginning, following = _page(readable, after)
    return OpenedSources(
        supporting=tuple((card, words) for card, words, side in page if side == Support.supporting),
        contrary=tuple((card, words) for card, words, side in page if side == Support.contrary),
        opens=frozenset(card.id for card, _words, _side in page if may_show(card)),
        unread=len(live) - len(readable),
        withdrawn=len(keys) - len(live),
        beginning=beginning,
        following=following,
    )


def _page(rows: Sequence[Row], after: int) -> tuple[Sequence[Row], int, int | None]:
    """The rows of a page, its place and that of the next; a place that is none is the first."""
    beginning = after if 0 < after < len(rows) else 0
    following = beginning + PER_PAGE
    return rows[beginning:following], beginning, following if following < len(rows) else None


def asked_sentence(finding: ShownFinding) -> int | None:
    """The sentence of a finding whose sources are asked for in the address; None where it names none that has any."""
    place = asked_place(len(finding.sentences))
    return place if place and finding.sentences[place - 1].leads_to else None


def of_sentence(raw: Mapping[str, Any], finding: ShownFinding, place: int | None) -> Mapping[str, Any]:
    """A finding with only those of its sources that one of its sentences names; whole where none is asked for."""
    named = set(finding.sentences[place - 1].leads_to) if place else set()
    return {**raw, "sources": [s for s in raw["sources"] if s["id"] in named]} if named else raw


def open_resting(content: Mapping[str, Any], ids: Collection[str], *, after: int) -> OpenedSources:
    """The sources that a sentence of a short text names, from the one asked for on; of them only those of one page are read.

    A source that may only be quoted is read in the words that a finding quotes of it.
    """
    wanted, found = set(ids), dict[str, Mapping[str, Any]]()
    for section in content["sections"]:
        for finding in section["findings"]:
            for source in finding["sources"]:
                if source["id"] in wanted and not found.get(source["id"], {}).get("quote"):
                    found[source["id"]] = {**source, "support": Support.supporting}
    listed, beginning, following = _page(list(found.values()), after)
    return replace(open_sources({"sources": listed}, after=0), beginning=beginning, following=following)


def _readable(card: SourceCard, quote: Mapping[str, Any] | None) -> str:
    """What anyone may read of a source: all of a public one, the quoted words of an internal one that may be quoted, else nothing."""
    if may_show(card):
        return card.text
    return (words_at(Place(**quote), card.text) or "") if quote and card.text else ""
