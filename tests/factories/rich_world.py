"""The rich world's keys by name, as its rooms fill them in."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from consult.people.rules import Purpose
from tests.factories.world import World

Say = Callable[[str], str]


def plain(_name: str) -> str:
    """No mark at all."""
    return ""


@dataclass(slots=True)
class Rich:
    """The small world, and the keys of what stands in it by name."""

    world: World
    draft: World
    keys: dict[str, uuid.UUID] = field(default_factory=dict)
    action_code: str = ""
    receipt_code: str = ""
    tokens: dict[Purpose, str] = field(default_factory=dict)
    #: Link tokens of rooms, by the name of the blueprint.
    room_tokens: dict[str, str] = field(default_factory=dict)
    #: Values of single arguments of addresses that are no keys, by the argument's name.
    words: dict[str, str] = field(default_factory=dict)
    #: What only the database knows: an e-mail address each, which no page may show to others.
    addresses: list[str] = field(default_factory=list)

    def actor(self, role: Role) -> Actor:
        """The person of a role, as services want them."""
        return Actor(account_id=self.world.accounts[role], name=str(role))
