"""Closed lists and plain shapes of moderation."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum

from consult.core.vocabulary import Outcome


class Verb(StrEnum):
    """What a moderator did with a text: hid it, showed it again, or looked at the reports and kept it.

    Where a moderator reads first: let it appear, or refused it.
    """

    hidden = "hidden"
    restored = "restored"
    kept = "kept"
    published = "published"
    refused = "refused"


class DispositionState(StrEnum):
    """Whether a disposition stands. A reversed one stays on record with who took it back and why."""

    published = "published"
    reversed = "reversed"


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason with its stable code. `outcomes` says which dispositions it may explain; empty for reasons to hide."""

    code: str
    words: str
    outcomes: frozenset[Outcome] = frozenset()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A proposal chosen for promotion: the version the form was opened on, and the words concerned, verbatim."""

    proposal_id: uuid.UUID
    version: int
    passage: str


@dataclass(frozen=True, slots=True)
class Promoted:
    """What a promotion made: one action, new or not, and one disposition for each proposal."""

    action_id: uuid.UUID
    code: str
    created: bool
    act_id: uuid.UUID
    disposition_ids: tuple[uuid.UUID, ...]


class Flag(StrEnum):
    """Why a text that nobody reported should be looked at all the same."""

    personal_data = "personal_data"
    insult = "insult"
    links = "links"
    burst = "burst"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a process looks for in texts. `insults` are words or groups of words in small letters; 0 for a number means: not looked for."""

    version: int = 0
    words: str = ""
    insults: tuple[str, ...] = ()
    most_links: int = 2
    burst_count: int = 5
    burst_minutes: int = 10
    second_percent: int = 10


class AppealState(StrEnum):
    """Where an appeal stands: open; the text is shown again; the decision is confirmed; settled, since the text was shown again anyway."""

    open = "open"
    accepted = "accepted"
    confirmed = "confirmed"
    settled = "settled"


class ReadingState(StrEnum):
    """Where a second reading stands: nobody read yet; both think the same; they differ and a third decides; the third decided."""

    waiting = "waiting"
    agreed = "agreed"
    disputed = "disputed"
    settled = "settled"


class Competent(StrEnum):
    """Whose a proposal is to carry out, as an evaluator sees it: the authority's, shared, others', nobody's that can be named."""

    direct = "direct"
    shared = "shared"
    others = "others"
    none = "none"


class EvaluationState(StrEnum):
    """Where an evaluation stands: asked, begun, delivered, handed back by who was asked, withdrawn by who asked."""

    asked = "asked"
    started = "started"
    delivered = "delivered"
    declined = "declined"
    withdrawn = "withdrawn"


#: States in which an evaluation is still to be done.
TO_DO = (EvaluationState.asked, EvaluationState.started)


class OverlapKind(StrEnum):
    """What a proposal may overlap with."""

    finding = "finding"
    provision = "provision"
    action = "action"


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked for an evaluation: one evaluator or one office."""

    account_id: uuid.UUID | None = None
    office_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an evaluator fills in. Empty texts and None mean: not said."""

    competence: str = ""
    competent_bodies: str = ""
    feasibility: int | None = None
    feasibility_words: str = ""
    cost_from: int | None = None
    cost_to: int | None = None
    cost_words: str = ""
    opinion: str = ""
    outcome: str = ""
    reason_code: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A disposition as it is prepared: an outcome with its reasons and, where it leads to an action, which."""

    outcome: Outcome
    reason_code: str
    public_reason: str
    body: str
    action_id: uuid.UUID | None = None
    action_title: str = ""
    passage: str = ""
