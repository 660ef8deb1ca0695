"""Rows that travel within the room: frozen, no behaviour beyond small properties."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from consult.framework.queries import MunicipalityRow, StrategyRow, ZoneRow

#: What a source made of an answer is part of: an open question, or the "another answer" of a closed one.
UNIT, OTHER_UNIT = "question", "question_other"
#: Stored instead of an answer where a question offers it: "another answer", "I don't know", "I prefer not to say".
OTHER, DONT_KNOW, PREFER_NOT = "_other", "_dk", "_no"


def words_key(unit_kind: str | None, unit_id: uuid.UUID | None) -> str:
    """Under which key the words of a source stand among the values of an answer."""
    return f"{unit_id}:other" if unit_kind == OTHER_UNIT else str(unit_id)


def unit_of(key: str) -> tuple[str, uuid.UUID]:
    """What the words under a key are part of: kind and question."""
    question, _colon, other = key.partition(":")
    return (OTHER_UNIT if other else UNIT), uuid.UUID(question)


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose from (or one row of a matrix); the code is what is stored. An exclusive one stands alone."""

    code: str
    label: str
    exclusive: bool = False


@dataclass(frozen=True)
class QuestionRow:
    """A question as builder and respondent see it. Kept in memory and asked with every sheet, so what hangs on it alone is told once.

    Answers are stored by kind: short, long: text. single, likert, yes_no, place, speaker: a code. multiple, strategy, axis, ranking: a
    list of codes (a ranking's in order of preference). scale, number: a number. date: ISO text. matrix: a code by row.
    matrix_multiple: a list of codes by row. points: a whole number by option. consent: "yes". file: {"file", "name", "size"}.
    Where the settings offer it, DONT_KNOW or PREFER_NOT stands instead of any of these; OTHER is a code like the others, and its
    words go under the key `other_key`. Words (of open questions and of other answers) are kept as sources, not in the answer's row.

    `settings`, all optional: min, max, min_label, max_label (scale, number) · decimals, unit (number) · least, most (choices; ranked
    options) · least_chars, most_chars (texts) · earliest, latest (date) · total (points) · look ("list": a drop-down) · random (order
    of options) · other, other_label, dont_know, prefer_not · personal (never published, never a source) · upto_mb (file).
    """

    id: uuid.UUID
    page: int
    position: int
    kind: str
    text: str
    help: str
    purpose: str
    required: bool
    options: tuple[Option, ...]
    settings: dict[str, Any]
    code: str = ""
    rows: tuple[Option, ...] = ()
    condition: dict[str, Any] | None = None
    page_condition: dict[str, Any] | None = None
    texts: dict[str, Any] = dataclass_field(default_factory=dict)
    version: int = 1

    @cached_property
    def key(self) -> str:
        """Where its answer stands among the values."""
        return str(self.id)

    @cached_property
    def field(self) -> str:
        """Its name in forms."""
        return f"q_{self.id.hex}"

    @cached_property
    def other_key(self) -> str:
        """Where the words of "another answer" stand among the values."""
        return f"{self.id}:other"

    @cached_property
    def personal(self) -> bool:
        """Whether it asks who somebody is: never published, never a source."""
        return bool(self.settings.get("personal"))

    @cached_property
    def open(self) -> bool:
        """Whether it is answered in words, which become a source."""
        return self.kind in {"short", "long"} and not self.personal

    @cached_property
    def invites_words(self) -> bool:
        """Whether "another answer" may be given, whose words become a source."""
        return bool(self.settings.get("other")) and self.kind in {"single", "multiple"} and not self.personal

    @cached_property
    def asks(self) -> bool:
        """Whether there is anything to answer: words between questions ask nothing."""
        return self.kind != "display"

    @cached_property
    def ways_out(self) -> tuple[str, ...]:
        """The answers offered instead of an answer."""
        offered = (("dont_know", DONT_KNOW), ("prefer_not", PREFER_NOT))
        return tuple(code for name, code in offered if self.settings.get(name))


@dataclass(frozen=True)
class Frame:
    """What can be answered from outside the questionnaire: places of the territory, strategies and axes of the plan."""

    zones: Sequence[ZoneRow] = ()
    towns: Sequence[MunicipalityRow] = ()
    strategies: Sequence[StrategyRow] = ()

    @cached_property
    def zone_of(self) -> dict[str, uuid.UUID]:
        """The zone of each zone's code."""
        return {f"z:{zone.id}": zone.id for zone in self.zones}

    @cached_property
    def town_of(self) -> dict[str, tuple[uuid.UUID, uuid.UUID]]:
        """Zone and municipality of each municipality's code."""
        return {f"m:{town.id}": (town.zone_id, town.id) for town in self.towns}

    @cached_property
    def codes(self) -> frozenset[str]:
        """The codes that can be answered, as the rules want them."""
        plan = {f"s:{s.code}" for s in self.strategies} | {f"a:{s.axis_number}" for s in self.strategies}
        return frozenset({*self.zone_of, *self.town_of, *plan})


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page of a questionnaire; `id` is None for one that has neither title nor words nor condition."""

    number: int
    id: uuid.UUID | None = None
    title: str = ""
    intro: str = ""
    condition: dict[str, Any] | None = None
    texts: dict[str, Any] = dataclass_field(default_factory=dict)
    version: int = 1


@dataclass(frozen=True, slots=True)
class QuestionnaireRow:
    """A questionnaire as builder and respondent see it."""

    id: uuid.UUID
    process_id: uuid.UUID
    title: str
    intro: str
    thanks: str
    privacy: str
    access: str
    state: str
    closes_at: datetime | None
    keys_deleted_on: date | None
    ballots_minted: int
    version: int
    published_at: datetime | None
    languages: list[str]
    texts: dict[str, Any]
    may_edit: bool
    #: Whether some target stops answers once it is reached.
    stops: bool
    #: Whether the desk no longer lists it.
    aside: bool
    open_now: bool
    #: Says which writing of the row this is: what hangs on the questionnaire is the same as long as this is.
    mark: str

    @property
    def anonymous(self) -> bool:
        """Whether who took part and what was said are never linked."""
        return self.privacy == "anonymous"


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody about to be invited, as a line of the list says."""

    line: int
    email: str
    organisation: str = ""
    speaker_kind: str | None = None
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed and not sent, and how often it was saved."""

    values: dict[str, Any]
    version: int


@dataclass(frozen=True, slots=True)
class Door:
    """What a personal link opens: the questionnaire, and how far this invitation has come. No person in anonymous mode."""

    questionnaire_id: uuid.UUID
    process_id: uuid.UUID
    territory_id: uuid.UUID
    anonymous: bool
    used: bool
    invitation_id: uuid.UUID | None
    answer_id: uuid.UUID | None
    answer_version: int | None
    values: dict[str, Any]
    draft: Draft | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a sent answer: "stored", "edited", or "already" there (`same`: sent again with the same code)."""

    state: str
    same: bool = True
