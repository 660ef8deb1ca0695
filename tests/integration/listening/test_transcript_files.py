"""Transcripts from files: read, looked at, confirmed; killed at any point nothing is left half done."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import re
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import event, func, select

from consult.cli import main
from consult.core.db import make_engine, make_sessions, unit_of_work
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.files import services as files
from consult.files.models import StoredFile
from consult.files.rules import kind_of
from consult.files.types import FileKind, Upload
from consult.listening.interviews import queries, services
from consult.listening.interviews.models import Interview, InterviewOriginal, InterviewPassage
from consult.listening.interviews.rules import door_hash
from consult.listening.sources.models import Source
from consult.listening.sources.queries import of_unit
from consult.ports.storage import DiskStorage
from tests.conftest import Stage
from tests.factories.documents import opendocument, word

DESK = "/scrivania/piano-di-prova/interviste"
NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)
TALK = [
    "[00:00:04] Anna Ferrero: Che cosa serve alla valle?",
    "[00:00:09] Luca Bruno: Un treno ogni mezz'ora, anche la sera, e un medico in ogni comune.",
    "[00:01:20] Anna Ferrero: Altro?",
    "[00:01:24] Luca Bruno: Il bosco va curato.",
]


@pytest.fixture
def interview(stage: Stage) -> uuid.UUID:
    with stage.work() as session:
        key = services.plan_interview(
            session,
            process_id=stage.world.process_id,
            role="sindaco di valle",
            held_on=date(2026, 9, 20),
            actor=SYSTEM,
            now=NOW,
        )
        services.record_consent(
            session, process_id=stage.world.process_id, interview_id=key, actor=SYSTEM, now=NOW,
            consent=services.Consent(may_transcribe=True, may_code=True, quote="role"),
        )  # fmt: skip  # one row of values reads better so
    return key


def test_a_file_is_looked_at_before_it_becomes_passages(stage: Stage, interview: uuid.UUID) -> None:
    client = stage.client_as(Role.facilitator)
    sent = client.send(
        f"{DESK}/{interview}/file", {"file": (io.BytesIO(word(["Intervista in municipio", *TALK])), "valle.docx")}
    )
    assert sent.status_code == 303
    page = client.get(sent.location).get_data(as_text=True)
    assert "Un treno ogni mezz" in page
    assert "Intervista in municipio" in page
    assert "dedotto dai punti interrogativi" in page
    assert re.search(r'value="Anna Ferrero" checked', page)
    with stage.work() as session:
        assert of_unit(session, unit_id=interview) == []
    refused = client.send(sent.location, {"interviewers": ["Anna Ferrero", "Luca Bruno"]})
    assert refused.status_code == 422
    assert client.send(sent.location, {"interviewers": ["Anna Ferrero"]}).status_code == 303
    with stage.work() as session:
        rows = queries.passages(session, interview_id=interview)
        assert [(r.speaker, r.at, r.asked is not None) for r in rows] == [
            ("Anna Ferrero", 4000, True), ("Luca Bruno", 9000, False), ("Anna Ferrero", 80_000, True), ("Luca Bruno", 84_000, False),
        ]  # fmt: skip  # one row of values reads better so
        assert [c.attribution for c in of_unit(session, unit_id=interview)] == ["sindaco di valle"] * 2
        (original,) = queries.originals(session, interview_id=interview)
        assert original.turns == ()
        assert not original.waiting
    shown = client.get(f"{DESK}/{interview}").get_data(as_text=True)
    assert "1:24" in shown
    kept = client.get(f"{DESK}/{interview}/file/{original.id}/originale")
    assert kind_of(kept.data) is FileKind.docx
    assert client.send(sent.location, {"interviewers": ["Anna Ferrero"]}).status_code == 409


def test_without_consent_no_file_is_read_and_a_withdrawal_takes_the_files(stage: Stage, interview: uuid.UUID) -> None:
    client = stage.client_as(Role.facilitator)
    sent = client.send(f"{DESK}/{interview}/file", {"file": (io.BytesIO("\n".join(TALK).encode()), "valle.txt")})
    assert sent.status_code == 303
    with stage.work() as session:
        services.record_consent(
            session,
            process_id=stage.world.process_id,
            interview_id=interview,
            consent=services.Consent(),
            actor=SYSTEM,
            now=NOW,
        )
    assert client.get(sent.location).status_code == 404
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(StoredFile)).scalar_one() == 0
    again = client.send(f"{DESK}/{interview}/file", {"file": (io.BytesIO("\n".join(TALK).encode()), "valle.txt")})
    assert again.status_code == 422
    assert "Prima si registra il consenso" in again.get_data(as_text=True)


def test_a_file_closes_once_words_of_it_are_taken_back_and_they_stay_out(stage: Stage, interview: uuid.UUID) -> None:
    client, desk = stage.client_as(Role.facilitator), f"{DESK}/{interview}"
    process_id, here = stage.world.process_id, "/scrivania/piano-di-prova"

    def bring(lines: list[str], name: str) -> str:
        sent = client.send(f"{desk}/file", {"file": (io.BytesIO("\n".join(lines).encode()), name)})
        assert client.send(sent.location, {"interviewers": ["Anna Ferrero"]}).status_code == 303
        return str(sent.location)

    def opens(address: str, role: Role = Role.facilitator) -> int:
        return stage.client_as(role).get(f"{address}/originale").status_code

    def change(source_id: uuid.UUID, change: str, reason: str = "mistake", **more: str) -> None:
        with stage.work() as session:
            revision = session.get_one(Source, source_id).revision
        form = {"change": change, "reason": reason, "revision": str(revision), **more}
        assert client.send(f"{here}/fonti/{source_id}", form).status_code == 303

    first = bring(TALK, "uno.txt")
    second = bring([TALK[0], "[00:09:00] Luca Bruno: Anche la scuola.", TALK[2], "[00:09:30] Luca Bruno: Basta."], "due.txt")
    with stage.work() as session:
        trains, woods, school, _enough = (card.id for card in of_unit(session, unit_id=interview))
    # Put back, what was withdrawn by mistake opens the file again; each file answers for its own words.
    change(woods, "withdraw")
    assert (opens(first), opens(second)) == (403, 200)
    change(woods, "restore")
    assert opens(first) == 200
    change(school, "redact", "personal_data", text="Anche la scuola del paese.")
    assert (opens(first), opens(second)) == (200, 403)
    # The person takes words back: from whoever may read transcripts, with the reason told; who runs the listening may remove the file.
    assert client.send(f"{first}/scarta", {}).status_code == 409
    with stage.work() as session:
        services.correct_passage(
            session, process_id=process_id, interview_id=interview, source_id=trains, text=None, seen_revision=1, now=NOW
        )
        session.get_one(Interview, interview).door_hash = door_hash("la-mia-pagina")
    assert [opens(first, role) for role in (Role.facilitator, Role.operator, Role.manager)] == [403] * 3
    assert "ritirate o cancellate" in client.get(f"{first}/originale").text
    page = client.get(desk).text
    assert page.count("Non si scarica più") == 2
    assert "originale" not in re.findall(r'href="([^"]+)"', page[page.index("File della trascrizione") :])[0]
    assert "Togli il file per sempre" not in stage.client_as(Role.operator).get(desk).text
    assert "è chiuso" in stage.client_as(None).get("/intervista/la-mia-pagina").text
    assert client.send(f"{first}/scarta", {}).status_code == 303
    assert opens(first) == 404
    # Read again, or typed, what the person took back stays out, and a file with it is not kept.
    bring([*TALK, "[00:02:00] Luca Bruno: E la posta."], "ancora.txt")
    with stage.work() as session:
        live = [card.text for card in of_unit(session, unit_id=interview, live_only=True)]
        assert live == ["Il bosco va curato.", "Anche la scuola del paese.", "Basta.", "Il bosco va curato.", "E la posta."]
        assert [row.name for row in queries.originals(session, interview_id=interview)] == ["due.txt"]
    again = client.send(desk, {"transcript": "un treno ogni mezz’ora, anche la sera e un medico in ogni comune"})
    assert again.status_code == 422
    assert "solo parole che chi le ha dette ha ritirato" in again.text
    # Without consent to transcribe nobody reads what was asked either, nor who is said to have spoken.
    assert "Luca Bruno" in client.get(desk).text
    with stage.work() as session:
        services.record_consent(
            session, process_id=process_id, interview_id=interview, consent=services.Consent(), actor=SYSTEM, now=NOW
        )
    page = client.get(desk).text
    assert "quello che era scritto non si legge più" in page
    assert not [words for words in ("Che cosa serve alla valle?", "Luca Bruno") if words in page]


def _import(url: str, folder: Path, process_id: uuid.UUID, interview_id: uuid.UUID, fatal: int) -> None:
    """A whole import in a process of its own that dies at its `fatal`-th step: each statement, and each write to the storage, is one."""
    steps = iter(range(1, 10_000))

    def step(*_given: object) -> None:
        if next(steps) == fatal:
            os._exit(9)

    class Storage(DiskStorage):
        def put(self, key: str, data: bytes) -> None:
            step()
            super().put(key, data)
            step()

    engine = make_engine(url, application="consult-kill")
    event.listen(engine, "before_cursor_execute", step)
    event.listen(engine, "commit", step)
    upload = Upload("valle.odt", FileKind.odt, opendocument(TALK))
    with unit_of_work(make_sessions(engine)) as session:
        original = services.keep_file(
            session,
            process_id=process_id,
            interview_id=interview_id,
            upload=upload,
            storage=Storage(folder),
            actor=SYSTEM,
            now=NOW,
        )
        services.confirm_file(
            session, process_id=process_id, interview_id=interview_id, original_id=original, interviewers=["Anna Ferrero"],
            actor=SYSTEM, now=NOW,
        )  # fmt: skip  # one row of values reads better so
    os._exit(0)


@pytest.mark.drill
def test_killed_at_any_point_there_is_no_half_transcript_and_no_orphan_file(
    stage: Stage, interview: uuid.UUID, tmp_path: Path
) -> None:
    forked = multiprocessing.get_context("fork")
    storage = DiskStorage(tmp_path)
    killed = 0
    for fatal in range(1, 200):
        child = forked.Process(
            target=_import, args=(stage.database_url, tmp_path, stage.world.process_id, interview, fatal)
        )
        child.start()
        child.join(60)
        with stage.work() as session:
            files.sweep(session, storage=storage, now=datetime.now(UTC), spare=timedelta(0))
            passages = session.execute(select(func.count()).select_from(InterviewPassage)).scalar_one()
            counts = [
                session.execute(select(func.count()).select_from(t)).scalar_one()
                for t in (Source, InterviewOriginal, StoredFile)
            ]
        kept = list(storage.keys(before=datetime.now(UTC) + timedelta(days=1)))
        if child.exitcode == 0:
            assert (passages, counts, len(kept)) == (4, [2, 1, 1], 1)
            break
        assert child.exitcode == 9
        assert (passages, counts, kept) == (0, [0, 0, 0], []), f"killed at step {fatal}"
        killed += 1
    assert killed >= 10


def test_the_command_prints_passages_or_refuses_with_a_sentence(
    tmp_path: Path, stage: Stage, interview: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "valle.vtt"
    first = "00:00:03.120 --> 00:00:05.000\n<v Anna Ferrero>Partiamo dall’acqua?</v>"
    second = "00:00:06.000 --> 00:00:09.000\n<v Luca Bruno>È di tutti.</v>"
    file.write_text(f"WEBVTT\n\n{first}\n\n{second}\n", "utf-8")
    result = CliRunner().invoke(main, ["transcript", "import", str(file), "--dry-run"])
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert [(p["speaker"], p["time"], p["asked"], p["text"]) for p in printed["passages"]] == [
        ("Anna Ferrero", "00:00:03", True, "Partiamo dall’acqua?"), ("Luca Bruno", "00:00:06", False, "È di tutti."),
    ]  # fmt: skip  # one row of values reads better so
    bad = tmp_path / "falso.docx"
    bad.write_bytes(b"PK\x03\x04 niente")
    refused = CliRunner().invoke(main, ["transcript", "import", str(bad), "--dry-run"])
    assert refused.exit_code == 2
    assert "rovinato" in refused.stderr
    assert CliRunner().invoke(main, ["transcript", "import", str(file)]).exit_code == 2
    monkeypatch.setenv("DATABASE_URL", stage.database_url)
    monkeypatch.setenv("CONSULT_DATA_DIR", str(tmp_path))
    stored = CliRunner().invoke(main, ["transcript", "import", str(file), "--interview", str(interview)])
    assert stored.exit_code == 0, stored.output
    assert json.loads(stored.stdout)["sources"] == 1
