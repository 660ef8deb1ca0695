"""Coded work of other programs through the pages: looked at before, equal when it comes back, taken back as a whole; Taguette's projects."""

from __future__ import annotations

import html
import io
import re
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from consult.core.errors import Invalid
from consult.core.jobs import OutboxJob
from consult.core.permissions import SYSTEM, Actor
from consult.core.vocabulary import Role
from consult.evidence.models import Code, Coding, CodingImport
from consult.evidence.rules import parse_codebook, write_codebook
from consult.evidence.rules.projects import parse_project
from consult.evidence.rules.taguette import TAGUETTE
from consult.evidence.services import bringing, codebook, exchange, projects
from consult.listening.interviews import services as interviews
from consult.listening.interviews.models import Interview
from consult.listening.sources.queries import of_unit
from consult.listening.sources.services import change_source
from consult.process import services as process
from tests.conftest import Stage
from tests.factories.coded_talks import NOW, make, put, talk
from tests.factories.taguette import CONTENTS, FIRST, NEWEST, USUAL, taguette
from tests.factories.voices import facilitator


def coded(stage: Stage) -> list[tuple[str, str]]:
    """Words and code of what is coded now."""
    with stage.work() as session:
        rows = session.execute(
            text(
                "SELECT substr(s.text, c.span_start + 1, c.span_end - c.span_start), k.name FROM coding c JOIN source s ON s.id = c.source_id "
                "JOIN code k ON k.id = c.code_id WHERE c.live ORDER BY 1, 2"
            )
        )
        return [(row[0], row[1]) for row in rows]


def test_a_project_goes_out_and_comes_back_equal_through_the_pages(stage: Stage) -> None:
    book = f"/scrivania/{stage.world.slug}/codebook"
    who = Actor(account_id=stage.world.accounts[Role.manager])
    with stage.work() as session:
        first = of_unit(session, unit_id=talk(session, stage.world))
        trains = make(session, stage.world, "Treni", make(session, stage.world, "Mobilità"))
        put(session, stage.world, first[0].id, trains, who, (0, 29))
        put(session, stage.world, first[2].id, make(session, stage.world, "Salute"))
    client = stage.client_as(Role.facilitator)
    out = client.get(f"{book}.qdpx").data
    before = coded(stage)

    # Into the same process nothing changes, whoever coded: not even when it is imported by somebody else.
    brought = client.send(f"{book}/scambio", {"file": (io.BytesIO(out), "../giro <b>.qdpx")})
    assert brought.status_code == 303
    page = client.get(brought.location).text
    assert "Finora non è cambiato nulla" in page
    assert "&lt;b&gt;" in page
    assert client.send(brought.location, {}).status_code == 303
    assert coded(stage) == before
    assert client.send(brought.location, {}).status_code == 409
    again = parse_project(client.get(f"{book}.qdpx").data)
    assert again == parse_project(out)

    # Into another process, where the same words were said, everything comes, and goes out again equal.
    with stage.work() as session:
        other = process.open_process(
            session, slug="altrove", title="Altrove", frame_id=stage.world.frame_id, territory_id=stage.world.territory_id, phases=[],
            actor=SYSTEM, now=NOW,
        )  # fmt: skip  # one row of values reads better so
        key = interviews.plan_interview(session, process_id=other, role="sindaca", actor=SYSTEM, now=NOW)
        interviews.record_consent(
            session, process_id=other, interview_id=key, actor=SYSTEM, now=NOW,
            consent=interviews.Consent(may_transcribe=True, may_code=True),
        )  # fmt: skip  # one row of values reads better so
        said = "\n\n".join(card.text for card in first)
        interviews.add_transcript(session, process_id=other, interview_id=key, text=said, actor=SYSTEM, now=NOW)
        report = projects.import_project(
            session, process_id=other, project=parse_project(out), actor=SYSTEM, now=NOW
        )
        assert (report.codings, report.already, report.codebook.added) == (2, 0, 3)
        there = projects.export_project(session, process_id=other)
    assert there.book == again.book
    assert [(t.text, [(p.start, p.end, p.code, p.memo) for p in t.pieces]) for t in there.texts] == [
        (t.text, [(p.start, p.end, p.code, p.memo) for p in t.pieces]) for t in again.texts
    ]


