"""The check of a whole paper: every finding that would stand in it, its sources, numbers, words of quantity and quotes. Reads only."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from sqlalchemy.orm import Session

from consult.position_paper import queries, rules
from consult.position_paper.services.content import theme_states
from consult.position_paper.types import FindingRow, Grounds, PaperCheck, PaperReview, PaperRow, Problem


def check_paper(session: Session, *, process_id: uuid.UUID, accepted_only: bool = False) -> PaperCheck | None:
    """All proposed and accepted findings checked (or accepted ones only); None before the first draft. A fixed number of statements."""
    paper = queries.paper(session, process_id=process_id)
    if paper is None:
        return None
    states = {"accepted"} if accepted_only else {"proposed", "accepted"}
    rows = queries.standing_rows(session, paper_id=paper.id, states=states)
    grounds = queries.grounds(session, paper_id=paper.id, states=states)
    return _check(session, paper, rows, grounds, process_id)


def review_paper(session: Session, *, process_id: uuid.UUID) -> PaperReview | None:
    """What would be published now, checked; None before the first draft. What it rests on is counted, no word of it is shown."""
    paper = queries.paper(session, process_id=process_id)
    if paper is None:
        return None
    rows = queries.standing_rows(session, paper_id=paper.id, states={"accepted"})
    grounds = queries.grounds(session, paper_id=paper.id, states={"accepted"})
    supporting = {row.id: grounds.get(row.id, queries.BARE).supporting for row in rows}
    themes = theme_states(session, rows)
    fit = [
        row
        for row in rows
        if rules.publishable(
            state=row.state,
            origin=row.origin,
            theme_state=themes.get(row.theme_id) if row.theme_id else None,
            supporting=supporting[row.id],
        )
    ]
    sections = [
        (section, tuple(row for row in fit if row.section_id == section.id))
        for section in queries.sections(session, paper_id=paper.id)
    ]
    return PaperReview(
        tuple((section, found) for section, found in sections if found),
        _check(session, paper, fit, grounds, process_id, themes=themes),
        supporting,
    )


def _check(
    session: Session,
    paper: PaperRow,
    rows: list[FindingRow],
    grounds: Mapping[uuid.UUID, Grounds],
    process_id: uuid.UUID,
    *,
    themes: Mapping[uuid.UUID, str] | None = None,
) -> PaperCheck:
    """Findings that were read already, checked on what they rest on. A fixed number of statements."""
    whole = queries.whole(session, process_id=process_id)
    on = {row.id: grounds.get(row.id, queries.BARE) for row in rows}
    quotes = queries.quote_states(session, places=queries.places_of(rows, on))
    if themes is None:
        themes = theme_states(session, rows)
    found: list[Problem] = []
    for row in rows:
        theme = themes.get(row.theme_id) if row.theme_id else None
        found += rules.problems(row, whole, language=paper.language, quotes=quotes, theme_state=theme, on=on[row.id])
    return PaperCheck(
        findings=len(rows),
        sentences=sum(len(row.sentences) for row in rows),
        claims=sum(rules.claims_in(row.sentences) for row in rows),
        sources=len(frozenset().union(*(each.live for each in on.values()))),
        problems=tuple(found),
    )


#: What the check found, for the command line; pages have words of their own.
_WORDS = {
    "wrong": "the data say otherwise",
    "added_up": "channels are not added up: name one",
    "unbound": "a number that names nothing it counts",
    "unsourced": "a sentence without a source that is not marked as its authors' own",
    "source_gone": "all sources of the sentence were withdrawn",
    "not_cited": "the sentence's sources are no longer cited",
    "no_support": "no live source supports it",
    "theme_open": "its theme is not accepted",
    "source_moved": "a source changed or was withdrawn since it was cited",
    "quote_gone": "the quoted words no longer stand in their source",
    "quote_silent": "no consent covers the quote",
    "identifying": "the quote may give away who said it",
}


def check_lines(check: PaperCheck) -> list[str]:
    """A check as lines for the command line: each problem, then the count."""
    lines = []
    for p in check.problems:
        place = f"finding {p.number}" + (f", sentence {p.sentence}" if p.sentence else "")
        said = f' "{p.words}"' if p.words else ""
        right = ""
        if p.measure is not None:
            share = f" ({100 * p.measure.voices / p.measure.of:.0f}%)" if p.measure.of else ""
            right = f"; {p.measure.code}: {p.measure.voices} of {p.measure.of}{share}"
        lines.append(f"{'FAILS' if p.severe else 'look '}  {place}:{said} {_WORDS[p.code]}{right}")
    lines.append(
        f"findings: {check.findings}, sentences: {check.sentences}, numbers and quantifiers: {check.claims}, sources: {check.sources}, "
        f"failing: {len(check.severe)}, to look at: {len(check.problems) - len(check.severe)}"
    )
    return lines
