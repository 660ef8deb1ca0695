"""What moved under a finding is seen at once, old and new side by side; each decision on it may be taken back."""

from __future__ import annotations

import html
import uuid

from sqlalchemy import select

from consult.core.clock import database_now
from consult.core.jobs import OutboxJob
from consult.core.vocabulary import Role, SpeakerKind
from consult.evidence.models import Coding
from consult.evidence.services import codebook, coding, decisions
from consult.evidence.services.codebook import CodeFields
from consult.listening.sources.models import Source
from consult.listening.sources.services import change_source, set_facts
from consult.position_paper import queries, services
from consult.position_paper.types import FindingRow
from tests.conftest import Stage
from tests.factories.voices import facilitator


def finding(stage: Stage, finding_id: uuid.UUID | None = None) -> FindingRow:
    """A finding by its key, or the one that cites most."""
    with stage.work() as session:
        paper = queries.paper(session, process_id=stage.world.process_id)
        assert paper is not None
        rows = queries.findings(session, paper_id=paper.id)
    return next(r for r in rows if r.id == finding_id) if finding_id else max(rows, key=lambda r: len(r.supporting))


def page(stage: Stage, row: FindingRow) -> str:
    url = f"/scrivania/{stage.world.slug}/paper/risultanze/{row.id}"
    return html.unescape(stage.client_as(Role.facilitator).get(url).text)


def decide(stage: Stage, row: FindingRow, does: str) -> int:
    client = stage.client_as(Role.facilitator)
    url = f"/scrivania/{stage.world.slug}/paper/risultanze/{row.id}/novita"
    return client.send(url, {"version": finding(stage, row.id).version, "fa": does}).status_code


def test_sources_that_changed_stand_beside_what_they_said(drafted: Stage) -> None:
    row = finding(drafted)
    first, second, third, fourth, *_ = row.supporting
    with drafted.work() as session:
        texts = {row.id: row.text for row in session.execute(select(Source.id, Source.text))}
        common = {
            "process_id": drafted.world.process_id,
            "actor": facilitator(drafted.world),
            "now": database_now(session),
        }
        change_source(
            session, source_id=first.source_id, change="correct", text=texts[first.source_id] + " Anche di notte.",
            reason_code="typing_error", **common,
        )  # fmt: skip  # one row of values reads better so
        change_source(session, source_id=second.source_id, change="withdraw", reason_code="consent_withdrawn", **common)
        facts = {"actor": common["actor"], "now": common["now"]}
        set_facts(session, source_id=third.source_id, quotable="none", visibility="internal", **facts)
        another = next(str(kind) for kind in SpeakerKind if str(kind) != fourth.speaker_kind)
        set_facts(session, source_id=fourth.source_id, speaker_kind=another, **facts)
    shown = page(drafted, row)
    assert "4 fonti sono cambiate o sono state ritirate" in shown
    assert "Quando è stata citata" in shown
    assert "<ins> Anche di notte.</ins>" in shown or "<ins>Anche di notte.</ins>" in shown
    assert "(errore di trascrizione)" in shown
    assert "(consenso ritirato)" in shown
    assert "senza più il consenso a essere citata" in shown
    assert "il tipo di voce" in shown
    assert texts[second.source_id] not in shown
    assert texts[third.source_id] not in shown
    assert decide(drafted, row, "rileggi") == 303
    after = finding(drafted, row.id)
    assert after.stale == ()
    assert second.source_id not in {s.source_id for s in after.sources}
    assert "Annulla la decisione" in page(drafted, row)
    assert decide(drafted, row, "annulla") == 303
    back = finding(drafted, row.id)
    assert back.sources == finding(drafted, row.id).sources
    assert [s.text for s in back.sentences] == [s.text for s in row.sentences]
    assert {s.source_id for s in back.stale} == {first.source_id, second.source_id, third.source_id, fourth.source_id}
    assert decide(drafted, row, "annulla") == 422