def test_a_project_of_taguette_comes_in_with_a_look_before_and_goes_as_a_whole(stage: Stage, tmp_path: Path) -> None:
    book = f"/scrivania/{stage.world.slug}/codebook"
    client = stage.client_as(Role.facilitator)
    with stage.work() as session:
        unit = talk(session, stage.world)
        free = interviews.plan_interview(session, process_id=stage.world.process_id, role="maestra", actor=SYSTEM, now=NOW)
        interviews.record_consent(
            session, process_id=stage.world.process_id, interview_id=free, actor=SYSTEM, now=NOW,
            consent=interviews.Consent(may_transcribe=True, may_code=True),
        )  # fmt: skip  # one row of values reads better so
        kept = make(session, stage.world, "Treni")
        put(session, stage.world, of_unit(session, unit_id=unit)[0].id, kept, span=(0, 29))
    before = coded(stage)
    data = taguette(tmp_path, documents=(("sindaca", CONTENTS), ("maestra", CONTENTS.replace("bosco", "prato")), ("altro", "<p>Niente.</p>")))
    brought = client.send(f"{book}/scambio", {"file": (io.BytesIO(data), "valli.sqlite3")})
    assert brought.status_code == 303
    assert coded(stage) == before
    page = client.get(brought.location).text
    assert "Brani senza nessun codice: 3" in page
    assert "bcrypt" not in page
    # The words of one text are those of an interview; another becomes the transcript of one that has none; the third stays outside.
    fields = re.findall(r'name="(testo-[0-9a-f-]+)"', page)
    assert len(fields) == 2
    assert client.send(brought.location, {fields[0]: str(free), fields[1]: str(free)}).status_code == 422
    assert client.send(brought.location, {fields[0]: str(free)}).status_code == 303
    assert sorted(row for row in coded(stage) if row not in before) == [
        ("Che cosa", "mobilità"), ("Le scuole", "scuola"), ("Le scuole", "scuola"), ("treno ogni mezz'ora", "mobilità"),
        ("treno ogni mezz'ora", "mobilità"), ("treno ogni mezz'ora", "mobilità.treni"), ("treno ogni mezz'ora", "mobilità.treni"),
        ("🚆 Poi il bosco.", "scuola"), ("🚆 Poi il prato.", "scuola"),
    ]  # fmt: skip  # a pair beside a pair
    with stage.work() as session:
        assert session.get_one(Interview, free).status == "transcribed"
        guids = {row.name: row.guid for row in session.execute(select(Code)).scalars()}
        assert guids["mobilità.treni"] == uuid.uuid5(TAGUETTE, "mobilità.treni")
        row = session.execute(select(CodingImport)).scalar_one()
        assert row.content == {}
        # Somebody uses one of its codes meanwhile: that one stays.
        scuola = session.execute(select(Code.id).where(Code.name == "scuola")).scalar_one()
        put(session, stage.world, of_unit(session, unit_id=unit)[1].id, scuola)
        before = [*before, ("Le scuole chiudono.", "scuola")]
    page = client.get(brought.location).text
    assert "trascritta da qui" in page
    undone = client.send(f"{brought.location}/annullamento", {})
    assert undone.status_code == 303
    assert "«scuola» resta" in client.get(undone.location).text
    assert coded(stage) == sorted(before)
    with stage.work() as session:
        assert {card.state for card in of_unit(session, unit_id=free)} == {"withdrawn"}
        states = {row.name: row.state for row in session.execute(select(Code)).scalars()}
        assert states == {"Treni": "live", "mobilità": "withdrawn", "mobilità.treni": "withdrawn", "scuola": "live"}
    assert client.send(f"{brought.location}/annullamento", {}).status_code == 409
    # Brought again it comes in again, under the keys it had.
    brought = client.send(f"{book}/scambio", {"file": (io.BytesIO(data), "valli.sqlite3")})
    assert client.send(brought.location, {}).status_code == 303
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(Code).where(Code.state == "live")).scalar_one() == 4
    dropped = client.send(f"{book}/scambio", {"file": (io.BytesIO(data), "valli.sqlite3")})
    assert client.send(f"{dropped.location}/rinuncia", {}).status_code == 303
    assert client.get(dropped.location).status_code == 404
    assert stage.client_as(Role.reader).send(brought.location, {}).status_code == 404


