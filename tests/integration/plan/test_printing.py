"""The plan as files: real headings, Markdown rendered, what each action rests on; served only while the plan still says it."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from docx import Document
from pypdf import PdfReader
from sqlalchemy import select

from config import Settings
from consult.core.vocabulary import ThingKind
from consult.moderation.services import visibility
from consult.plan import services as plan
from consult.plan.models import DraftAction, PlanFile
from consult.plan.services import printing
from consult.plan.types import ActionFields
from consult.ports.press import PressFailed
from consult.position_paper.services.export.printed import markdown_blocks
from tests.conftest import Stage
from tests.factories.answers import NOTE_PASSAGE, take_up, told_meeting
from tests.factories.decisions import REASON, moderator, promote, publish_finding, say, submit
from tests.factories.post import bench_for

TEXT = "Servono **corse serali** fino alle [23](https://example.org/orari).\n\n- due linee\n- *una* navetta <script>alert(1)</script>\n\n# Un titolo"


@pytest.fixture
def told(stage: Stage) -> str:
    """An action that rests on a proposal, a finding and a note; its code."""
    with stage.work() as session:
        finding = publish_finding(session, stage.world, [say(session, stage.world, "Di sera mancano i treni.")])
        done = promote(
            session, stage.world, submit(session, stage.world, finding_id=finding), new_action=ActionFields("Più treni la sera", TEXT)
        )
        take_up(session, stage.world, ThingKind.finding, finding, passage="La sera mancano i treni", action_id=done.action_id)
        _meeting, note = told_meeting(session, stage.world)
        take_up(session, stage.world, ThingKind.source, note, passage=NOTE_PASSAGE, action_id=done.action_id)
    return done.code


def test_markdown_becomes_blocks_and_never_an_outline() -> None:
    paragraph, points, title = markdown_blocks(TEXT)
    assert [(r["text"], r["bold"], r["url"]) for r in paragraph["runs"]] == [
        ("Servono ", False, ""), ("corse serali", True, ""), (" fino alle ", False, ""), ("23", False, "https://example.org/orari"), (".", False, ""),
    ]  # fmt: skip  # one list of pieces reads better so
    assert [[r["text"] for r in item] for item in points["items"]] == [["due linee"], ["una", " navetta <script>alert(1)</script>"]]
    assert (title["kind"], title["runs"][0]["bold"]) == ("para", True)
    assert markdown_blocks("[male](javascript:alert(1))")[0]["runs"][0]["url"] == ""


def test_files_are_asked_for_built_with_progress_and_downloaded(stage: Stage, told: str) -> None:
    reader, page = stage.client_as(None), f"/processi/{stage.world.slug}/piano"
    assert "Prepara i documenti da scaricare" in reader.get(page).text
    assert reader.get(f"{page}/documenti/pdf").status_code == 302
    for _ in range(2):
        assert reader.send(f"{page}/documenti").status_code == 303
    assert "0 di 3 documenti pronti" in reader.get(f"{page}/documenti").text
    with bench_for(stage.app) as bench:
        assert bench.work("plan.build_file") == 3
    assert "Scarica in PDF" in reader.get(page).text
    document = Document(io.BytesIO(reader.get(f"{page}/documenti/docx").data))
    styles = {p.text: p.style.name for p in document.paragraphs if p.style is not None}
    assert styles[f"{told} Più treni la sera"] == "Heading 3"
    assert styles["2.2 Rendere il treno comodo e frequente"] == "Heading 2"
    assert styles["due linee"] == "List Bullet"
    assert styles["Un titolo"] == "Normal"
    words = "\n".join(p.text for p in document.paragraphs)
    for wanted in ("Treni la sera", "un treno ogni mezz'ora", REASON, "La sera mancano i treni", NOTE_PASSAGE, "Unità di progetto"):
        assert wanted in words, wanted
    assert "**" not in words
    assert any(r.bold and r.text == "corse serali" for p in document.paragraphs for r in p.runs)
    html = reader.get(f"{page}/documenti/html").text
    assert "<strong>corse serali</strong>" in html
    assert "<script" not in html
    assert not re.search(r'(src|<link[^>]*href)="(?!data:)', html)
    pdf = PdfReader(io.BytesIO(reader.get(f"{page}/documenti/pdf").data))
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]  # type: ignore[index]  # A dictionary in every tagged file.
    text = " ".join(" ".join(p.extract_text() for p in pdf.pages).split())
    assert f"{told} Più treni la sera" in text
    assert "corse serali" in text


def test_a_file_goes_as_soon_as_the_plan_says_something_else(stage: Stage, told: str) -> None:
    settings = stage.app.extensions["consult"].settings
    process_id, page = stage.world.process_id, f"/processi/{stage.world.slug}/piano/documenti/html"
    with stage.work() as session:
        plan.ask_for_plan_files(session, process_id=process_id, now=datetime.now(UTC))
        plan.build_plan_file(session, process_id=process_id, kind="html", settings=settings, now=datetime.now(UTC))
        proposal = next(g.thing_id for g in printing.content(session, process_id=process_id).grounds if g.kind == "proposal")
    reader = stage.client_as(None)
    assert "Treni la sera" in reader.get(page).text
    with stage.work() as session:
        visibility.hide(
            session, process_id=process_id, kind=ThingKind.proposal, thing_id=proposal, version=2, reason_code="insult",
            actor=moderator(stage.world), now=datetime.now(UTC),
        )  # fmt: skip  # one row of values reads better so
    assert reader.get(page).status_code == 302
    with stage.work() as session:
        plan.build_plan_file(session, process_id=process_id, kind="html", settings=settings, now=datetime.now(UTC))
    again = reader.get(page).text
    assert "una proposta nascosta" in again
    assert "un treno ogni mezz" not in again
    assert told in again


def test_one_that_can_not_be_typeset_says_so_and_the_command_writes_all(
    stage: Stage, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings: Settings = stage.app.extensions["consult"].settings
    process_id = stage.world.process_id
    with stage.work() as session:
        body, actions = plan.export_plan(session, process_id=process_id, kind="csv", settings=settings)
        assert actions == 1
        assert told in body.decode("utf-8-sig")
        assert session.execute(select(DraftAction.code)).scalar_one() == told

    def late(*_args: object, **_more: object) -> bytes:
        raise PressFailed("late", limits=True)

    monkeypatch.setattr(printing, "write", late)
    with stage.work() as session:
        plan.ask_for_plan_files(session, process_id=process_id, now=datetime.now(UTC))
        plan.build_plan_file(session, process_id=process_id, kind="pdf", settings=settings, now=datetime.now(UTC))
        assert session.execute(select(PlanFile.failed_at).where(PlanFile.format == "pdf")).scalar_one() is not None
    assert "non si è potuto preparare" in stage.client_as(None).get(f"/processi/{stage.world.slug}/piano").text
