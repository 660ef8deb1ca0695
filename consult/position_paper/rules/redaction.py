"""Taking out of a published content what consent no longer covers: quotes, sources, sentences that rested on nothing else. Pure.

Nothing is written in place of what goes but the day: who asked for it, and what was said, stand nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from consult.evidence.rules import MARK
from consult.evidence.types import Place
from consult.position_paper.rules.sentences import COUNTED
from consult.position_paper.types import OWN, TakenOut

#: The role of a sentence that only says that something was taken out.
REDACTED = "redacted"
#: How much a quote says of who said it; consent may only lower it.
NAMINGS: Mapping[str, int] = {"anonymous": 0, "role": 1, "name": 2}
_WORDS = {
    "it": {
        "quote": "[citazione tolta il {day}]",
        "sentence": "[Frase tolta il {day}: le fonti su cui poggiava non ci sono più.]",
        "finding": "[Testo tolto il {day}: nessuna delle fonti su cui poggiava c’è più.]",
        "title": "Risultanza {number}, tolta",
    },
    "en": {
        "quote": "[quote taken out on {day}]",
        "sentence": "[Sentence taken out on {day}: the sources it rested on are no longer there.]",
        "finding": "[Text taken out on {day}: none of the sources it rested on is still there.]",
        "title": "Finding {number}, taken out",
    },
}


def redact(
    content: Mapping[str, Any],
    *,
    live: Mapping[str, int],
    holds: Callable[[Place], bool],
    of: int,
    at: datetime,
    day: str,
) -> tuple[dict[str, Any], TakenOut] | None:
    """The content of version `of` without what may no longer be shown, marked with the moment `at`; None where all of it still may.

    `live` maps each source that still stands to how much may be said of who said it; `holds` says whether a quote may be shown.
    Numbers stay those of the day they were published: they are counted anew when people publish again.
    """
    say = {
        name: words.format(day=day, number="{number}")
        for name, words in _WORDS.get(content["language"], _WORDS["it"]).items()
    }
    quotes = sources = names = 0
    touched: list[int] = []
    renamed: dict[str, str] = {}
    sections = []
    for section in content["sections"]:
        findings = []
        for finding in section["findings"]:
            lost = _lost(finding, live, holds)
            if any(lost):
                quotes, sources, names = quotes + lost[0], sources + lost[1], names + lost[2]
                touched.append(finding["number"])
                mark = TakenOut(at, *lost, of, (finding["number"],))
                left = _without(finding, live, holds, say, mark.as_json())
                if left["title"] != finding["title"]:
                    renamed[finding["title"]] = left["title"]
                findings.append(left)
            else:
                findings.append(finding)
        sections.append({**section, **_summaries(section, live, holds), "findings": findings})
    if not touched:
        return None
    done = TakenOut(at, quotes, sources, names, of, tuple(sorted(touched)))
    return {**content, "sections": [_retitled(s, renamed) for s in sections], "redaction": done.as_json()}, done


def _retitled(value: Any, renamed: Mapping[str, str]) -> Any:
    """The same with the titles that went replaced wherever they are named: in paragraphs, tables and short texts too."""
    if not renamed:
        return value
    if isinstance(value, str):
        for before, after in renamed.items():
            value = value.replace(before, after)
        return value
    if isinstance(value, list):
        return [_retitled(v, renamed) for v in value]
    if isinstance(value, dict):
        return {name: _retitled(v, renamed) for name, v in value.items()}
    return value


def _summaries(section: Mapping[str, Any], live: Mapping[str, int], holds: Callable[[Place], bool]) -> dict[str, Any]:
    """The short texts of a section without what went: their quotes stand in its findings too, so nothing of them needs a mark.

    A sentence that names findings goes with any of its sources, since the title of one may go with it; counts stay.
    """

    def kept(sentences: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [
            {**s, "source_ids": [key for key in s["source_ids"] if key in live]}
            for s in sentences
            if all(holds(Place.from_json(quote)) for quote in s["quotes"])
            and (s["role"] in COUNTED or all(key in live for key in s["source_ids"]))
        ]

    found: dict[str, Any] = {}
    if "summary" in section:
        found["summary"] = kept(section["summary"])
        found["strategies"] = {code: kept(said) for code, said in section["strategies"].items()}
    return found


def _places(finding: Mapping[str, Any]) -> set[Place]:
    """The quotes of a finding, in its sentences and beside them."""
    inside = {Place.from_json(q) for s in finding["sentences"] for q in s["quotes"]}
    return inside | {Place(**s["quote"]) for s in finding["sources"] if s["quote"]}


def _lost(finding: Mapping[str, Any], live: Mapping[str, int], holds: Callable[[Place], bool]) -> tuple[int, int, int]:
    """How many quotes, sources and names of a finding may no longer be shown."""
    quotes = sum(not holds(place) for place in _places(finding))
    sources = sum(s["id"] not in live for s in finding["sources"])
    names = sum(
        s["id"] in live and "naming" in s and holds(Place(**s["quote"])) and live[s["id"]] < NAMINGS[s["naming"]]
        for s in finding["sources"]
        if s["quote"]
    )
    return quotes, sources, names


def _without(
    finding: Mapping[str, Any],
    live: Mapping[str, int],
    holds: Callable[[Place], bool],
    say: Mapping[str, str],
    mark: dict[str, Any],
) -> dict[str, Any]:
    """A finding without what went, with the mark that says so; one that nothing supports any more keeps its number only."""
    by_rank = {rank: name for name, rank in NAMINGS.items()}
    kept = []
    for source in finding["sources"]:
        if source["id"] in live:
            quote = source["quote"] if source["quote"] and holds(Place(**source["quote"])) else None
            named = {}
            if quote and "naming" in source:
                named = {"naming": by_rank[min(NAMINGS[source["naming"]], live[source["id"]])]}
            kept.append({**{k: v for k, v in source.items() if k != "naming"}, "quote": quote, **named})
    marks = [*finding.get("redactions", ()), mark]
    supported = any(s["support"] == "supporting" for s in finding["sources"])
    if supported and not any(s["support"] == "supporting" for s in kept):
        own = [s for s in finding["sentences"] if s["role"] == OWN]
        return {
            **finding,
            "title": say["title"].format(number=finding["number"]),
            "sentences": [_mark(say["finding"]), *own],
            "counts": {name: [] for name in finding["counts"]},
            "against": [],
            "sources": [],
            "redactions": marks,
        }
    sentences = [_sentence(s, live, holds, say) for s in finding["sentences"]]
    return {**finding, "sentences": sentences, "sources": kept, "redactions": marks}


def _mark(text: str) -> dict[str, Any]:
    return {"text": text, "origin": "machine", "role": REDACTED, "source_ids": [], "quotes": []}


def _sentence(
    sentence: Mapping[str, Any], live: Mapping[str, int], holds: Callable[[Place], bool], say: Mapping[str, str]
) -> dict[str, Any]:
    """A sentence without the quotes and sources that went; the whole of it goes where nothing it rested on is left."""
    ids = [key for key in sentence["source_ids"] if key in live]
    if sentence["source_ids"] and not ids and sentence["role"] not in COUNTED:
        return _mark(say["sentence"])
    places = [Place.from_json(q) for q in sentence["quotes"]]
    standing = [holds(place) for place in places]
    if sentence["origin"] == "machine" and not all(standing):
        return _mark(say["quote"][0] + say["quote"][1].upper() + say["quote"][2:])
    number = iter(range(len(places)))
    anew = {i: f"⟦{next(number)}⟧" if stands else say["quote"] for i, stands in enumerate(standing)}

    def put(match: re.Match[str]) -> str:
        return anew.get(int(match.group(1)), say["quote"])

    return {
        **sentence,
        "text": MARK.sub(put, sentence["text"]),
        "source_ids": ids,
        "quotes": [q for q, stands in zip(sentence["quotes"], standing, strict=True) if stands],
    }