def test_every_version_of_taguette_is_read_with_its_tags_under_tags(tmp_path: Path) -> None:
    nested = {
        FIRST: "",
        USUAL: "",
        # The child stands before its parent by name; «scuola» stands under one that is gone, and two stand under each other.
        NEWEST: "UPDATE tags SET parent_id = 3 WHERE id = 1; UPDATE tags SET parent_id = 1 WHERE id = 2;"
        "INSERT INTO tags (project_id, path, description, parent_id) VALUES (1, 'ciclo a', '', 5), (1, 'ciclo b', '', 4), (1, 'sola', '', 99);",
    }
    for version, more in nested.items():
        data = taguette(tmp_path, documents=(("sindaca", CONTENTS),), version=version, more=more)
        kind, project = bringing.read_file(data)
        assert kind == "taguette"
        codes = {code.name: (above.name if above else "", code.description) for code, above, _place in project.book.walk()}
        assert codes["mobilità"][1] == "Come ci si muove."
        above = {name: parent for name, (parent, _text) in codes.items()}
        if version == NEWEST:
            assert above == {
                "scuola": "", "mobilità": "scuola", "mobilità.treni": "mobilità", "ciclo a": "", "ciclo b": "ciclo a", "sola": ""
            }  # fmt: skip  # a family on a line
        else:
            assert above == {"mobilità": "", "mobilità.treni": "", "scuola": ""}
        assert len(project.texts[0].pieces) == 4
    rows = ", ".join(f"(1, 'd{n}', '', {n - 1})" for n in range(4, 80))
    deep = f"INSERT INTO tags (project_id, path, description, parent_id) VALUES {rows};"  # noqa: S608  # Numbers from above.
    with pytest.raises(Invalid, match="troppo lungo"):
        bringing.read_file(taguette(tmp_path, documents=(("d", CONTENTS),), version=NEWEST, more=deep))


def test_a_large_project_is_the_workers(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bringing, "LARGE_PIECES", 2)
    with stage.work() as session:
        talk(session, stage.world)
    client, book = stage.client_as(Role.facilitator), f"/scrivania/{stage.world.slug}/codebook"
    data = taguette(tmp_path, documents=(("sindaca", CONTENTS),))
    address = client.send(f"{book}/scambio", {"file": (io.BytesIO(data), "valli.sqlite3")}).location
    key = uuid.UUID(address.rpartition("/")[2])

    def work(turn: int) -> None:
        with stage.work() as session:
            bringing.run_work(session, import_id=key, turn=turn, actor=facilitator(stage.world), now=NOW)

    assert "si guarda che cosa succederebbe" in client.get(address).text
    assert client.send(address, {}).status_code == 409
    assert client.send(f"{address}/rinuncia", {}).status_code == 409
    assert "in corso" in client.get(f"{book}/scambio").text
    work(1)
    work(1)
    assert coded(stage) == []
    assert "Importa" in client.get(address).text
    # A text that is to be the transcript of something that is gone: it waits, with the reason.
    with stage.work() as session:
        guid = bringing.from_json(session.get_one(CodingImport, key).content).texts[0].guid
    assert client.send(address, {f"testo-{guid}": str(uuid.uuid4())}).status_code == 303
    work(2)
    assert "Non è stato importato nulla" in client.get(address).text
    assert client.send(address, {}).status_code == 303
    with stage.work() as session:
        bringing.fail_work(session, import_id=key, turn=3)
    assert "per un guasto" in client.get(address).text
    assert client.send(address, {}).status_code == 303
    work(3)
    assert coded(stage) == []
    work(4)
    work(4)
    assert len(coded(stage)) == 4
    assert client.send(f"{address}/annullamento", {}).status_code == 303
    assert len(coded(stage)) == 4
    assert "si sta togliendo" in client.get(address).text
    work(5)
    assert coded(stage) == []


