"""Proposals to decide, and the fields of the moderation desk's forms."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from consult.coplanning.proposals import services as proposals
from consult.core.permissions import Actor
from consult.core.vocabulary import Outcome, Role, SpeakerKind
from consult.moderation.services import dispositions
from consult.moderation.types import Chosen, Promoted
from consult.plan.types import ActionFields
from tests.factories.world import World

TEXT = (
    "Chiediamo **un treno ogni mezz'ora** anche la sera. Oggi l'ultimo parte alle 20 e chi lavora tardi resta a piedi."
)
PASSAGE = "un treno ogni mezz'ora anche la sera"
REASON = "È in linea con la strategia e le risorse ci sono."
BODY = "Unità di progetto"


def moderator(world: World) -> Actor:
    """The world's moderator."""
    return Actor(account_id=world.accounts[Role.moderator], name="moderator")


def submit(
    session: Session,
    world: World,
    *,
    author: uuid.UUID | None = None,
    strategy: str = "2.2",
    title: str = "Treni la sera",
    text: str = TEXT,
    zones: tuple[str, ...] = (),
    finding_id: uuid.UUID | None = None,
    kind: SpeakerKind = SpeakerKind.resident,
) -> uuid.UUID:
    """A published proposal."""
    return proposals.submit(
        session,
        process_id=world.process_id,
        title=title,
        text=text,
        strategy_id=world.strategies[strategy],
        actor=Actor(account_id=author or world.others[0], name="persona"),
        now=datetime.now(UTC),
        zone_ids=[world.zones[z] for z in zones],
        finding_id=finding_id,
        author_kind=kind,
    )


def promote(session: Session, world: World, *keys: uuid.UUID, passage: str = PASSAGE, **changes: Any) -> Promoted:
    """Promote proposals into a new action, unless told otherwise."""
    values: dict[str, Any] = {
        "chosen": [Chosen(key, 1, passage) for key in keys],
        "outcome": Outcome.adopted,
        "reason_code": "fits_strategy",
        "public_reason": REASON,
        "body": BODY,
        "actor": moderator(world),
        "now": datetime.now(UTC),
        "new_action": None if changes.get("action_id") else ActionFields(title="Più treni la sera"),
    }
    return dispositions.promote(session, process_id=world.process_id, **{**values, **changes})


def promotion_form(key: uuid.UUID, *others: uuid.UUID, version: int = 1, **changes: Any) -> dict[str, Any]:
    """What the promotion form sends."""
    fields: dict[str, Any] = {
        "action": "nuova", "title": "Più treni la sera", "text": "", "outcome": "adopted", "reason": "fits_strategy",
        "public_reason": REASON, "body": BODY, "con": [str(other) for other in others],
    }  # fmt: skip  # one row of values reads better so
    for each in (key, *others):
        fields |= {f"versione-{each}": str(version), f"passo-{each}": PASSAGE}
    return {**fields, **changes}