def test_a_source_that_changes_theme_is_noticed_without_a_new_aggregation(drafted: Stage) -> None:
    row = finding(drafted)
    assert row.theme_id is not None
    leaving = next(s for s in row.supporting if not s.quote)
    process_id, who = drafted.world.process_id, facilitator(drafted.world)

    def follow() -> int:
        with drafted.work() as session:
            return services.follow_coding(session, process_id=process_id)

    assert follow() == 0
    with drafted.work() as session:
        now = database_now(session)
        paper = queries.paper(session, process_id=process_id)
        assert paper is not None
        other = next(f for f in queries.findings(session, paper_id=paper.id) if f.theme_id not in {None, row.theme_id})
        decisions.move_source(
            session,
            process_id=process_id,
            source_id=leaving.source_id,
            from_theme_id=row.theme_id,
            to_theme_id=other.theme_id,
            actor=who,
            now=now,
        )
        asked = (
            session.execute(select(OutboxJob.payload).where(OutboxJob.topic == decisions.FOLLOWED_BY)).scalars().all()
        )
    assert asked == [{"process_id": str(process_id)}]
    assert follow() == 2
    assert finding(drafted, row.id).news["gone"] == [str(leaving.source_id)]
    assert finding(drafted, other.id).news["new"] == [str(leaving.source_id)]
    shown = page(drafted, row)
    assert "Le attribuzioni al tema sono cambiate" in shown
    assert "ora sotto" in shown
    assert decide(drafted, row, "togli") == 303
    assert leaving.source_id not in {s.source_id for s in finding(drafted, row.id).sources}
    assert follow() == 0
    assert decide(drafted, row, "annulla") == 303
    back = finding(drafted, row.id)
    assert leaving.source_id in {s.source_id for s in back.sources}
    assert back.news["gone"] == [str(leaving.source_id)]
    assert decide(drafted, row, "lascia") == 303
    assert follow() == 0
    assert finding(drafted, row.id).news == {}
    assert leaving.source_id in {s.source_id for s in finding(drafted, row.id).sources}


def test_a_source_coded_otherwise_flags_what_cites_it_and_says_how(drafted: Stage) -> None:
    row = finding(drafted)
    first, second, *_ = row.supporting
    who, process_id = facilitator(drafted.world), drafted.world.process_id
    with drafted.work() as session:
        common = {"process_id": process_id, "actor": who, "now": database_now(session)}
        late, fare = (
            codebook.make_code(session, fields=CodeFields(name=name), **common) for name in ("Ritardi", "Tariffe")
        )
        coding.apply_code(session, source_id=second.source_id, code_id=fare, **common)
    assert [s.source_id for s in finding(drafted, row.id).stale] == [second.source_id]
    shown = page(drafted, row)
    assert "codificata in altro modo" in shown
    assert "Codici aggiunti da allora: <strong>Tariffe</strong>" in shown
    listed = html.unescape(drafted.client_as(Role.facilitator).get(f"/scrivania/{drafted.world.slug}/paper").text)
    assert "1 fonte cambiata o ritirata" in listed
    assert "1 risultanza ha fonti cambiate" in listed
    assert decide(drafted, row, "rileggi") == 303
    assert not finding(drafted, row.id).stale, "what was read again is pinned with its codes"
    # Coded and taken off again is as it was; another code in its place is not.
    with drafted.work() as session:
        common = {"process_id": process_id, "actor": who, "now": database_now(session)}
        there = coding.apply_code(session, source_id=first.source_id, code_id=late, **common)
        coding.remove_code(session, coding_id=there, **common)
        mine = session.execute(select(Coding.id).where(Coding.source_id == second.source_id)).scalar_one()
        coding.remove_code(session, coding_id=mine, **common)
        coding.apply_code(session, source_id=second.source_id, code_id=late, **common)
    assert [s.source_id for s in finding(drafted, row.id).stale] == [second.source_id]
    shown = page(drafted, row)
    assert "Codici aggiunti da allora: <strong>Ritardi</strong>" in shown
    assert "Codici tolti da allora: <strong>Tariffe</strong>" in shown
    assert decide(drafted, row, "annulla") == 303
    assert len(finding(drafted, row.id).stale) == 1, "with the reading taken back the first coding counts anew"
