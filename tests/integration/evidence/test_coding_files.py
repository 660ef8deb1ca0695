"""Codebooks and coded projects as files: out and back equal, by page and by command, and hostile ones refused."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.cli import main
from consult.core.errors import Invalid
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.evidence import queries
from consult.evidence.models import CodingAction
from consult.evidence.rules import parse_codebook
from consult.evidence.rules.projects import parse_project, write_project
from consult.evidence.services import projects
from consult.listening.sources.queries import of_unit
from tests.conftest import Stage
from tests.factories.coded_talks import NOW, make, put, talk
from tests.factories.world import World


def test_codebooks_in_and_out_by_page_and_command(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = stage.client_as(Role.facilitator)
    book = f"/scrivania/{stage.world.slug}/codebook"
    guid = uuid.uuid4()
    given = (
        f'<CodeBook xmlns="urn:QDA-XML:codebook:1.0" origin="Altro"><Codes><Code guid="{guid}" name="Casa" isCodable="false">'
        f'<Code guid="{uuid.uuid4()}" name="Affitti" isCodable="true" color="#0066CC"><Description>Canoni\n\nEsempio: è cara</Description></Code>'
        '</Code></Codes>'
        f'<Sets><Set guid="{uuid.uuid4()}" name="Scelti"><MemberCode guid="{guid}"/></Set></Sets></CodeBook>'
    ).encode()  # fmt: skip  # one row of values reads better so
    for _again in range(2):
        brought = client.send(f"{book}/scambio", {"file": (io.BytesIO(given), "altro.qdc")})
        assert brought.status_code == 303
        assert client.send(brought.location, {}).status_code == 303
    assert "Affitti" in client.get(book).get_data(as_text=True)
    out = client.get(f"{book}.qdc").data
    assert parse_codebook(out) == parse_codebook(given)
    bad = client.send(
        f"{book}/scambio", {"file": (io.BytesIO(b"<!DOCTYPE x [<!ENTITY y 'z'>]>" + given), "x.qdc")}
    )
    assert bad.status_code == 422
    assert "DOCTYPE" in bad.get_data(as_text=True)
    with stage.work() as session:
        row = next(r for r in queries.codes(session, process_id=stage.world.process_id) if r.name == "Affitti")
        assert (row.definition, row.example, row.depth) == ("Canoni", "è cara", 1)
    file = tmp_path / "in.qdc"
    file.write_bytes(given)
    dry = CliRunner().invoke(main, ["codebook", "import", str(file), "--dry-run"])
    assert [code["path"] for code in json.loads(dry.stdout)["codes"]] == ["Casa", "Casa › Affitti"]
    assert CliRunner().invoke(main, ["codebook", "import", str(file)]).exit_code == 2
    file.write_bytes(b"<!DOCTYPE x>" + given)
    refused = CliRunner().invoke(main, ["codebook", "import", str(file), "--dry-run"])
    assert refused.exit_code == 2
    assert "DOCTYPE" in refused.stderr
    monkeypatch.setenv("DATABASE_URL", stage.database_url)
    target = tmp_path / "out.qdc"
    done = CliRunner().invoke(main, ["codebook", "export", stage.world.slug, "--format", "qdc", "--out", str(target)])
    assert done.exit_code == 0, done.output
    assert target.read_bytes() == out
    again = CliRunner().invoke(main, ["codebook", "import", str(target), "--process", stage.world.slug])
    assert json.loads(again.stdout)["unchanged"] == 2


def test_a_coded_project_goes_out_and_comes_back_equal(session: Session, world: World) -> None:
    here = {"process_id": world.process_id, "actor": SYSTEM, "now": NOW}
    unit = talk(session, world)
    cards = of_unit(session, unit_id=unit)
    moving = make(session, world, "Mobilità")
    put(session, world, cards[0].id, make(session, world, "Treni", moving), span=(0, 29))
    put(session, world, cards[2].id, moving)
    out = projects.export_project(session, process_id=world.process_id)
    data = write_project(out, written_at=NOW)
    read = parse_project(data)
    assert read == out
    assert write_project(read, written_at=NOW) == data
    (text,) = read.texts
    assert [text.text[piece.start : piece.end] for piece in text.pieces] == [
        "Serve un treno ogni mezz'ora.",
        "Il medico manca.",
    ]
    assert {name for _guid, name in read.coders} == {"Persona 1"}
    acts = session.execute(select(func.count()).select_from(CodingAction)).scalar_one()
    report = projects.import_project(session, project=read, **here)
    assert (report.codebook.added, report.codebook.unchanged, report.codings, report.already, report.notes) == (0, 2, 0, 2, ())
    assert session.execute(select(func.count()).select_from(CodingAction)).scalar_one() == acts
    strange = replace(read, texts=(replace(text, text="Un altro testo, di altri."),))
    (outside,) = projects.import_project(session, project=strange, **here).texts
    assert (outside.interview_id, outside.pieces, outside.added) == (None, 2, 0)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("project.qde", b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/hostname">]><Project/>', "DOCTYPE"),
        ("project.qde", b"<Project", "rovinato"),
        ("altro.txt", b"x", "non corrisponde"),
        ("project.qde", b" " * 40_000_000, "troppo lungo"),
    ],
)
def test_hostile_projects_are_refused(name: str, content: bytes, words: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    with pytest.raises(Invalid, match=words):
        parse_project(buffer.getvalue())
