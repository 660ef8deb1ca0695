"""The codebook and the coding desk: several coders at once, undo, merge and split with lineage, files in and out, blind samples."""

from __future__ import annotations

import io
import json
import re
import threading
import uuid
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from consult.cli import main
from consult.core.db import make_engine, make_sessions, unit_of_work
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import SYSTEM, Actor
from consult.core.vocabulary import Role
from consult.evidence import queries
from consult.evidence.models import Code, Coding, CodingAction
from consult.evidence.rules import parse_codebook
from consult.evidence.rules.projects import parse_project, write_project
from consult.evidence.services import codebook, coding, exchange, projects, sampling
from consult.listening.interviews import services as interviews
from consult.listening.sources.queries import of_unit
from consult.listening.sources.services import change_source
from consult.process.models import Membership
from tests.conftest import Stage
from tests.factories.world import World, counted_statements

NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)
TALK = "D: Che cosa serve?\n\nR: Serve un treno ogni mezz'ora. Anche la sera. 🚆 Poi il bosco.\n\nLe scuole chiudono.\n\nIl medico manca."


def talk(
    session: Session, world: World, role: str = "sindaca", held: date = date(2026, 9, 20), words: str = TALK
) -> uuid.UUID:
    key = interviews.plan_interview(
        session, process_id=world.process_id, role=role, held_on=held, actor=SYSTEM, now=NOW
    )
    interviews.record_consent(
        session, process_id=world.process_id, interview_id=key, actor=SYSTEM, now=NOW,
        consent=interviews.Consent(may_transcribe=True, may_code=True, quote="role"),
    )  # fmt: skip  # one row of values reads better so
    interviews.add_transcript(session, process_id=world.process_id, interview_id=key, text=words, actor=SYSTEM, now=NOW)
    return key


def make(session: Session, world: World, name: str, parent: uuid.UUID | None = None) -> uuid.UUID:
    return codebook.make_code(
        session,
        process_id=world.process_id,
        fields=codebook.CodeFields(name=name, parent_id=parent),
        actor=SYSTEM,
        now=NOW,
    )


def put(
    session: Session,
    world: World,
    source: uuid.UUID,
    code: uuid.UUID,
    who: Actor = SYSTEM,
    span: tuple[int, int] | None = None,
) -> uuid.UUID:
    return coding.apply_code(
        session, process_id=world.process_id, source_id=source, code_id=code, actor=who, now=NOW, span=span
    )


def test_codes_are_merged_and_split_with_lineage_and_nothing_is_lost(session: Session, world: World) -> None:
    here = {"process_id": world.process_id, "actor": SYSTEM, "now": NOW}
    unit = talk(session, world)
    first, second, third = [card.id for card in of_unit(session, unit_id=unit)]
    moving = make(session, world, "Mobilità")
    trains, buses = make(session, world, "Treni", moving), make(session, world, "Autobus", moving)
    put(session, world, first, trains)
    put(session, world, second, buses)
    with pytest.raises(Invalid):
        make(session, world, "treni", moving)
    with pytest.raises(Invalid):
        codebook.describe_code(
            session, code_id=moving, version=1, fields=codebook.CodeFields("Mobilità", parent_id=trains), **here
        )
    codebook.merge_codes(session, code_id=buses, into_id=trains, **here)
    with pytest.raises(Conflict):
        put(session, world, third, buses)
    by_name = {row.name: row for row in queries.codes(session, process_id=world.process_id)}
    assert (by_name["Treni"].codings, by_name["Treni"].sources, by_name["Autobus"].codings) == (2, 2, 0)
    assert by_name["Treni"].path == "Mobilità › Treni"
    local, night = codebook.split_code(session, code_id=trains, names=["Treni locali", "Treni di notte"], **here)
    assert {row[1] for row in queries.lineage(session, code_id=trains) if row[0] == "to"} == {local, night}
    held = queries.held_by_code(session, code_id=trains)
    assert len(held) == 2
    for row, _words in held:
        coding.recode(session, coding_id=row.id, code_id=local, **here)
    assert queries.held_by_code(session, code_id=trains) == []
    assert {row.name: row.codings for row in queries.codes(session, process_id=world.process_id)}["Treni locali"] == 2
    assert session.execute(select(func.count()).select_from(Code)).scalar_one() == 5


