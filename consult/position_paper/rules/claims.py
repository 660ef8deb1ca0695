"""Numbers and words of quantity about voices: found in a sentence, compared with the data, bound to them. Pure.

A number that is right is bound: the sentence keeps what it counts, and its figure is written anew each time it is shown, until a
published version freezes it. A wrong one stays as it was typed and is marked with the right figure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from consult.evidence.rules import shown
from consult.position_paper.rules.clauses import NUMBER_MARK
from consult.position_paper.rules.quantities import BY_CODE, QUANTITIES
from consult.position_paper.rules.spotting import Claim, find
from consult.position_paper.types import Binding, Measure, Number

#: How far a share in words may be from the data: «due su tre» of sixty-two to seventy-two in a hundred.
_SHARE_ROOM = 0.05


@dataclass(frozen=True, slots=True)
class Verdict:
    """A claim compared with the data. `problem`: "" (holds), wrong, added_up (channels may not be), unbound (what does it count?)."""

    claim: Claim
    problem: str
    measure: Measure | None = None
    #: A word of quantity that would be right, by code.
    instead: str = ""


def measures(
    counts: Mapping[str, Sequence[Number]], of: Mapping[str, Mapping[str, int]], *, zones: int, sources: int
) -> dict[str, Measure]:
    """Everything that may be counted in a finding: its voices per channel, zone and kind, the zones and kinds reached, its sources.

    `counts` are the finding's numbers (`rules.numbers`), `of` the totals of the process, `zones` how many zones the territory has.
    """
    found: dict[str, Measure] = {}
    for dimension in ("channel", "zone", "speaker"):
        voices = {n.value: n.voices for n in counts.get(dimension, ())}
        for value, total in of.get(dimension, {}).items():
            found[f"{dimension}:{value}"] = Measure(
                f"{dimension}:{value}", voices.get(value, 0), max(total, voices.get(value, 0))
            )
    reached = len(counts.get("zone", ()))
    found["zones"] = Measure("zones", reached, max(zones, reached), people=False)
    found["speakers"] = Measure("speakers", len(counts.get("speaker", ())), len(of.get("speaker", {})), people=False)
    found["sources"] = Measure("sources", sources, sources, people=False)
    return found


def spoken(known: Mapping[str, Measure]) -> list[Measure]:
    """Channels of voices that a finding has voices in, the largest first; documents are none."""
    mine = [m for m in known.values() if m.code.startswith("channel:") and m.code != "channel:document" and m.voices]
    return sorted(mine, key=lambda m: (-m.voices, m.code))


def _main(known: Mapping[str, Measure]) -> Measure | None:
    """The channel a quantity that names none is compared with."""
    mine = spoken(known) or sorted(
        (m for m in known.values() if m.code.startswith("channel:")), key=lambda m: (-m.of, m.code)
    )
    return mine[0] if mine else None


def judge(claim: Claim, known: Mapping[str, Measure]) -> Verdict:
    """A claim compared with the data."""
    if not claim.measure:
        return Verdict(claim, "unbound")
    main = claim.measure == "main"
    measure = _main(known) if main else known.get(claim.measure)
    if measure is not None and measure.code == "sources" and claim.form != "voices":
        # A finding's sources are all its own: of what part it speaks, its voices say.
        measure, main = _main(known), True
    if measure is None:
        measure = Measure(claim.measure, 0, 0)
    if claim.quantity:
        if BY_CODE[claim.quantity].holds(measure.voices, measure.of, people=measure.people):
            return Verdict(claim, "", measure)
        return Verdict(claim, "wrong", measure, instead=say_instead(measure))
    if claim.total and (whole := _whole(claim, measure, known, main=main)) is not None:
        return whole
    share = claim.form == "ratio" and measure.people and claim.of is not None and claim.of != measure.of
    if main and len(spoken(known)) > 1 and not (share and claim.of != 100):
        return Verdict(claim, "added_up", measure)
    if share and claim.of:
        room = 0.5 if claim.of == 100 else 100 * _SHARE_ROOM
        if _near(100 * claim.value / claim.of, _percent(measure), claim.loose, room):
            return Verdict(replace(claim, digits=()), "", measure)
        return Verdict(claim, "wrong", measure, instead=say_instead(measure))
    if not measure.people and claim.form == "voices" and claim.of is None and claim.value == measure.of:
        # «le 11 zone»: all there are.
        return Verdict(replace(claim, digits=tuple((a, b, "of") for a, b, _form in claim.digits)), "", measure)
    percent = claim.form == "percent"
    if claim.to is not None:
        right, most, room = (_percent(measure), 100, 0.5) if percent else (measure.voices, measure.of, 0.0)
        within = claim.value - room <= right <= claim.to + room and claim.value < claim.to <= most
        return Verdict(claim, "" if within else "wrong", measure)
    right = _percent(measure) if percent else measure.voices
    if not _near(claim.value, right, claim.loose, 0.5 if percent else 0.0) or (
        claim.of is not None and claim.of != measure.of
    ):
        return Verdict(claim, "wrong", measure)
    return Verdict(claim, "", measure)


def _whole(claim: Claim, measure: Measure, known: Mapping[str, Measure], *, main: bool) -> Verdict | None:
    """A number said as all there are, where it is: of what it names or, where it names no channel, of one channel, zone or kind.

    It is bound to the one total it can be; where several are as large it stays as typed.
    """
    all_of = [m for m in known.values() if m.people and m.code != "sources"] if main else [measure]
    same = [m for m in all_of if m.of and _near(claim.value, m.of, claim.loose, 0.0)]
    if not same:
        return None
    places = tuple((a, b, "of") for a, b, _form in claim.digits) if len(same) == 1 else ()
    return Verdict(replace(claim, digits=places), "", same[0])


def _percent(measure: Measure) -> float:
    return 100 * measure.voices / measure.of if measure.of else 0.0


def _near(said: float, right: float, loose: str, room: float) -> bool:
    """Whether a number was said rightly, as loosely as its words allow."""
    if loose == "about":
        return abs(said - right) <= max(room, 0.1 * right)
    if loose == "over":
        return said < right <= 1.25 * said + 1
    if loose == "nearly":
        return 0.9 * said - 1 <= right < said
    if loose == "least":
        return said <= right
    if loose == "under":
        return right < said
    return abs(said - right) <= room


def say_instead(measure: Measure) -> str:
    """The strongest word of quantity that may be said of a measure, by code."""
    shares = [
        q
        for q in QUANTITIES
        if q.code not in {"third", "quarter", "two_thirds", "three_quarters", "half", "one", "minority", "not_all", "not_many", "hardly"}
    ]
    return next((q.code for q in shares if q.holds(measure.voices, measure.of, people=measure.people)), "some")


def check(text: str, known: Mapping[str, Measure]) -> list[Verdict]:
    """All claims of a sentence compared with the data."""
    return [judge(claim, known) for claim in find(text)]


def bind_numbers(text: str, known: Mapping[str, Measure]) -> tuple[str, tuple[Binding, ...]]:
    """Replace numbers that are exactly right by marks, with what they count; all others stay as they were typed."""
    pieces: list[tuple[int, int, Binding]] = []
    for verdict in check(text, known):
        claim = verdict.claim
        if verdict.problem or claim.quantity or claim.loose or verdict.measure is None:
            continue
        for start, end, form in claim.digits:
            pieces.append((start, end, Binding(verdict.measure.code, form)))
    bound: list[Binding] = []
    out, at = "", 0
    for start, end, binding in sorted(pieces, key=lambda p: p[0]):
        out += f"{text[at:start]}⟪{len(bound)}⟫"
        bound.append(binding)
        at = end
    return out + text[at:], tuple(bound)


def fill(
    text: str, bound: Sequence[Binding], known: Mapping[str, Measure], language: str, *, small: bool = False
) -> str:
    """A sentence with today's numbers in place of its marks. Fewer than five people are not told unless `small` (for staff)."""

    def put(match: re.Match[str]) -> str:
        number = int(match.group(1))
        if number >= len(bound):
            return "…"
        written = _written(bound[number], known, language, small=small)
        begins = not text[: match.start()].strip()
        return written[:1].upper() + written[1:] if begins else written

    return NUMBER_MARK.sub(put, text)


def _written(binding: Binding, known: Mapping[str, Measure], language: str, *, small: bool) -> str:
    measure = known.get(binding.measure) or Measure(binding.measure, 0, 0)
    few = "fewer than" if language == "en" else "meno di"
    hidden = measure.people and not small and shown(measure.voices) is None
    if binding.form == "of":
        return grouped(measure.of, language)
    if binding.form == "percent":
        if hidden:
            return f"{few} {math.ceil(500 / measure.of) if measure.of else 5}"
        return str(round(100 * measure.voices / measure.of) if measure.of else 0)
    return f"{few} 5" if hidden else grouped(measure.voices, language)


def grouped(number: int, language: str) -> str:
    """A whole number with the thousands set apart as the language does."""
    text = f"{number:,}"
    return text if language == "en" else text.replace(",", ".")
