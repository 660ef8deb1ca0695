"""Closed lists and plain shapes of the plan. Codes never change."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum


class ActionState(StrEnum):
    """Where a draft action stands."""

    draft = "draft"
    under_review = "under_review"
    adopted = "adopted"
    withdrawn = "withdrawn"


class ActionOrigin(StrEnum):
    """How an action came to be: promoted from what people said, imported from an earlier plan, or typed by staff."""

    promoted = "promoted"
    imported = "imported"
    typed = "typed"


class Competence(StrEnum):
    """Whose it is to do: the authority's own, shared with others, or others' alone."""

    direct = "direct"
    shared = "shared"
    others = "others"


class ChangeKind(StrEnum):
    """What a row of an action's history records."""

    created = "created"
    edited = "edited"
    state = "state"
    linked = "linked"
    unlinked = "unlinked"


#: Formats the plan is written in, beside the table.
FILE_KINDS = ("pdf", "docx", "html")


@dataclass(frozen=True, slots=True)
class ActionFields:
    """What people write of an action. Zones and connected strategies are keys; no zone means the whole territory."""

    title: str
    text: str = ""
    competence: Competence = Competence.direct
    lead_body: str = ""
    partners: str = ""
    period: str = ""
    funding: str = ""
    objective_code: str = ""
    zone_ids: tuple[uuid.UUID, ...] = ()
    strategy_ids: tuple[uuid.UUID, ...] = ()
    provision_ids: tuple[uuid.UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Ground:
    """One thing an action rests on: exactly one key is set.

    `passage` is verbatim, `start` its place in the text in characters, `cause_id` the act in the room above that made the link. A
    proposal's reason stands with its outcome; a finding or note brings `reason_code`, `reason` and `body` itself.
    """

    proposal_id: uuid.UUID | None = None
    finding_id: uuid.UUID | None = None
    source_id: uuid.UUID | None = None
    passage: str = ""
    start: int | None = None
    cause_id: uuid.UUID | None = None
    reason_code: str = ""
    reason: str = ""
    body: str = ""
    born_with: bool = False