def test_undo_takes_back_ones_own_acts_one_by_one(session: Session, world: World) -> None:
    me, other = Actor(account_id=world.accounts[Role.facilitator]), Actor(account_id=world.accounts[Role.manager])
    unit = talk(session, world)
    first = of_unit(session, unit_id=unit)[0]
    code = make(session, world, "Treni")
    mine = put(session, world, first.id, code, me, (0, 31))
    put(session, world, first.id, code, other, (0, 31))
    coding.write_memo(
        session, process_id=world.process_id, coding_id=mine, version=1, memo="da rivedere", actor=me, now=NOW
    )
    with pytest.raises(NotFound):
        coding.remove_code(session, process_id=world.process_id, coding_id=mine, actor=other, now=NOW)

    def back() -> str | None:
        return coding.undo(session, process_id=world.process_id, unit_id=unit, actor=me, now=NOW)

    assert [back(), back(), back()] == ["memo", "added", None]
    left = queries.codings_of(session, source_id=first.id, text=first.text)
    assert [row.coder_id for row in left] == [other.account_id]
    assert put(session, world, first.id, code, me, (0, 31)) == mine
    assert session.execute(select(func.count()).select_from(CodingAction)).scalar_one() == 6
    session.flush()
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text("UPDATE coding_action SET kind = 'memo'"))


def test_codings_follow_their_words_and_end_with_the_consent(session: Session, world: World) -> None:
    unit = talk(session, world)
    first = of_unit(session, unit_id=unit)[0]
    start = first.text.index("Anche la sera.")
    put(session, world, first.id, make(session, world, "Sera"), span=(start - 1, start + 15))
    put(
        session,
        world,
        first.id,
        make(session, world, "Bosco"),
        span=(first.text.index("Poi il bosco"), len(first.text)),
    )
    change_source(
        session, process_id=world.process_id, source_id=first.id, change="correct", reason_code="typing_error", actor=SYSTEM, now=NOW,
        text="Ecco: serve un treno ogni mezz'ora. Anche la sera. Poi il parco.",
    )  # fmt: skip  # one row of values reads better so
    now_text = of_unit(session, unit_id=unit)[0].text
    found = {
        row.code: (row.standing, now_text[row.start : row.end])
        for row in queries.codings_of(session, source_id=first.id, text=now_text)
    }
    assert found["Sera"] == (True, "Anche la sera.")
    assert found["Bosco"][0] is False
    assert queries.units(session, process_id=world.process_id)[0].coded == 1
    interviews.record_consent(
        session, process_id=world.process_id, interview_id=unit, consent=interviews.Consent(), actor=SYSTEM, now=NOW
    )
    assert queries.units(session, process_id=world.process_id) == []
    assert all(row.codings == 0 for row in queries.codes(session, process_id=world.process_id))
    with pytest.raises(NotFound):
        put(session, world, first.id, make(session, world, "Altro"))


