"""The draft: what it says rests on sources; what people did to it is never undone by a later run."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select, update

from consult.analytics.embedding import LexicalEmbedder
from consult.core.clock import database_now
from consult.core.vocabulary import Support
from consult.evidence import queries as evidence
from consult.evidence import services as themes
from consult.listening.sources.models import Source
from consult.listening.sources.services import change_source
from consult.position_paper import queries, services
from consult.position_paper.models import Finding, FindingChange, FindingSource, Paper
from consult.position_paper.types import ON_ALL, FindingRow
from tests.conftest import Stage
from tests.factories.voices import TEXTS, add_voices, facilitator, run_here
from tests.integration.evidence.test_refresh import NEW, finish, start


def rows_of(stage: Stage) -> list[FindingRow]:
    with stage.work() as session:
        paper = queries.paper(session, process_id=stage.world.process_id)
        assert paper is not None
        return queries.findings(session, paper_id=paper.id)


def test_every_theme_becomes_a_finding_in_its_axis_and_every_sentence_names_its_sources(drafted: Stage) -> None:
    rows = rows_of(drafted)
    with drafted.work() as session:
        found = evidence.themes_of(session, process_id=drafted.world.process_id)
        paper = queries.paper(session, process_id=drafted.world.process_id)
        assert paper is not None
        sections = {s.id: s for s in queries.sections(session, paper_id=paper.id)}
        codes = [s.code for s in sections.values() if s.kind != "zone"]
        assert codes == ["metodo", "asse-1", "asse-2", "trasversali", "nessuna-strategia", "confronto", "limiti"]
        texts = dict(session.execute(select(Source.id, Source.text)).all())
    assert {row.theme_id for row in rows} == {t.id for t in found}
    of_theme = {t.id: t for t in found}
    for row in rows:
        theme = of_theme[row.theme_id]  # type: ignore[index]  # All drafted findings have a theme, asserted above.
        assert sections[row.section_id].axis_number == theme.axis_number
        assert len(row.sources) == theme.sources
        cited = {str(s.source_id) for s in row.sources}
        assert all(sentence.source_ids and set(sentence.source_ids) <= cited for sentence in row.sentences)
        assert all(sentence.origin == "machine" for sentence in row.sentences)
        for source in row.sources:
            if source.quote:
                assert texts[source.source_id][source.quote.start : source.quote.end].strip()
        # What is stored holds no words of any source.
        assert not any(text in str(row.sentences) for text in texts.values())


def test_drafting_twice_from_one_run_changes_nothing(drafted: Stage) -> None:
    before = rows_of(drafted)
    with drafted.work() as session:
        run = evidence.latest_run(session, process_id=drafted.world.process_id)
        assert run is not None
        services.draft_paper(session, run_id=run.id, now=database_now(session))
    assert rows_of(drafted) == before


def test_a_later_run_leaves_what_people_touched_and_says_what_it_found(drafted: Stage) -> None:
    stage, process_id, who = drafted, drafted.world.process_id, facilitator(drafted.world)
    rows = sorted(rows_of(stage), key=lambda r: -len(r.sources))
    edited, accepted, refused, untouched = rows[:4]
    with stage.work() as session:
        now = database_now(session)
        common = {"process_id": process_id, "actor": who, "now": now}
        services.save_finding(
            session,
            finding_id=edited.id,
            version=1,
            title="Titolo nostro",
            statement="Una frase nostra.",
            strategy_id=None,
            **common,
        )
        services.set_state(session, finding_id=accepted.id, version=1, state="accepted", **common)
        services.set_state(session, finding_id=refused.id, version=1, state="refused", **common)
        section_id = edited.section_id
        by_hand = services.add_finding(
            session,
            section_id=section_id,
            title="Scritta a mano",
            statement="Serve ascoltare di più.",
            strategy_id=None,
            source_ids=[],
            **common,
        )
        themes.set_state(session, theme_id=untouched.theme_id, version=0, state="refused", **common)
        add_voices(session, stage.world, texts=tuple(f"{text} Lo penso anch'io." for text in TEXTS[:40]))
    run_here(stage.app.extensions["consult"].sessions, stage.world)
    after = {row.id: row for row in rows_of(stage)}
    assert after[edited.id].title == "Titolo nostro"
    assert [s.text for s in after[edited.id].sentences] == ["Una frase nostra."]
    assert (after[edited.id].origin, after[edited.id].version) == ("human", 2)
    assert (after[accepted.id].state, after[accepted.id].sentences) == ("accepted", accepted.sentences)
    assert {s.source_id for s in after[accepted.id].sources} == {s.source_id for s in accepted.sources}
    assert after[refused.id].state == "refused"
    assert after[by_hand].title == "Scritta a mano"
    assert after[untouched.id].state == "superseded"
    noted = [after[row.id].news for row in (edited, accepted) if after[row.id].news]
    assert noted, "the run found twice as many voices and says nothing of it"
    fresh = next((row for row in (after[edited.id], after[accepted.id]) if row.news.get("new")), None)
    if fresh is not None:
        with stage.work() as session:
            services.take_news(
                session,
                process_id=process_id,
                finding_id=fresh.id,
                version=fresh.version,
                does="add",
                actor=who,
                now=database_now(session),
            )
        taken = {row.id: row for row in rows_of(stage)}[fresh.id]
        assert set(fresh.news["new"]) <= {str(s.source_id) for s in taken.sources}
        assert taken.news == {}


def test_an_untouched_proposal_is_written_anew_with_history(drafted: Stage) -> None:
    before = {row.theme_id: row for row in rows_of(drafted)}
    with drafted.work() as session:
        add_voices(session, drafted.world, texts=tuple(f"{text} Da anni." for text in TEXTS[:40]))
    run_here(drafted.app.extensions["consult"].sessions, drafted.world)
    after = {row.theme_id: row for row in rows_of(drafted)}
    moved = [(before[key], after[key]) for key in before.keys() & after.keys() if after[key].version > 1]
    assert moved
    with drafted.work() as session:
        for old, new in moved:
            kept = (
                session.execute(select(FindingChange.sentences).where(FindingChange.finding_id == new.id))
                .scalars()
                .first()
            )
            # What rests on all that supports the finding is kept without naming each of them.
            told = [s.as_json() | ({"source_ids": []} if s.role in ON_ALL else {}) for s in old.sentences]
            assert kept == told
        numbers = session.execute(select(func.count(func.distinct(Finding.number))).select_from(Finding)).scalar_one()
        assert numbers == session.execute(select(func.count()).select_from(Finding)).scalar_one()


def cited(stage: Stage) -> list[Any]:
    """All that findings cite, column by column."""
    with stage.work() as session:
        columns = [column for column in FindingSource.__table__.c if column.name != "id"]
        return list(session.execute(select(*columns).order_by(FindingSource.finding_id, FindingSource.source_id)).all())


def test_citations_that_are_put_right_after_a_refresh_are_those_written_from_nothing(drafted: Stage) -> None:
    process_id, before = drafted.world.process_id, cited(drafted)
    with drafted.work() as session:
        ids = add_voices(session, drafted.world, texts=NEW * 4)
        quoted = select(FindingSource.source_id).where(FindingSource.quote_start.is_not(None), ~FindingSource.source_id.in_(ids))
        gone, changed = session.execute(quoted.distinct().order_by(FindingSource.source_id).limit(2)).scalars()
        common = {"process_id": process_id, "actor": facilitator(drafted.world), "now": database_now(session)}
        change_source(session, source_id=gone, change="withdraw", reason_code="author_asked", **common)
        change_source(
            session, source_id=changed, change="correct", reason_code="mistake", text="Il treno serve anche la domenica.", **common
        )  # fmt: skip  # one call reads better so
    run_id = start(drafted, "refresh")
    finish(drafted, run_id, LexicalEmbedder())

    def draft() -> list[Any]:
        with drafted.work() as session:
            session.execute(update(Paper).values(last_run_id=None))
            services.draft_paper(session, run_id=run_id, now=database_now(session))
        return cited(drafted)

    found = draft()
    assert found != before
    assert gone not in {row.source_id for row in found}
    assert set(ids) & {row.source_id for row in found}
    with drafted.work() as session:
        session.execute(delete(FindingSource))
    assert draft() == found
    with drafted.work() as session:
        some = list(session.execute(select(FindingSource.source_id).order_by(FindingSource.source_id)).scalars())
        session.execute(delete(FindingSource).where(FindingSource.source_id.in_(some[::5])))
        session.execute(
            update(FindingSource).where(FindingSource.source_id.in_(some[1::5])).values(position=3, support="contrary")
        )
        session.execute(update(FindingSource).where(FindingSource.source_id.in_(some[2::5])).values(origin="human"))
    assert draft() == found


def test_a_source_that_changed_makes_its_findings_stale_until_somebody_reads_it_again(drafted: Stage) -> None:
    process_id, who = drafted.world.process_id, facilitator(drafted.world)
    row = max(rows_of(drafted), key=lambda r: len(r.supporting))
    quoted = next(s for s in row.supporting if s.quote)
    other = next(s for s in row.supporting if s.source_id != quoted.source_id)
    with drafted.work() as session:
        common = {"process_id": process_id, "actor": who, "now": database_now(session), "reason_code": "mistake"}
        change_source(
            session,
            source_id=quoted.source_id,
            change="correct",
            text="Tutto un altro testo, riscritto da capo.",
            **common,
        )
        change_source(session, source_id=other.source_id, change="withdraw", **common)
    stale = next(r for r in rows_of(drafted) if r.id == row.id)
    assert {s.source_id for s in stale.stale} == {quoted.source_id, other.source_id}
    with drafted.work() as session:
        services.reread(
            session, process_id=process_id, finding_id=row.id, version=1, actor=who, now=database_now(session)
        )
    again = next(r for r in rows_of(drafted) if r.id == row.id)
    assert again.stale == ()
    assert other.source_id not in {s.source_id for s in again.sources}
    assert next(s for s in again.sources if s.source_id == quoted.source_id).quote is None


def test_sources_can_be_cited_for_and_against_and_taken_away(drafted: Stage) -> None:
    process_id, who = drafted.world.process_id, facilitator(drafted.world)
    row = rows_of(drafted)[0]
    with drafted.work() as session:
        outside = session.execute(
            select(Source.id, Source.text).where(Source.id.not_in([s.source_id for s in row.sources])).limit(1)
        ).one()
        common = {"process_id": process_id, "finding_id": row.id, "actor": who, "now": database_now(session)}
        words = " ".join(outside.text.split()[:3])
        version = services.cite(
            session, version=1, source_ids=[outside.id], support=Support.contrary, words=words, **common
        )
        cited = session.get(FindingSource, (row.id, outside.id))
        assert cited is not None
        assert (cited.support, outside.text[cited.quote_start : cited.quote_end], cited.origin) == (
            "contrary",
            words,
            "human",
        )
        version = services.uncite(session, version=version, source_id=outside.id, **common)
        session.expire_all()
        assert session.get(FindingSource, (row.id, outside.id)) is None
        lead = next(
            s
            for s in row.sources
            if any(q.source_id == str(s.source_id) for sentence in row.sentences for q in sentence.quotes)
        )
        services.uncite(session, version=version, source_id=lead.source_id, **common)
    after = next(r for r in rows_of(drafted) if r.id == row.id)
    assert all(str(lead.source_id) not in sentence.source_ids for sentence in after.sentences)
