"""Consent withdrawn while a PDF is being built: the quote is in no file served afterwards, and a new version says that it went."""

from __future__ import annotations

import http.client
import json
import re
import urllib.parse
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from consult.core.vocabulary import Role
from consult.position_paper.types import FILE_KINDS
from tests.drills.conftest import Drill, until
from tests.drills.published import published_stage
from tests.factories.world import app_engine
from tests.integration.position_paper.test_publishing import quoted

pytestmark = pytest.mark.drill
JOB = "SELECT {} FROM outbox_job WHERE topic = 'position_paper.build_file' AND payload->>'kind' = 'pdf' AND payload->>'version_number' = '1'"


def words_of(kind: str, body: bytes) -> str:
    """The text of a file on one line."""
    if kind == "pdf":
        text = " ".join(page.extract_text() for page in PdfReader(BytesIO(body)).pages)
    elif kind in {"docx", "odt"}:
        archive = zipfile.ZipFile(BytesIO(body))
        text = " ".join(archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml"))
        text = re.sub("<[^>]+>", "", text)
    else:
        text = body.decode()
    return " ".join(text.split())


def fetch(drill: Drill, path: str) -> tuple[int, bytes]:
    """Status and bytes of an address, redirects not followed."""
    parts = urllib.parse.urlsplit(drill.site.base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request("GET", path, headers={"Accept-Language": "it"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def pdf_of_version_one(drill: Drill) -> bytes:
    """The file as it lies in the database."""
    return bytes(drill.rows("SELECT body FROM paper_file WHERE format = 'pdf' AND version_number = 1")[0][0])


def test_withdrawn_while_a_pdf_is_being_built(drill: Drill, tmp_path: Path) -> None:
    stage = published_stage(drill)
    _finding, source_id, quote = quoted(stage)
    start = " ".join(quote.split()[:5])
    app_engine(stage.app).dispose()
    gate = tmp_path / "open"
    worker, relay = drill.worker(concurrency=2, DRILL_PRESS_GATE=str(gate)), drill.relay(DRILL_RESEND_S="20")
    staff = drill.visitor(drill.world.accounts[Role.facilitator])
    base = f"/processi/{drill.world.slug}"
    # An attempt is counted before anything is read: only who stands at the gate has read.
    assert until(lambda: (tmp_path / "open.reached").exists())
    assert drill.number(JOB.format("count(*)") + " AND attempts = 1 AND done_at IS NULL") == 1
    # The PDF was read and waits for the press: now the person takes back what was said.
    desk = f"/scrivania/{drill.world.slug}/fonti/{source_id}"
    revision = drill.number("SELECT revision FROM source WHERE id = :id", id=source_id)
    fields = {"change": "withdraw", "reason": "consent_withdrawn", "revision": str(revision)}
    assert staff.ask("POST", desk, {**staff.form(desk), **fields}).status == 303
    assert drill.rows("SELECT state FROM source WHERE id = :id", id=source_id) == [("withdrawn",)]
    # The job that follows waits for others at most as long as it promised; the drill does not wait with it.
    wait = "SELECT count(*) FROM outbox_job WHERE topic = 'position_paper.follow_consent' AND not_before < created_at + interval '4 minutes'"
    assert drill.number(wait) == 1
    gate.touch()
    assert until(lambda: drill.number(JOB.format("count(*)") + " AND done_at IS NOT NULL") == 1)
    assert start in words_of("pdf", pdf_of_version_one(drill)), "it was built after the withdrawal: the drill drilled nothing"
    address = f"{base}/position-paper/versioni/1/pdf"
    assert fetch(drill, address)[0] == 302
    # The negative control: without the list of what it quotes beside it, the same file is handed out with the words in it.
    kept = drill.rows("SELECT quotes FROM paper_file WHERE format = 'pdf' AND version_number = 1")[0][0]
    set_quotes = "UPDATE paper_file SET quotes = CAST(:q AS jsonb) WHERE format = 'pdf' AND version_number = 1"
    drill.change(set_quotes, q="[]")
    assert start in words_of("pdf", fetch(drill, address)[1])
    drill.change(set_quotes, q=json.dumps(kept))
    drill.change("UPDATE outbox_job SET not_before = NULL WHERE topic = 'position_paper.follow_consent'")
    assert until(lambda: drill.number("SELECT count(*) FROM paper_version WHERE number = 2 AND redacts = 1") == 1)
    assert until(lambda: drill.waiting() == 0)
    for number in (1, 2):
        assert start not in words_of("html", fetch(drill, f"{base}/position-paper?versione={number}")[1])
        for kind in FILE_KINDS:
            status, body = fetch(drill, f"{base}/position-paper/versioni/{number}/{kind}")
            assert status == 200, (number, kind)
            assert start not in words_of(kind, body)
            if kind == "json":
                assert json.loads(body)["newer_version"] == (2 if number == 1 else None)
    relay.stop()
    worker.stop()
