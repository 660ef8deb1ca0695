"""What an import file says, read and checked, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field

from consult.core.vocabulary import PhaseKind


@dataclass(frozen=True, slots=True)
class ReadStrategy:
    """A strategy of the file."""

    code: str
    title: str
    description: str
    keywords: list[str]


@dataclass(frozen=True, slots=True)
class ReadAxis:
    """An axis of the file with its strategies."""

    number: int
    title: str
    objective: str
    strategies: list[ReadStrategy]


@dataclass(frozen=True, slots=True)
class ReadProvision:
    """A provision of a reference plan."""

    code: str
    text: str
    page: int | None


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """A reference plan of the file."""

    code: str
    title: str
    version: str
    provisions: list[ReadProvision]


@dataclass(frozen=True, slots=True)
class ReadPhase:
    """A phase of the file; start and end are kept as written, for people to read beside the dates they set."""

    kind: PhaseKind
    title: str
    description: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class ReadFrame:
    """A whole frame file."""

    slug: str
    title: str
    name: str
    vision: str
    language: str
    source: str
    start_year: int | None
    end_year: int | None
    axes: list[ReadAxis]
    plans: list[ReadPlan]
    phases: list[ReadPhase]


@dataclass(frozen=True, slots=True)
class ReadMunicipality:
    """A municipality of the file; `place` says where it stands there, for messages."""

    name: str
    zone_code: str
    istat_code: str | None
    residents: int | None
    place: str


@dataclass(frozen=True, slots=True)
class ReadZone:
    """A zone of the file."""

    code: str
    name: str
    residents: int | None
    municipality_count: int | None
    tile_row: int
    tile_column: int


@dataclass(frozen=True, slots=True)
class ReadTerritory:
    """A whole territory file."""

    slug: str
    name: str
    source: str
    zones: list[ReadZone]
    municipalities: list[ReadMunicipality] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MunicipalityReport:
    """What an import of municipalities did; `refused` holds (place, sentence), the rest was taken."""

    added: int
    changed: int
    same: int
    refused: tuple[tuple[str, str], ...]
