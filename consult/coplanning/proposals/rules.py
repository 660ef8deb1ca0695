"""What may be done with a proposal, from facts alone."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from html import unescape

from consult.coplanning.proposals.types import (
    AMENDMENTS_SHOWN,
    AmendmentState,
    LapseCause,
    ProposalState,
    RegroupingState,
)
from consult.core.sentences import Sentence
from consult.core.wordings import united

#: For so long the authors may object to a merge or split of what they wrote.
OBJECTION_DAYS = 14
#: How many proposals one merge or split may concern.
MOST_MERGED, MOST_PARTS = 20, 4
_INLINE = re.compile(r"</?(?:em|strong|a|code)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
#: Changes of state that somebody may ask for; every other is refused.
MOVES: frozenset[tuple[str, str]] = frozenset(
    {
        (ProposalState.published, ProposalState.hidden),
        (ProposalState.published, ProposalState.withdrawn),
        (ProposalState.published, ProposalState.merged),
        (ProposalState.hidden, ProposalState.published),
        (ProposalState.merged, ProposalState.published),
        (ProposalState.merged, ProposalState.hidden),
        (ProposalState.withdrawn, ProposalState.hidden),
        (ProposalState.published, ProposalState.divided),
        (ProposalState.divided, ProposalState.published),
        (ProposalState.divided, ProposalState.hidden),
        # A moderator reads it first, and may think better of it for ten seconds.
        (ProposalState.waiting, ProposalState.published),
        (ProposalState.waiting, ProposalState.hidden),
        (ProposalState.published, ProposalState.waiting),
        (ProposalState.hidden, ProposalState.waiting),
    }
)


def may_move(state: str, to: str) -> bool:
    """Whether a proposal in `state` may be put in the state `to`."""
    return (state, to) in MOVES


A = AmendmentState
#: Changes of state of an amendment that somebody may ask for; every other is refused.
AMENDMENT_MOVES: frozenset[tuple[str, str]] = frozenset(
    {
        (A.open, A.accepted),
        (A.open, A.declined),
        (A.open, A.withdrawn),
        (A.open, A.lapsed),
        (A.waiting, A.dropped),
        (A.waiting, A.open),
        (A.waiting, A.hidden),
        *((shown, A.hidden) for shown in AMENDMENTS_SHOWN),
        *((A.hidden, shown) for shown in AMENDMENTS_SHOWN),
        # A moderator who read it first may think better of it for ten seconds.
        (A.open, A.waiting),
        (A.hidden, A.waiting),
    }
)


def may_move_amendment(state: str, to: str) -> bool:
    """Whether an amendment in `state` may be put in the state `to`."""
    return (state, to) in AMENDMENT_MOVES


def may_be_amended(state: str, outcome: str | None, author_id: uuid.UUID | None) -> bool:
    """Whether changes may be proposed to a proposal, and accepted: while it stands, nobody decided on it, and its author is there."""
    return state == ProposalState.published and outcome is None and author_id is not None


def may_amend(state: str, outcome: str | None, author_id: uuid.UUID | None, account_id: uuid.UUID | None) -> bool:
    """Whether this person may propose a change: somebody other than the author, who changes their own words themselves."""
    return account_id is not None and account_id != author_id and may_be_amended(state, outcome, author_id)


@dataclass(frozen=True, slots=True)
class Words:
    """Title and text of a proposal at one time."""

    title: str
    text: str


def carried_over(base: Words, present: Words, amended: Words) -> Words | None:
    """What an amendment written against `base` makes of the present words; None where both changed the same sentence, or the title."""
    title, text = (
        present.title if amended.title == base.title else amended.title,
        united(base.text, present.text, amended.text),
    )
    clash = amended.title != base.title and present.title not in (base.title, amended.title)
    return None if text is None or clash else Words(title, text)


def is_author(author_id: uuid.UUID | None, account_id: uuid.UUID | None) -> bool:
    """Whether this person wrote it; nobody is the author of what an erased person wrote."""
    return author_id is not None and author_id == account_id


def words_are_open(state: str, first_supported_at: datetime | None, outcome: str | None) -> bool:
    """Whether the author may still change the words: until the first support, and only while nobody decided on it."""
    return state in (ProposalState.published, ProposalState.waiting) and first_supported_at is None and outcome is None


def may_be_withdrawn(state: str, outcome: str | None) -> bool:
    """Whether the author may still take it back: until it has an outcome."""
    return state in (ProposalState.published, ProposalState.waiting) and outcome is None


def excerpt(html: str, length: int = 280) -> str:
    """The first words of a rendered text, without tags, cut between words."""
    # The HTML is ours and sanitised: a bare < can't stand in its text, so tags are what stands between < and >.
    plain = " ".join(unescape(_TAG.sub(" ", _INLINE.sub("", html))).split())
    if len(plain) <= length:
        return plain
    return plain[:length].rsplit(" ", 1)[0].rstrip(" ,;:.-") + "…"


def may_be_regrouped(state: str, outcome: str | None) -> bool:
    """Whether a proposal may still be merged with others or split: while it stands by itself and nobody decided on it."""
    return state == ProposalState.published and outcome is None


def may_object(state: str, until: datetime | None, now: datetime) -> bool:
    """Whether an author may still object to a merge or split."""
    return state == RegroupingState.standing and until is not None and now < until


def lapse_cause(cause: str | None, *, day: str, two: bool = False, gone: str = "") -> Sentence:
    """Why a question between two authors (`two`), or a change proposed to a text, ended without an answer.

    `day`: until when it waited, as the reader writes it; `gone`: the numbers of the proposals whose author went, where the reader may be
    neither of the two."""
    match LapseCause(cause or LapseCause.late):
        case LapseCause.late:
            return Sentence("Nessuno ha risposto entro il %(day)s.", day=day)
        case LapseCause.closed:
            return Sentence("La fase si è chiusa prima che arrivasse una risposta.")
        case LapseCause.settled if two:
            return Sentence("Nel frattempo una delle due proposte è stata decisa, unita, divisa o ritirata.")
        case LapseCause.settled:
            return Sentence("Nel frattempo la proposta è stata decisa, unita, divisa o ritirata.")
        case LapseCause.gone if gone:
            return Sentence("Chi ha scritto la proposta %(n)s ha cancellato il proprio account: non può più rispondere.", n=gone)
        case LapseCause.gone if two:
            return Sentence("Chi ha scritto l’altra proposta ha cancellato il proprio account: non può più rispondere.")
        case LapseCause.gone:
            return Sentence("Chi ha scritto la proposta ha cancellato il proprio account: non può più rispondere.")


_POINT = re.compile(r"\s*(-?\d{1,2}(?:[.,]\d{1,8})?)\s*°?\s*[,; ]\s*(-?\d{1,3}(?:[.,]\d{1,8})?)\s*°?\s*")


def read_point(text: str) -> tuple[float, float] | None:
    """Latitude and longitude as maps on telephones copy them; None for what is no point on earth."""
    found = _POINT.fullmatch(text)
    if found is None:
        return None
    latitude, longitude = (float(number.replace(",", ".")) for number in found.groups())
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
