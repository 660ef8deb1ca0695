"""Two versions of a paper set side by side: findings added, gone, moved, and in each what became of sentences, numbers and sources.

Both sides are compared as they may be read today: words that consent no longer covers stand on neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consult.core.wordings import ALIKE, SentenceChange, alike, reworded, sentence_changes
from consult.position_paper.services.showing import ShownCount, ShownFinding, ShownPaper
from consult.position_paper.types import TakenOut

#: Above so many possible pairs, findings that bear new keys are not looked for among those that went.
MOST_PAIRS = 4000


@dataclass(frozen=True, slots=True)
class NumberChange:
    """A number that changed: of which channel, zone or kind of speaker, and what it was out of. None where it was not there."""

    words: str
    before: ShownCount | None
    after: ShownCount | None


@dataclass(frozen=True, slots=True)
class SourceChange:
    """Sources that joined, left, or changed sides, by id; `contrary` tells the side they stand on now, or stood on."""

    joined: tuple[tuple[str, bool], ...]
    left: tuple[tuple[str, bool], ...]
    turned: tuple[tuple[str, bool], ...]

    def __bool__(self) -> bool:
        return bool(self.joined or self.left or self.turned)


@dataclass(frozen=True, slots=True)
class FindingComparison:
    """What became of a finding: added, gone or changed. `moved_from` is the section it left; `recognised` where only its text told."""

    kind: str
    before: ShownFinding | None
    after: ShownFinding | None
    section: str
    moved_from: str = ""
    recognised: bool = False
    title: tuple[tuple[str, str], ...] = ()
    strategy: bool = False
    sentences: tuple[SentenceChange, ...] = ()
    numbers: tuple[NumberChange, ...] = ()
    sources: SourceChange = SourceChange((), (), ())
    #: What was taken out of it in between because consent no longer covers it.
    cut: tuple[TakenOut, ...] = ()

    @property
    def here(self) -> ShownFinding:
        """The finding as it stands now, or stood last."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a comparison of nothing with nothing")
        return found


