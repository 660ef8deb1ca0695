"""Where zones and kinds of speaker say something else of a theme than the others: kept between runs, and tested again where it changed.

A test looks at the first voices of a theme in order of their content. While the sources these were read from still speak of it, and
none comes before the first that was not read, it would give the same; where fewer than one in a hundred are others it says nearly the
same, and a test costs as much as reading the theme anew. So a refresh does again only the rest. What is told of them all is decided
together, as in a full run: one test more or less may make another one doubtful.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from consult.analytics.types import Parameters, SummarySentence, ThemeModel
from consult.evidence.models import Assignment, SourceVector, Theme, ThemeDecision, ThemeTest
from consult.evidence.queries.counting import ROOT
from consult.evidence.rules import words_at, words_hash
from consult.evidence.services.requoting import read_again
from consult.evidence.types import Place
from consult.listening.sources.models import Source

if TYPE_CHECKING:
    from consult.analytics.assembly import Tested

_SIDES = ("first", "second")
#: Sources of a theme that are read at first: mostly they hold as many voices as are heard (`divergences.MOST_VOICES`).
FIRST_READ = 500
#: A test is done again when one in so many of those that were heard is another.
ONE_IN = 100
#: Sources with their text and revision, by key.
Texts = dict[str, tuple[str, int]]


def test_again(
    session: Session, *, process_id: uuid.UUID, model: ThemeModel, parameters: Parameters, fresh: Sequence[uuid.UUID]
) -> list[tuple[str, dict[str, Any]]]:
    """Test the themes again whose voices are no longer those that were tested, as `steps.tell` hands tests over; by the theme's key.

    `fresh` are the sources that were read in this refresh.
    """
    from consult.analytics import numbers  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    found = []
    for theme in _touched(session, process_id, fresh, model.model):
        read, _, more = read_again(session, theme=theme, model=model, parameters=parameters, most=FIRST_READ)
        tests, heard = read.tests()
        if more and (not heard.until or any(test.p_value <= numbers.FALSE_DISCOVERIES for test in tests)):
            # Either so many do not hold enough voices, or what both sides say is to be quoted from all that a full run looks at.
            read, _, _ = read_again(session, theme=theme, model=model, parameters=parameters)
            tests, heard = read.tests()
        found.append(
            (theme.key, {"tests": [asdict(test) for test in tests], "heard": heard.sources, "until": heard.until})
        )
    return found


def _touched(session: Session, process_id: uuid.UUID, fresh: Sequence[uuid.UUID], model: str) -> list[Theme]:
    """Themes that are shown and were never tested, or of whose heard voices one in a hundred, or one that is quoted, is another now."""
    own, decision = aliased(Theme), aliased(ThemeDecision)
    members = (
        select(
            func.coalesce(decision.merged_into_id, own.id).label("theme_id"), Assignment.source_id, Assignment.origin,
            decision.merged_into_id.is_not(None).label("merged"),
        )
        .join(own, own.id == Assignment.theme_id)
        .outerjoin(decision, decision.theme_id == own.id)
        .where(own.process_id == process_id)
        .cte("members")
    )  # fmt: skip  # one column per name reads better so
    heard = (
        select(ThemeTest.theme_id, func.unnest(ThemeTest.heard).label("source_id"))
        .join(Theme, Theme.id == ThemeTest.theme_id)
        .where(Theme.process_id == process_id)
        .cte("heard")
    )
    both = and_(heard.c.theme_id == members.c.theme_id, heard.c.source_id == members.c.source_id)
    left = (
        select(heard.c.theme_id, func.array_agg(heard.c.source_id).label("sources"))
        .outerjoin(members, both)
        .where(members.c.source_id.is_(None))
        .group_by(heard.c.theme_id)
        .cte("left_it")
    )
    # Only what was read now, put there by somebody or brought by a merge of themes can be new; who was heard may have said something else now.
    new = or_(members.c.source_id.in_(fresh), members.c.origin == "human", members.c.merged)
    came = (
        select(members.c.theme_id, func.count(members.c.source_id.distinct()).label("number"))
        .join(ThemeTest, ThemeTest.theme_id == members.c.theme_id)
        .join(SourceVector, and_(SourceVector.source_id == members.c.source_id, SourceVector.model == model))
        .outerjoin(heard, both)
        .where(
            new,
            or_(
                and_(heard.c.source_id.is_not(None), members.c.source_id.in_(fresh)),
                and_(heard.c.source_id.is_(None), or_(ThemeTest.until == "", SourceVector.digest <= ThemeTest.until)),
            ),
        )
        .group_by(members.c.theme_id)
        .cte("came")
    )
    statement = (
        select(Theme, ThemeTest.tests, func.cardinality(ThemeTest.heard), left.c.sources, func.coalesce(came.c.number, 0))
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .outerjoin(ThemeTest, ThemeTest.theme_id == Theme.id)
        .outerjoin(left, left.c.theme_id == Theme.id)
        .outerjoin(came, came.c.theme_id == Theme.id)
        .where(Theme.process_id == process_id, Theme.present, Theme.id == ROOT)
        .order_by(Theme.key)
    )
    found = []
    for theme, tests, number, gone, new in session.execute(statement):
        others = len(gone or ()) + new
        quoted = {test[name]["source_id"] for test in tests or () for name in _SIDES if test[name]}
        if tests is None or (others and others * ONE_IN >= number) or not quoted.isdisjoint(str(key) for key in gone or ()):
            found.append(theme)
    return found


def keep(
    session: Session, *, theme_ids: Mapping[str, uuid.UUID], tested: Sequence[tuple[str, Mapping[str, Any]]]
) -> None:
    """Keep what was tested of some themes, by their keys: quotes by where they stand. Themes that are gone are left out."""
    named = {
        side["source_id"]
        for _, own in tested
        for test in own["tests"]
        for side in (test[name] for name in _SIDES)
        if side
    }
    texts = _texts(session, named)

    def place(quote: Mapping[str, Any] | None) -> dict[str, Any] | None:
        text, revision = texts.get(quote["source_id"], ("", 0)) if quote else ("", 0)
        if quote is None or text[quote["start"] : quote["end"]] != quote["text"]:
            return None
        return Place(quote["source_id"], quote["start"], quote["end"], words_hash(quote["text"]), revision).as_json()

    rows = [
        {
            "theme_id": theme_ids[key],
            "heard": [uuid.UUID(name) for name in own["heard"]],
            "until": own["until"],
            "tests": [test | {name: place(test[name]) for name in _SIDES} for test in own["tests"]],
        }
        for key, own in tested
        if key in theme_ids
    ]
    if rows:
        statement = insert(ThemeTest)
        fresh = {name: statement.excluded[name] for name in ("heard", "until", "tests")}
        session.execute(statement.on_conflict_do_update(index_elements=["theme_id"], set_=fresh), rows)


def told(
    session: Session, *, theme_ids: Mapping[str, uuid.UUID], names: Mapping[str, str], language: str
) -> tuple[dict[str, list[SummarySentence]], Texts]:
    """By theme, what is told of the surest tests of all these themes together, and the texts that it quotes."""
    from consult.analytics import assembly  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    key_of = {theme_id: key for key, theme_id in theme_ids.items()}
    kept = session.execute(select(ThemeTest.theme_id, ThemeTest.tests).where(ThemeTest.theme_id.in_(key_of)))
    rows = [(key_of[row.theme_id], row.tests) for row in kept]
    texts = _texts(
        session, {test[name]["source_id"] for _, tests in rows for test in tests for name in _SIDES if test[name]}
    )
    apart = assembly.told_apart(
        [(key, [_tested(test, texts) for test in tests]) for key, tests in rows], names, language
    )
    said = {name for own in apart.values() for row in own for name in row.source_ids}
    return apart, {name: texts[name] for name in said}


def _tested(test: Mapping[str, Any], texts: Texts) -> Tested:
    """A test with the words of both sides, where these stand as they were found."""
    from consult.analytics.assembly import Tested  # noqa: PLC0415  # The web shares this room and must not load the analytics.
    from consult.analytics.types import Quote  # noqa: PLC0415  # See above.

    quotes: list[Quote | None] = []
    for name in _SIDES:
        place = Place.from_json(test[name]) if test[name] else None
        words = words_at(place, texts[place.source_id][0]) if place is not None and place.source_id in texts else None
        quotes.append(Quote(place.source_id, place.start, place.end, words) if place is not None and words else None)
    return Tested(test["dimension"], test["value"], test["p_value"], *quotes)


def _texts(session: Session, ids: set[str]) -> Texts:
    """Texts of some live sources, with their revisions."""
    rows = select(Source.id, Source.text, Source.revision).where(
        Source.id.in_([uuid.UUID(key) for key in sorted(ids)]), Source.state == "live"
    )
    return {str(row[0]): (row[1], row[2]) for row in session.execute(rows)} if ids else {}
