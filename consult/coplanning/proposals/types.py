"""Closed lists of proposals."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum


class ProposalState(StrEnum):
    """Where a proposal stands. Hidden is nowhere to be seen; withdrawn ones can still be read by who has the address.

    Waiting: only its author sees it until a moderator has read it; dropped: its author took it back before that.
    """

    waiting = "waiting"
    dropped = "dropped"
    published = "published"
    hidden = "hidden"
    withdrawn = "withdrawn"
    merged = "merged"
    divided = "split"


#: States anyone may read; the others, `UNSEEN`, are absent from every surface.
READABLE = (ProposalState.published, ProposalState.withdrawn, ProposalState.merged, ProposalState.divided)
UNSEEN = (ProposalState.hidden, ProposalState.waiting, ProposalState.dropped)
#: States that lists, feeds, searches and exports show.
LISTED = (ProposalState.published, ProposalState.merged, ProposalState.divided)


class AmendmentState(StrEnum):
    """Where an amendment stands: the author's answer is awaited, was yes, was no, did not come; taken back; unseen as proposals are."""

    open = "open"
    accepted = "accepted"
    declined = "declined"
    lapsed = "lapsed"
    withdrawn = "withdrawn"
    hidden = "hidden"
    waiting = "waiting"
    dropped = "dropped"


#: States of amendments that anyone may read while the proposal may be read; the words of one taken back are nobody's any more.
AMENDMENTS_SHOWN = (AmendmentState.open, AmendmentState.accepted, AmendmentState.declined, AmendmentState.lapsed)


class LapseCause(StrEnum):
    """Why what waited for an author's word lapsed: no answer in time, nothing comes in any more, a proposal was decided, merged, split or
    taken back meanwhile, its author erased their account."""

    late = "late"
    closed = "closed"
    settled = "settled"
    gone = "gone"


class Sort(StrEnum):
    """Orders of the list, as the address spells them."""

    newest = "recenti"
    most_supported = "sostenute"
    most_discussed = "discusse"
    needs_opinions = "da-commentare"
    shuffled = "a-caso"


class ProposalOrigin(StrEnum):
    """How a proposal came in: written here by its author, or on paper or at a meeting and typed in by an operator."""

    web = "web"
    paper = "paper"
    meeting = "meeting"


class Lineage(StrEnum):
    """How a proposal comes from another."""

    merged_into = "merged"
    split_off = "split"


class RegroupingState(StrEnum):
    """Where a merge or split stands: asked by one author of another, in force, refused, taken back; a question that its asker withdrew, or
    that nobody answered in time."""

    asked = "asked"
    standing = "standing"
    refused = "refused"
    withdrawn = "withdrawn"
    lapsed = "lapsed"
    undone = "undone"


@dataclass(frozen=True, slots=True)
class SplitPart:
    """One of the proposals that a proposal is split into, as it was typed."""

    title: str
    text: str
    strategy_id: uuid.UUID