@dataclass(frozen=True, slots=True)
class SectionComparison:
    """What became of a section's title, the words at its head, and the paragraphs written from the data."""

    kind: str
    title: tuple[tuple[str, str], ...]
    words: tuple[SentenceChange, ...]
    paragraphs: tuple[SentenceChange, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs between two papers, in the order of the later one."""

    sections: tuple[SectionComparison, ...]
    findings: tuple[FindingComparison, ...]
    same: int

    def count(self, kind: str) -> int:
        """How many findings were added, gone, changed or moved."""
        if kind == "moved":
            return sum(bool(f.moved_from) for f in self.findings)
        return sum(f.kind == kind for f in self.findings)


def compare(before: ShownPaper, after: ShownPaper) -> Comparison:
    """What changed from one paper to the other. A finding is known by its key; one that came back under a new key by what it says."""
    old = {f.id: (f, s.code) for s in before.sections for f in s.findings}
    titles = {s.code: s.title for s in (*before.sections, *after.sections)}
    fresh = [f for f in after.findings if f.id not in old]
    here = {f.id for f in after.findings}
    gone = [f for f in before.findings if f.id not in here]
    again = _recognise(gone, fresh)
    came_back = {f.id for f in again.values()}
    found: list[FindingComparison] = []
    same = 0
    for section in after.sections:
        for finding in section.findings:
            known = again.get(finding.number) or (old[finding.id][0] if finding.id in old else None)
            if known is None:
                found.append(FindingComparison("added", None, finding, section.title))
                continue
            place = old[known.id][1]
            one = _finding(known, finding, section.title, titles[place] if place != section.code else "")
            if one is None:
                same += 1
            else:
                found.append(one)
    for finding in gone:
        if finding.id not in came_back:
            found.append(FindingComparison("gone", finding, None, titles[old[finding.id][1]]))
    return Comparison(tuple(_sections(before, after)), tuple(found), same)


def _recognise(gone: Sequence[ShownFinding], fresh: Sequence[ShownFinding]) -> Mapping[int, ShownFinding]:
    """Findings that went, by the number of the new one that says the same; best pairs first, each once."""
    if not gone or not fresh or len(gone) * len(fresh) > MOST_PAIRS:
        return {}
    scored = sorted(
        (
            (alike(f"{one.title} {one.statement}", f"{two.title} {two.statement}"), one.number, two.number, one)
            for one in gone
            for two in fresh
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    found: dict[int, ShownFinding] = {}
    for score, _number, number, one in scored:
        if score < ALIKE:
            break
        if number not in found and one.id not in {f.id for f in found.values()}:
            found[number] = one
    return found


def _finding(before: ShownFinding, after: ShownFinding, section: str, moved_from: str) -> FindingComparison | None:
    """What became of one finding, or None where nothing did."""
    sentences = sentence_changes([s.text for s in before.sentences], [s.text for s in after.sentences])
    numbers = (
        *_numbers(before.channels, after.channels),
        *_numbers(before.zones, after.zones),
        *_numbers(before.speakers, after.speakers),
        *_numbers(before.against, after.against),
    )
    sources = _sources(dict(before.cited), dict(after.cited))
    cut = after.redactions[len(before.redactions) :]
    titled = before.title != after.title
    strategy = before.strategy_code != after.strategy_code
    rewritten = any(s.kind != "same" for s in sentences)
    if not (titled or strategy or rewritten or numbers or sources or moved_from or cut or before.id != after.id):
        return None
    return FindingComparison(
        kind="changed", before=before, after=after, section=section, moved_from=moved_from, recognised=before.id != after.id,
        title=tuple(reworded(before.title, after.title)) if titled else (), strategy=strategy,
        sentences=tuple(sentences) if rewritten else (), numbers=numbers, sources=sources, cut=cut,
    )  # fmt: skip  # one row of values reads better so


def _numbers(before: Sequence[ShownCount], after: Sequence[ShownCount]) -> tuple[NumberChange, ...]:
    """Voices that changed; totals alone grow with every source and are no news."""
    old, new = {c.value: c for c in before}, {c.value: c for c in after}
    return tuple(
        NumberChange((new.get(value) or old[value]).words, old.get(value), new.get(value))
        for value in dict.fromkeys([*old, *new])
        if (old[value].shown if value in old else 0) != (new[value].shown if value in new else 0)
    )


def _sources(before: Mapping[str, bool], after: Mapping[str, bool]) -> SourceChange:
    return SourceChange(
        joined=tuple((key, side) for key, side in after.items() if key not in before),
        left=tuple((key, side) for key, side in before.items() if key not in after),
        turned=tuple((key, side) for key, side in after.items() if key in before and before[key] != side),
    )


def _sections(before: ShownPaper, after: ShownPaper) -> list[SectionComparison]:
    """Sections whose title, words or paragraphs differ, and those that came or went."""
    old = {s.code: s for s in before.sections}
    found = []
    for section in after.sections:
        was = old.pop(section.code, None)
        if was is None:
            found.append(SectionComparison("added", (("added", section.title),), (), ()))
            continue
        words = sentence_changes(_lines(was.words), _lines(section.words))
        paragraphs = sentence_changes(was.paragraphs, section.paragraphs)
        if was.title != section.title or any(s.kind != "same" for s in (*words, *paragraphs)):
            found.append(
                SectionComparison(
                    "changed",
                    tuple(reworded(was.title, section.title)),
                    tuple(s for s in words if s.kind != "same"),
                    tuple(s for s in paragraphs if s.kind != "same"),
                )
            )
    return found + [SectionComparison("gone", (("gone", s.title),), (), ()) for s in old.values()]


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


__all__ = ["Comparison", "FindingComparison", "NumberChange", "SectionComparison", "SourceChange", "compare"]
