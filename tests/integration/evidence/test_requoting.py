"""A theme whose quotes fall away is quoted anew from the sources that are left; themes that lost nothing keep theirs."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.analytics.embedding import LexicalEmbedder
from consult.core.clock import database_now
from consult.evidence.models import Assignment, Theme, ThemeQuote
from consult.evidence.rules import words_hash
from consult.evidence.services import decisions
from consult.listening.sources.models import Source
from consult.listening.sources.services import change_source
from tests.conftest import Stage
from tests.factories.voices import Heard, facilitator
from tests.integration.evidence.test_refresh import finish, result, start


def _quotes(session: Session) -> dict[uuid.UUID, list[ThemeQuote]]:
    found: dict[uuid.UUID, list[ThemeQuote]] = {
        key: [] for key in session.execute(select(Theme.id).where(Theme.present).order_by(Theme.key)).scalars()
    }
    for quote in session.execute(select(ThemeQuote).order_by(ThemeQuote.theme_id, ThemeQuote.position)).scalars():
        found[quote.theme_id].append(quote)
    return found


def _members(session: Session, theme_id: uuid.UUID) -> set[uuid.UUID]:
    return set(session.execute(select(Assignment.source_id).where(Assignment.theme_id == theme_id)).scalars())


def _told(summaries: list[Any], key: str, role: str) -> set[str]:
    rows = next(s["sentences"] for s in summaries if (s["level"], s["key"]) == ("theme", key))
    return {name for row in rows if row["role"] == role for name in row["source_ids"]}


@pytest.mark.usefixtures("heard")
def test_quotes_that_fall_away_are_chosen_anew_and_no_others(stage: Stage) -> None:
    world, who = stage.world, facilitator(stage.world)
    with stage.work() as session:
        before = _quotes(session)
        large = sorted((key for key, own in before.items() if len(own) == 4), key=lambda key: (-len(_members(session, key)), key))
        losing, corrected, moved, control = large[:4]
        kept = [(q.id, q.source_id) for q in before[control]]
        withdrawn = [q.source_id for q in before[losing][:3]]
        changed, taken_out = before[corrected][0].source_id, before[moved][0].source_id
        common: dict[str, Any] = {"process_id": world.process_id, "actor": who, "now": database_now(session)}
        for key in withdrawn:
            change_source(session, source_id=key, change="withdraw", reason_code="author_asked", **common)
        change_source(
            session, source_id=changed, change="correct", reason_code="mistake", text="Del tutto un'altra cosa, e breve.", **common
        )  # fmt: skip  # one call reads better so
        decisions.move_source(session, source_id=taken_out, from_theme_id=moved, to_theme_id=None, **common)
    run_id = start(stage, "refresh")
    finish(stage, run_id, LexicalEmbedder())
    with stage.work() as session:
        after, summaries = _quotes(session), result(session, run_id).summaries
        texts = {row.id: row for row in session.execute(select(Source)).scalars()}
        assert [(q.id, q.source_id) for q in after[control]] == kept, "what lost nothing keeps its quotes"
        for key in (losing, corrected, moved):
            theme = session.execute(select(Theme).where(Theme.id == key)).scalar_one()
            members = _members(session, key)
            assert len(after[key]) == min(4, len(members)), theme.label
            assert [q.position for q in after[key]] == list(range(len(after[key])))
            for quote in after[key]:
                source = texts[quote.source_id]
                assert source.state == "live"
                assert source.id in members
                assert words_hash(source.text[quote.quote_start : quote.quote_end]) == quote.quote_sha256
                assert quote.revision == source.revision
            assert {uuid.UUID(place["source_id"]) for place in theme.definition_quotes} <= members
            quoted = {str(quote.source_id) for quote in after[key]}
            assert _told(summaries, theme.key, "quote") <= quoted
            assert len(_told(summaries, theme.key, "quote")) == min(3, len(quoted))
        assert not {str(key) for key in withdrawn} & _everything(summaries)
        assert not set(withdrawn) & {q.source_id for own in after.values() for q in own}
        manifest = result(session, run_id).manifest
        assert manifest["requoted_themes"] >= 3
        # Chosen together again, and not only filled up: the same as choosing with nothing remembered.
        again = {key: [q.source_id for q in own] for key, own in after.items()}
        session.execute(ThemeQuote.__table__.delete().where(ThemeQuote.theme_id == losing))
        some = next(iter(_members(session, control) - {q.source_id for q in after[control]}), None)
        target = some or after[corrected][0].source_id
        common["now"] = database_now(session)
        change_source(session, source_id=target, change="withdraw", reason_code="author_asked", **common)
    second = start(stage, "refresh")
    finish(stage, second, LexicalEmbedder())
    with stage.work() as session:
        assert [q.source_id for q in _quotes(session)[losing]] == again[losing]


def _everything(summaries: list[Any]) -> set[str]:
    return {name for s in summaries for row in s["sentences"] for name in row["source_ids"]}


def test_a_theme_that_people_made_is_quoted_at_the_next_refresh(stage: Stage, heard: Heard) -> None:
    world, who, ids = stage.world, facilitator(stage.world), heard.source_ids
    with stage.work() as session:
        made = decisions.make_theme(
            session, process_id=world.process_id, label="Treni della sera", strategy_id=None, source_ids=ids[:5],
            actor=who, now=database_now(session),
        )  # fmt: skip  # one call reads better so
        change_source(
            session, process_id=world.process_id, source_id=ids[30], change="withdraw", reason_code="author_asked", actor=who,
            now=database_now(session),
        )  # fmt: skip  # one call reads better so
    finish(stage, start(stage, "refresh"), LexicalEmbedder())
    with stage.work() as session:
        found = _quotes(session)[made]
        assert len(found) == 4
        assert {quote.source_id for quote in found} <= set(ids[:5])
        theme = session.execute(select(Theme).where(Theme.id == made)).scalar_one()
        assert {uuid.UUID(place["source_id"]) for place in theme.definition_quotes} <= set(ids[:5])
