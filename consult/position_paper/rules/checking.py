"""The check of a finding: sources, numbers, words of quantity, quotes. Pure: what the database says comes in as values."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence

from consult.evidence.rules import MARK
from consult.evidence.types import Place
from consult.position_paper.rules.claims import check, measures
from consult.position_paper.rules.clauses import NUMBER_MARK
from consult.position_paper.rules.sentences import COUNTED, numbers_of, recount, split_sentences, voices_of
from consult.position_paper.rules.spotting import find
from consult.position_paper.types import (
    ON_ALL,
    OWN,
    FindingRow,
    Grounds,
    Measure,
    Number,
    Problem,
    QuoteState,
    Sentence,
    Tried,
    Whole,
)

#: Sentences of the machine whose numbers are a run's statistics, not voices of the finding: their test is in the run's manifest.
_STATISTICS = frozenset({"over", "under", "copies", "caution"})


def grounds(row: FindingRow) -> Grounds:
    """What the check of one finding rests on, from the sources that were read with it."""
    return Grounds(
        voices=voices_of(row.supporting),
        supporting=len(row.supporting),
        stale=row.stale,
        quoted=tuple(s.quote for s in row.sources if s.quote is not None and s.live),
        live=frozenset(str(s.source_id) for s in row.sources if s.live),
        cited=frozenset(str(s.source_id) for s in row.sources),
    )


def known_measures(row: FindingRow, whole: Whole) -> tuple[dict[str, list[Number]], dict[str, Measure]]:
    """A finding's numbers by dimension, and all that its sentences may count."""
    return _measured(voices_of(row.supporting), len(row.supporting), whole)


def _measured(
    voices: Mapping[str, Mapping[str, int]], supporting: int, whole: Whole
) -> tuple[dict[str, list[Number]], dict[str, Measure]]:
    counts = numbers_of(voices, whole.of)
    return counts, measures(counts, whole.of, zones=whole.zones, sources=supporting)


def present(row: FindingRow, whole: Whole, language: str) -> tuple[Sentence, ...]:
    """A finding's sentences with today's numbers, as staff reads them."""
    counts, known = known_measures(row, whole)
    return recount(row.sentences, counts, language, known, small=True)


def problems(
    row: FindingRow,
    whole: Whole,
    *,
    language: str,
    quotes: Mapping[Place, QuoteState],
    theme_state: str | None,
    on: Grounds | None = None,
) -> list[Problem]:
    """Everything wrong with a finding, in the order of its sentences; what concerns the whole of it comes first.

    `on` is what it rests on where the database counted it; else it is taken from the sources that were read with the finding.
    """
    on = on or grounds(row)
    counts, known = _measured(on.voices, on.supporting, whole)
    now = recount(row.sentences, counts, language, known, small=True)

    def found(sentence: int, code: str, *, severe: bool = True, words: str = "", measure: Measure | None = None, instead: str = "",
              source_id: uuid.UUID | None = None) -> Problem:  # fmt: skip  # one row of names reads better so
        return Problem(row.id, row.number, row.title, sentence, code, severe, words, measure, instead, source_id)

    listed: list[Problem] = []
    if not on.supporting and not all(s.role == OWN for s in row.sentences):
        listed.append(found(0, "no_support"))
    if row.theme_id is not None and row.origin != "human" and theme_state not in {"accepted", None}:
        listed.append(found(0, "theme_open", severe=False))
    listed += [found(0, "source_moved", severe=False, source_id=s.source_id) for s in on.stale]
    for place, state in ((place, quotes.get(place)) for place in on.quoted):
        if state is not None and state.signs:
            listed.append(
                found(
                    0, "identifying", severe=False, words=", ".join(state.signs), source_id=uuid.UUID(place.source_id)
                )
            )
    for number, (sentence, shown) in enumerate(zip(row.sentences, now, strict=True), start=1):
        listed += [found(number, code, words=shown.text) for code in _unsourced(sentence, on)]
        for place in sentence.quotes:
            state = quotes.get(place, QuoteState(gone=True))
            if sentence.origin != "machine" and (state.gone or state.silent):
                code = "quote_gone" if state.gone else "quote_silent"
                listed.append(
                    found(number, code, words=MARK.sub("…", shown.text), source_id=uuid.UUID(place.source_id))
                )
            elif state.signs and not state.gone and not state.silent:
                listed.append(
                    found(
                        number,
                        "identifying",
                        severe=False,
                        words=", ".join(state.signs),
                        source_id=uuid.UUID(place.source_id),
                    )
                )
        if sentence.origin == "machine" and sentence.role in COUNTED | _STATISTICS:
            continue
        for verdict in check(shown.text, known):
            if verdict.problem:
                listed.append(
                    found(
                        number, verdict.problem, severe=verdict.problem != "unbound", words=verdict.claim.words,
                        measure=verdict.measure, instead=verdict.instead,
                    )
                )  # fmt: skip  # one row of values reads better so
    return listed


def try_text(row: FindingRow, whole: Whole, text: str, language: str) -> list[Tried]:
    """What the check says of the numbers and words of quantity in a text that is not saved yet, by sentence.

    What the machine counts is not asked about as long as nobody touches it.
    """
    _counts, known = known_measures(row, whole)
    counted = {
        s.text for s in present(row, whole, language) if s.origin == "machine" and s.role in COUNTED | _STATISTICS
    }
    tried = []
    for number, piece in enumerate(split_sentences(text), start=1):
        verdicts = [] if piece in counted else check(piece, known)
        found = tuple(
            Problem(
                row.id, row.number, row.title, number, v.problem, v.problem != "unbound", v.claim.words, v.measure, v.instead
            )
            for v in verdicts
            if v.problem
        )  # fmt: skip  # one row of values reads better so
        tried.append(Tried(piece, found, len(verdicts)))
    return tried


def without_marks(sentence: Sentence) -> str:
    """A sentence with an ellipsis where quotes and numbers from the data stood: for earlier texts."""
    return NUMBER_MARK.sub("…", MARK.sub("…", sentence.text))


def _unsourced(sentence: Sentence, on: Grounds) -> Iterator[str]:
    """Whether a sentence rests on nothing: no source named, or none of them cited or live any more."""
    if sentence.role == OWN or (sentence.role in COUNTED and sentence.origin == "machine"):
        return
    if not sentence.source_ids:
        # What the machine says of all of a finding rests on whatever supports it (`types.resting`).
        if not (sentence.role in ON_ALL and sentence.origin == "machine" and on.supporting):
            yield "unsourced"
    elif not any(key in on.live for key in sentence.source_ids):
        yield "source_gone" if any(key in on.cited for key in sentence.source_ids) else "not_cited"


def claims_in(sentences: Sequence[Sentence]) -> int:
    """How many numbers and words of quantity about voices stand in sentences."""
    return sum(len(s.numbers) + (0 if s.role in COUNTED else len(find(s.text))) for s in sentences)
