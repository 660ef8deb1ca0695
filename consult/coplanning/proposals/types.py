"""Closed lists of proposals."""

from __future__ import annotations

from enum import StrEnum


class ProposalState(StrEnum):
    """Where a proposal stands. Hidden is nowhere to be seen; withdrawn and merged can still be read by who has the address."""

    published = "published"
    hidden = "hidden"
    withdrawn = "withdrawn"
    merged = "merged"


#: States anyone may read; `hidden` is the only one that is absent from every surface.
READABLE = (ProposalState.published, ProposalState.withdrawn, ProposalState.merged)
#: States that lists, feeds, searches and exports show.
LISTED = (ProposalState.published, ProposalState.merged)


class Sort(StrEnum):
    """Orders of the list, as the address spells them."""

    newest = "recenti"
    most_supported = "sostenute"
    most_discussed = "discusse"
    shuffled = "a-caso"


class Lineage(StrEnum):
    """How a proposal comes from another."""

    merged_into = "merged"
    split_off = "split"