def test_what_an_import_changed_is_put_back_unless_somebody_changed_it_since(stage: Stage) -> None:
    here = {"process_id": stage.world.process_id, "actor": SYSTEM, "now": NOW}
    with stage.work() as session:
        for name in ("Casa", "Acqua"):
            make(session, stage.world, name)
        book = exchange.export_codebook(session, process_id=stage.world.process_id)
        data = write_codebook(book).replace(b'name="Casa"', b'name="Casa e affitti"').replace(b'name="Acqua"', b'name="Acque"')
        assert len(parse_codebook(data).codes) == 2
        key = bringing.bring(session, name="c.qdc", data=data, **here)
        assert {row.name for row in session.execute(select(Code)).scalars()} == {"Casa", "Acqua"}
        bringing.confirm(session, import_id=key, **here)
        water = session.execute(select(Code).where(Code.name == "Acque")).scalar_one()
        codebook.describe_code(
            session, code_id=water.id, version=water.version, fields=codebook.CodeFields(name="Acque e fiumi"), **here
        )
        notes = bringing.undo(session, import_id=key, **here)
        # A file that nobody decides on is forgotten after a week, with all that was read in it.
        left = bringing.bring(session, name="c.qdc", data=data, **here)
        week = NOW + bringing.PATIENCE
        assert bringing.forget_drafts(session, now=week) == 0
        later = week + timedelta(seconds=1)
        bringing.ask_for_due(session, now=later)
        asked = session.execute(select(func.count()).select_from(OutboxJob).where(OutboxJob.topic == bringing.TOPIC)).scalar_one()
        assert asked == 1
        assert bringing.forget_drafts(session, now=later) == 1
        assert session.get(CodingImport, left) is None
        assert notes == ["«Acque e fiumi» resta com’è: intanto è stato cambiato."]
        assert {row.name for row in session.execute(select(Code)).scalars()} == {"Casa", "Acque e fiumi"}


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("view", "non corrisponde"), ("several", "più progetti"), ("cut", "rovinato"), ("bomb", "troppo lungo"), ("noise", "non corrisponde"),
        ("empty", "vuoto"),
    ],
)  # fmt: skip  # one row of values reads better so
def test_hostile_and_broken_files_are_refused_with_a_sentence(stage: Stage, tmp_path: Path, bad: str, words: str) -> None:
    more = {
        "view": "DROP TABLE tags; CREATE VIEW tags AS SELECT login AS id, 1 AS project_id, hashed_password AS path, email AS description FROM users;",
        "bomb": "DROP TABLE highlight_tags; CREATE TABLE highlight_tags (highlight_id, tag_id AS (length(hex(zeroblob(400000000)))));"
        "INSERT INTO highlight_tags (highlight_id) VALUES (1);",
    }.get(bad, "")
    data = taguette(tmp_path, documents=(("d", CONTENTS),), projects=2 if bad == "several" else 1, more=more)
    sent = {"cut": data[: len(data) // 2], "noise": b"\x00\x01" * 500, "empty": b""}.get(bad, data)
    client = stage.client_as(Role.facilitator)
    answer = client.send(f"/scrivania/{stage.world.slug}/codebook/scambio", {"file": (io.BytesIO(sent), "x.sqlite3")})
    assert answer.status_code == 422
    assert words in answer.text
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(CodingImport)).scalar_one() == 0
        assert session.execute(select(func.count()).select_from(Coding)).scalar_one() == 0


def test_a_large_file_is_read_by_the_worker_and_given_back_with_the_reason_where_it_cannot_be(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bringing, "LARGE_BYTES", 100)
    with stage.work() as session:
        unit = talk(session, stage.world)
        put(session, stage.world, of_unit(session, unit_id=unit)[0].id, make(session, stage.world, "Treni"), span=(0, 29))
    client, book = stage.client_as(Role.facilitator), f"/scrivania/{stage.world.slug}/codebook"
    out = client.get(f"{book}.qdpx").data
    told: list[tuple[int, int]] = []

    def work(address: str, turn: int = 1) -> None:
        key = uuid.UUID(address.rpartition("/")[2])

        def tell(seen: int, total: int) -> None:
            told.append((seen, total))
            # As the worker does, in a transaction of its own: the work must not hold the row meanwhile.
            with stage.work() as own:
                bringing.note_texts(own, import_id=key, seen=seen, total=total)

        with stage.work() as session:
            bringing.run_work(session, import_id=key, turn=turn, actor=facilitator(stage.world), now=NOW, told=tell)

    assert client.send(f"{book}/scambio", {"file": (io.BytesIO(b"parole" * 99), "note.txt")}).status_code == 422
    address = client.send(f"{book}/scambio", {"file": (io.BytesIO(out), "giro.qdpx")}).location
    assert 'aria-busy="true"' in client.get(address).text
    assert client.send(address, {}).status_code == 409
    assert client.send(f"{address}/rinuncia", {}).status_code == 409
    work(address)
    assert told == [(1, 2), (1, 2)]
    page = client.get(address).text
    assert "Finora non è cambiato nulla" in page
    with stage.work() as session:
        row = session.execute(select(CodingImport)).scalar_one()
        assert (row.state, row.raw) == ("draft", None)
    assert client.send(address, {}).status_code == 303
    broken = client.send(f"{book}/scambio", {"file": (io.BytesIO(out[:-60]), "rotto.qdpx")}).location
    work(broken)
    page = client.get(broken).text
    assert "Il documento è rovinato" in page
    assert "Porta un altro file" in page
    assert "Importa</button>" not in page
    assert "non si legge" in client.get(f"{book}/scambio").text
    assert client.send(broken, {}).status_code == 409
    assert client.send(f"{broken}/rinuncia", {}).status_code == 303
    # A fault while it is read gives it back as well, and forgets what came.
    lost = client.send(f"{book}/scambio", {"file": (io.BytesIO(out), "perso.qdpx")}).location
    with stage.work() as session:
        bringing.fail_work(session, import_id=uuid.UUID(lost.rpartition("/")[2]), turn=1)
    assert "per un guasto" in client.get(lost).text
    with stage.work() as session:
        assert session.execute(select(func.count()).where(CodingImport.raw.is_not(None))).scalar_one() == 0


def test_a_project_names_who_was_heard_only_as_far_as_a_quote_may(stage: Stage) -> None:
    world = stage.world
    with stage.work() as session:
        keys = [talk(session, world) for _quote in ("none", "anonymous", "role", "name")]
        for key, quote in zip(keys, ("none", "anonymous", "role", "name"), strict=True):
            row = session.get_one(Interview, key)
            row.role, row.person_name = f"ruolo {quote}", f"Nome {quote}"
            session.flush()
            interviews.record_consent(
                session, process_id=world.process_id, interview_id=key, actor=SYSTEM, now=NOW,
                consent=interviews.Consent(may_transcribe=True, may_code=True, quote=quote),
            )  # fmt: skip  # one row of values reads better so
        found = projects.export_project(session, process_id=world.process_id)
    names = {str(text.guid): text.name for text in found.texts}
    assert [names[str(key)] for key in keys[2:]] == ["ruolo role", "Nome name, ruolo name"]
    assert all(re.fullmatch(r"Intervista \d", names[str(key)]) for key in keys[:2])


def test_an_example_that_repeats_words_which_were_withdrawn_is_neither_shown_nor_given_out(stage: Stage) -> None:
    world, client = stage.world, stage.client_as(Role.facilitator)
    book = f"/scrivania/{world.slug}/codebook"
    with stage.work() as session:
        passage = of_unit(session, unit_id=talk(session, world))[0]
        fields = codebook.CodeFields(name="Treni", example=f"«{passage.text}»")
        key = codebook.make_code(session, process_id=world.process_id, fields=fields, actor=SYSTEM, now=NOW)

    def everywhere() -> list[bool]:
        files = [client.get(f"{book}.qdc").text, client.get(f"{book}.qdpx").data]
        whole = [client.get(f"{book}/{key}").text, client.get(book).text, files[0], str(parse_project(files[1]))]
        return [passage.text in html.unescape(page) for page in whole]

    assert everywhere() == [True, False, True, True]
    with stage.work() as session:
        change_source(
            session, process_id=world.process_id, source_id=passage.id, change="withdraw", reason_code="author_asked", actor=SYSTEM, now=NOW
        )
    assert everywhere() == [False] * 4
    assert "Serve un altro esempio" in client.get(f"{book}/{key}").text