@pytest.mark.drill
def test_two_coders_at_a_barrier_lose_no_act(stage: Stage) -> None:
    rounds = 50
    coders = [Actor(account_id=stage.world.accounts[role]) for role in (Role.facilitator, Role.manager)]
    with stage.work() as session:
        unit = talk(session, stage.world)
        source = of_unit(session, unit_id=unit)[0].id
        codes = [make(session, stage.world, f"Codice {i}") for i in range(rounds)]
    sessions = make_sessions(make_engine(stage.database_url, application="consult-coders"))
    barrier = threading.Barrier(2, timeout=60)
    failed: list[BaseException] = []

    def work(who: Actor) -> None:
        try:
            for number, code in enumerate(codes):
                barrier.wait()
                with unit_of_work(sessions) as session:
                    mine = put(session, stage.world, source, code, who, (0, 31))
                if number % 5 == 4:
                    barrier.wait()
                    with unit_of_work(sessions) as session:
                        coding.remove_code(
                            session, process_id=stage.world.process_id, coding_id=mine, actor=who, now=NOW
                        )
        except BaseException as error:
            failed.append(error)
            barrier.abort()

    threads = [threading.Thread(target=work, args=(who,)) for who in coders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failed == []
    with stage.work() as session:
        kinds = session.execute(
            select(CodingAction.kind, CodingAction.by, func.count()).group_by(CodingAction.kind, CodingAction.by)
        ).all()
        assert {(k, by): n for k, by, n in kinds} == {("added", who.account_id): rounds for who in coders} | {
            ("removed", who.account_id): rounds // 5 for who in coders
        }
        assert session.execute(select(func.count()).select_from(Coding).where(Coding.live)).scalar_one() == 2 * (
            rounds - rounds // 5
        )


def test_the_desk_by_pages_only(stage: Stage) -> None:
    with stage.work() as session:
        unit = talk(session, stage.world)
        cards = of_unit(session, unit_id=unit)
    client = stage.client_as(Role.facilitator)
    desk = f"/scrivania/{stage.world.slug}/codifica"
    assert "Restano" in client.get(desk).get_data(as_text=True)
    page = client.get(f"{desk}/{unit}").get_data(as_text=True)
    assert "Serve un treno" in page
    first = cards[0]
    spot = (first.text.index("🚆"), len(first.text))
    done = client.send(
        f"{desk}/fonti/{first.id}", {"revision": 1, "span_start": spot[0], "span_end": spot[1], "code": "Bosco e treni"}
    )
    assert done.status_code == 303
    by_sentence = client.send(
        f"{desk}/fonti/{first.id}",
        {"revision": 1, "sentences": ["0-29", "30-44"], "code": "bosco e treni", "memo": "due"},
    )
    assert by_sentence.status_code == 303
    with stage.work() as session:
        assert [row.name for row in queries.codes(session, process_id=stage.world.process_id)] == ["Bosco e treni"]
        rows = queries.codings_of(session, source_id=first.id, text=first.text)
        assert [first.text[r.start : r.end] for r in rows] == [
            "Serve un treno ogni mezz'ora. Anche la sera.",
            "🚆 Poi il bosco.",
        ]
    page = client.get(f"{desk}/{unit}?fonte={first.id}").get_data(as_text=True)
    assert re.search(r"<mark class=\"coded\"[^>]*>🚆 Poi il bosco\.</mark>", page)
    assert client.send(f"{desk}/fonti/{first.id}", {"revision": 9, "code": "Altro"}).status_code == 409
    assert client.send(f"{desk}/fonti/{first.id}", {"revision": 1, "code": ""}).status_code == 422
    assert client.send(f"{desk}/{unit}/annulla", {"fonte": str(first.id)}).status_code == 303
    with stage.work() as session:
        assert len(queries.codings_of(session, source_id=first.id, text=first.text)) == 1
    strategy = next(iter(stage.world.strategies.values()))
    offered = {"kind": "strategy", "target_id": str(strategy), "verdict": "accepted"}
    assert client.send(f"{desk}/fonti/{first.id}/proposte", offered).status_code == 303
    with stage.work() as session:
        assert [row.strategy_id for row in queries.codes(session, process_id=stage.world.process_id)][-1] == strategy
    assert stage.client_as(Role.reader).get(f"{desk}/{unit}").status_code == 200
    assert (
        stage.client_as(Role.reader).send(f"{desk}/fonti/{first.id}", {"revision": 1, "code": "x"}).status_code == 404
    )
    counts = []
    for extra in (0, 30):
        with stage.work() as session:
            for number in range(extra):
                put(session, stage.world, cards[1].id, make(session, stage.world, f"Codice {number}"))
        with counted_statements(stage.engine) as statements:
            assert client.get(f"{desk}/{unit}?fonte={cards[1].id}").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 24, counts


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


def test_two_read_blindly_and_are_compared(stage: Stage) -> None:
    world = stage.world
    second = world.accounts[Role.reader]
    with stage.work() as session:
        session.add(Membership(process_id=world.process_id, account_id=second, role="facilitator"))
        unit = talk(session, world)
        sources = [card.id for card in of_unit(session, unit_id=unit)]
        code, other = make(session, world, "Treni"), make(session, world, "Scuole")
        put(session, world, sources[0], other)
    client, twin = stage.client_as(Role.facilitator), stage.client_of(second)
    root = f"/scrivania/{world.slug}/concordanza"
    people = {"first_id": str(world.accounts[Role.facilitator]), "second_id": str(second)}
    assert client.send(root, {"name": "Prova", "size": 3, **people, "second_id": people["first_id"]}).status_code == 422
    made = client.send(root, {"name": "Prova", "size": 3, **people})
    assert made.status_code == 303
    for number, source in enumerate(sources):
        assert (
            client.send(f"{made.location}/passaggi/{source}", {"codes": [str(code)] if number < 2 else []}).status_code
            == 303
        )
    assert client.send(f"{made.location}/chiusura", {}).status_code == 409
    assert "Treni" not in re.findall(
        r"checked[^>]*>\s*<label[^>]*>([^<]*)", twin.get(made.location).get_data(as_text=True)
    )
    blind = twin.get(f"/scrivania/{world.slug}/codifica/{unit}?fonte={sources[0]}").get_data(as_text=True)
    assert "campione in cieco" in blind
    assert "<mark" not in blind
    for number, source in enumerate(sources):
        assert (
            twin.send(f"{made.location}/passaggi/{source}", {"codes": [str(code)] if number < 1 else []}).status_code
            == 303
        )
    assert client.send(f"{made.location}/chiusura", {}).status_code == 303
    page = client.get(made.location).get_data(as_text=True)
    assert "1 differenza" in page
    assert "0.40" in page
    sample_id = uuid.UUID(made.location.rpartition("/")[2])
    assert client.send(f"{made.location}/differenze/{sources[1]}/{code}", {"applies": "1"}).status_code == 303
    with stage.work() as session:
        (sample,) = queries.samples(session, process_id=world.process_id, sample_id=sample_id)
        _units, (difference,) = queries.compared(session, sample=sample)
        assert difference.applies is True
        assert any(
            row.code_id == code for row in queries.codings_of(session, source_id=sources[1], text="Le scuole chiudono.")
        )
        with pytest.raises(Conflict):
            sampling.read_blindly(
                session, process_id=world.process_id, sample_id=sample_id, source_id=sources[0], code_ids=[],
                actor=Actor(account_id=second), now=NOW,
            )  # fmt: skip  # one row of values reads better so


def test_saturation_counts_codes_by_the_interview_that_brought_them(session: Session, world: World) -> None:
    early, late = talk(session, world, "prima", date(2026, 9, 1)), talk(session, world, "seconda", date(2026, 9, 9))
    a, b = make(session, world, "A"), make(session, world, "B")
    for unit, codes in ((late, [a, b]), (early, [a])):
        for code in codes:
            put(session, world, of_unit(session, unit_id=unit)[0].id, code)
    rows = queries.saturation(session, process_id=world.process_id)
    assert [(row.title, row.fresh, row.total) for row in rows] == [("prima", 1, 1), ("seconda", 1, 2)]
    report = exchange.import_codebook(
        session,
        process_id=world.process_id,
        book=exchange.export_codebook(session, process_id=world.process_id),
        actor=SYSTEM,
        now=NOW,
    )
    assert (report.added, report.changed, report.unchanged) == (0, 0, 2)


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
