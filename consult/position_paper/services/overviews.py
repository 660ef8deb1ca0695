"""Short texts on each axis, strategy and zone: how many speak, of what most, and some of it in their own words.

Pure. Each sentence names the sources it rests on; numbers are the paper's own, with what may not be shown left out; quotes are places,
whose words are read, with consent, when the paper is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from consult.position_paper import rules
from consult.position_paper.types import CitedSource, FindingRow, Sentence

#: Findings named, and voices quoted.
NAMED, QUOTED = 3, 3
#: A strategy with a single finding needs no summary of it.
LEAST_FINDINGS = 2
_WORDS = {
    "it": {
        "most": "Le risultanze che poggiano su più fonti: {listed}.",
        "one": "{number}, «{title}»",
        "more": "«⟦0⟧»",
        "over": "Qui se ne parla più che altrove: {listed}.",
        "under": "Qui se ne parla meno che altrove: {listed}.",
    },
    "en": {
        "most": "Findings that rest on most sources: {listed}.",
        "one": "{number}, “{title}”",
        "more": "«⟦0⟧»",
        "over": "Raised here more than elsewhere: {listed}.",
        "under": "Raised here less than elsewhere: {listed}.",
    },
}
Totals = Mapping[str, Mapping[str, int]]
#: Zones that raise a theme more or less than others, by theme: zone's code -> "over" or "under". Only what a test found.
Leanings = Mapping[str, Mapping[str, str]]


def of_findings(findings: Sequence[FindingRow], of: Totals, language: str) -> list[Sentence]:
    """The summary of an axis or strategy; empty where it has too few findings to need one."""
    if len(findings) < LEAST_FINDINGS:
        return []
    cited = _distinct(source for finding in findings for source in finding.supporting)
    if not cited:
        return []
    counted = rules.count_text(rules.numbers(cited, of)["channel"], language)
    told = [Sentence(counted, "machine", "count", _ids(cited))]
    top = _largest(findings)
    told.append(_named(_words(language)["most"], top, "themes", language))
    return told + _voices([finding.supporting for finding in top], language)


def by_strategy(findings: Sequence[FindingRow], of: Totals, language: str) -> dict[str, list[Sentence]]:
    """The summaries of the strategies that some findings of an axis stand under, by code."""
    codes = dict.fromkeys(finding.strategy_code for finding in findings if finding.strategy_code)
    if len(codes) < 2:
        return {}  # The axis's own says it all.
    found = {
        code: of_findings([finding for finding in findings if finding.strategy_code == code], of, language)
        for code in codes
    }
    return {code: told for code, told in found.items() if told}


def of_zone(findings: Sequence[FindingRow], code: str, leanings: Leanings, language: str) -> list[Sentence]:
    """What a zone raises more or less than others, where a test found so, and some of its voices. `findings` are all of the paper."""
    told = []
    for direction in ("over", "under"):
        leaning = [f for f in findings if f.theme_id and leanings.get(str(f.theme_id), {}).get(code) == direction]
        if leaning:
            told.append(_named(_words(language)[direction], leaning[:NAMED], direction, language))
    here = [
        tuple(source for source in finding.supporting if source.zone_code == code)
        for finding in _largest(findings, len(findings))
    ]
    return told + _voices([own for own in here if own], language)


def _words(language: str) -> Mapping[str, str]:
    return _WORDS.get(language, _WORDS["it"])


def _distinct(sources: Iterable[CitedSource]) -> list[CitedSource]:
    return list({source.source_id: source for source in sources}.values())


def _ids(sources: Iterable[CitedSource]) -> tuple[str, ...]:
    return tuple(sorted({str(source.source_id) for source in sources}))


def _largest(findings: Sequence[FindingRow], number: int = NAMED) -> list[FindingRow]:
    """Those that rest on most sources, in the order of the paper where they rest on as many."""
    return sorted(findings, key=lambda finding: (-len(finding.supporting), finding.number))[:number]


def _named(pattern: str, findings: Sequence[FindingRow], role: str, language: str) -> Sentence:
    one = _words(language)["one"]
    listed = "; ".join(one.format(number=finding.number, title=finding.title) for finding in findings)
    rests_on = _ids(source for finding in findings for source in finding.supporting)
    return Sentence(pattern.format(listed=listed), "machine", role, rests_on)


def _voices(groups: Sequence[Sequence[CitedSource]], language: str) -> list[Sentence]:
    """One quote of each group, of a zone not quoted yet where there is one, one per voice."""
    told: list[Sentence] = []
    zones: set[str | None] = set()
    voices = set()
    for sources in groups:
        if len(told) == QUOTED:
            break
        quoted = [source for source in sources if source.quote is not None and source.voice not in voices]
        best = next((source for source in quoted if source.zone_code not in zones), quoted[0] if quoted else None)
        if best is None or best.quote is None:
            continue
        zones.add(best.zone_code)
        voices.add(best.voice)
        pattern = _words(language)["more"] if told else rules.wording(language)["voice"]
        told.append(Sentence(pattern, "machine", "quote", (str(best.source_id),), (best.quote,)))
    return told
