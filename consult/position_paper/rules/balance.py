"""Whether each zone and kind of speaker has its part in the paper. Pure: numbers come in, shares and warnings go out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: A part cited less than this share of what it has among residents (or voices) is warned about.
FAIR = 0.5
#: Shares below this are too small to be unbalanced.
TINY = 0.01


@dataclass(frozen=True, slots=True)
class Part:
    """A zone or kind of speaker: residents where known, voices heard, sources gathered, sources cited, citations by findings."""

    code: str
    name: str
    residents: int | None
    voices: int
    sources: int
    cited: int
    citations: int


@dataclass(frozen=True, slots=True)
class Share:
    """A part with its shares of the whole, and what is unbalanced about it ("never", "little", "unheard" or nothing)."""

    part: Part
    of_residents: float | None
    of_voices: float
    of_sources: float
    of_citations: float
    warning: str


def shares(parts: Sequence[Part]) -> list[Share]:
    """Shares and warnings of the parts of one whole. A part is measured against its residents where all are known, else its voices."""
    known = all(part.residents is not None for part in parts)
    people = sum(part.residents or 0 for part in parts) if known else 0
    voices, sources = sum(part.voices for part in parts), sum(part.sources for part in parts)
    citations = sum(part.citations for part in parts)
    found = []
    for part in parts:
        of_residents = (part.residents or 0) / people if people else None
        of_voices, of_citations = _share(part.voices, voices), _share(part.citations, citations)
        expected = of_residents if of_residents is not None else of_voices
        warning = ""
        if not part.sources:
            warning = "unheard"
        elif not part.citations:
            warning = "never"
        elif citations and expected >= TINY and of_citations < FAIR * expected:
            warning = "little"
        found.append(Share(part, of_residents, of_voices, _share(part.sources, sources), of_citations, warning))
    return found


def _share(number: int, of: int) -> float:
    return number / of if of else 0.0
