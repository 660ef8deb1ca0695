"""Documents: files in every kind, passages chosen with their page, a channel that is no voice."""

from __future__ import annotations

import io
import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
from docx import Document as Docx
from odfdo import Document as Odt
from odfdo import Paragraph
from pypdf import PdfWriter
from sqlalchemy import func, select

from consult.core.jobs import OutboxJob
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.files.models import StoredFile
from consult.listening.documents import queries, rules, services
from consult.listening.documents.models import DocumentParagraph
from consult.listening.sources.models import Source
from consult.listening.sources.queries import denominators
from consult.ports.storage import storage_for
from tests.conftest import Stage
from tests.factories.world import counted_statements

DESK = "/scrivania/piano-di-prova/documenti"
PUBLIC = "/processi/piano-di-prova/documenti"
NOW = datetime.now(UTC)
WORDS = ("La strada della valle chiude due volte ogni inverno.", "I giovani partono per studiare e pochi tornano.")


def docx() -> bytes:
    made, out = Docx(), io.BytesIO()
    made.add_heading("Relazione", 1)
    for words in WORDS:
        made.add_paragraph(words)
    made.save(out)
    return out.getvalue()


def odt() -> bytes:
    made, out = Odt("text"), io.BytesIO()
    made.body.clear()
    for words in WORDS:
        made.body.append(Paragraph(words))
    made.save(out)
    return out.getvalue()


def pdf(pages: tuple[str, ...]) -> bytes:
    """A small PDF with one line of text on each page, written by hand: the library that reads writes no text."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for words in pages:
        stream = f"BT /F1 12 Tf 72 700 Td ({words}) Tj ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        content = len(objects)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {content} 0 R /Resources << /Font << /F1 << /Type /Font "
            "/Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out, places = b"%PDF-1.4\n", []
    for number, words in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{words}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF"
    return out + end.encode()


@pytest.fixture
def document(stage: Stage) -> uuid.UUID:
    with stage.work() as session:
        return services.add_document(
            session, process_id=stage.world.process_id, title="Analisi socio-economica", author="Ufficio studi", dated=date(2025, 6, 1),
            actor=SYSTEM, now=NOW,
        )  # fmt: skip  # one call reads better so


def bring(client: Any, document: uuid.UUID, data: bytes, name: str) -> Any:
    return client.send(
        f"{DESK}/{document}/file", {"file": (io.BytesIO(data), name)}, content_type="multipart/form-data"
    )


MARKDOWN = f"# Relazione\n\n{WORDS[0]}\n\n- {WORDS[1]}\n\n---\n".encode()


@pytest.mark.parametrize(
    ("data", "name", "page"),
    [(docx(), "a.docx", ""), (odt(), "a.odt", ""), (pdf(WORDS), "a.pdf", "2"), (MARKDOWN, "a.md", "")],
    ids=["docx", "odt", "pdf", "markdown"],
)
def test_a_file_is_read_and_passages_are_chosen(
    stage: Stage, document: uuid.UUID, data: bytes, name: str, page: str
) -> None:
    client, anyone = stage.client_as(Role.facilitator), stage.client_as(None)
    assert bring(client, document, data, name).status_code == 303
    text = client.get(f"{DESK}/{document}/testo").text
    assert WORDS[0] in text
    assert "#" not in text.split(WORDS[0])[0].rsplit("<label", 1)[-1].split(">", 1)[-1]
    with stage.work() as session:
        last = session.execute(
            select(DocumentParagraph.position).where(DocumentParagraph.text == WORDS[1])
        ).scalar_one()
        assert session.execute(select(func.count()).select_from(Source)).scalar_one() == 0
    assert client.send(f"{DESK}/{document}/testo", {}).status_code == 422
    chosen = {"position": [str(last), "99999", "x"]}
    assert client.send(f"{DESK}/{document}/testo", chosen).status_code == 303
    assert client.send(f"{DESK}/{document}/testo", chosen).status_code == 422  # It is one already.
    public = anyone.get(f"{PUBLIC}/{document}").text
    assert WORDS[1] in public
    assert WORDS[0] not in public
    assert anyone.get(f"{PUBLIC}/{document}/file").data == data
    with stage.work() as session:
        source = session.execute(select(Source)).scalar_one()
        assert (source.channel, source.said_on, source.attribution) == (
            "document",
            date(2025, 6, 1),
            "Analisi socio-economica",
        )
        assert queries.page_of(session, source_id=source.id) == page
        # A channel of its own: what is shown of voices never counts it.
        assert {d.channel for d in denominators(session, process_id=stage.world.process_id)} == {"document"}
    # A file that passages were chosen from stays; another edition is another document.
    assert bring(client, document, MARKDOWN, "b.md").status_code == 422


def test_another_file_takes_the_place_until_something_is_chosen(stage: Stage, document: uuid.UUID) -> None:
    client = stage.client_as(Role.facilitator)
    bring(client, document, docx(), "a.docx")
    assert bring(client, document, MARKDOWN, "b.md").status_code == 303
    with stage.work() as session:
        rows = session.execute(select(DocumentParagraph.text).order_by(DocumentParagraph.position)).scalars().all()
    assert rows == ["Relazione", *WORDS]
    found = client.get(f"{DESK}/{document}/testo?q=giovani").text
    assert WORDS[1] in found
    assert WORDS[0] not in found


def test_a_long_file_is_read_by_the_worker(stage: Stage, document: uuid.UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "LARGE", {"pdf": 100})
    storage = storage_for(stage.app.extensions["consult"].settings)
    client, base = stage.client_as(Role.facilitator), f"{DESK}/{document}"

    def bring(data: bytes) -> uuid.UUID:
        assert client.send(f"{base}/file", {"file": (io.BytesIO(data), "piano.pdf")}).status_code == 303
        with stage.work() as session:
            found = queries.document(session, process_id=stage.world.process_id, document_id=document)
            assert found is not None
            assert found.reading
            job = session.execute(
                select(OutboxJob.payload).where(OutboxJob.topic == services.TOPIC).order_by(OutboxJob.id.desc()).limit(1)
            ).scalar_one()
            assert job["document_id"] == str(document)
            return uuid.UUID(job["file_id"])

    def read(file_id: uuid.UUID, told: list[tuple[int, int]]) -> None:
        with stage.work() as session:
            services.read_file(
                session, document_id=document, file_id=file_id, storage=storage, told=lambda seen, total: told.append((seen, total))
            )

    told: list[tuple[int, int]] = []
    first = bring(pdf(("Una pagina sola di prova.",)))
    # Another file takes its place while it waits: what was asked for the first does nothing any more.
    file_id = bring(pdf(tuple(f"Pagina {n} del piano di valle." for n in range(1, 5))))
    read(first, told)
    assert told == []
    assert 'aria-busy="true"' in client.get(f"{base}/testo").text
    with stage.work() as session:
        services.note_pages(session, document_id=document, seen=2, total=4)
    assert 'max="4" value="2"' in client.get(f"{base}/testo").text
    read(file_id, told)
    read(file_id, told)
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4)]
    page = client.get(f"{base}/testo").text
    assert "aria-busy" not in page
    assert "Pagina 3 del piano di valle." in page
    # One that can't be read goes, and the page says why; so it is after a fault of the machine. What stood there before stays.
    broken = bring(pdf(("x",))[:-40] + b"\n" * 20)
    read(broken, told)
    assert "Il file non si legge" in client.get(f"{base}/testo").text
    with stage.work() as session:
        found = queries.document(session, process_id=stage.world.process_id, document_id=document)
        assert found is not None
        assert (found.file_id, found.reading, found.paragraphs) == (file_id, False, 4)
    last = bring(pdf(("Una pagina.",)))
    with stage.work() as session:
        services.fail_reading(session, document_id=document, file_id=last)
    page = client.get(f"{base}/testo").text
    assert "si è fermata per un guasto" in page
    assert "Pagina 3 del piano di valle." in page
    read(last, told)
    # A passage was chosen while the next was read: it stays what it was chosen from.
    late = bring(pdf(("Una pagina.",)))
    with stage.work() as session:
        services.choose_paragraphs(
            session, process_id=stage.world.process_id, document_id=document, positions=[3], actor=SYSTEM, now=datetime.now(UTC)
        )
    read(late, told)
    page = client.get(f"{base}/testo").text
    assert "altra edizione" in page
    assert "Pagina 3 del piano di valle." in page
    with stage.work() as session:
        assert set(session.execute(select(StoredFile.id)).scalars()) == {file_id}


def test_what_can_not_be_read_is_refused_with_a_sentence(stage: Stage, document: uuid.UUID) -> None:
    empty, out = PdfWriter(), io.BytesIO()
    empty.add_blank_page(100, 100)
    empty.write(out)
    client = stage.client_as(Role.facilitator)
    bad = (
        (out.getvalue(), "scansione.pdf"),
        (docx()[:-200], "rotto.docx"),
        (b"\x89PNG\r\n\x1a\n", "foto.png"),
        (b"%PDF-1.7 ?", "x.pdf"),
    )
    for data, name in bad:
        answer = bring(client, document, data, name)
        assert answer.status_code == 422, name
        assert "error-summary" in answer.text
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(DocumentParagraph)).scalar_one() == 0
    assert stage.client_as(None).get(f"{PUBLIC}/{document}/file").status_code == 404


def test_pasted_passages_and_stale_edits(stage: Stage, document: uuid.UUID) -> None:
    client = stage.client_as(Role.facilitator)
    assert client.send(f"{DESK}/{document}", {"text": "[p. 3] Uno.\n\nDue.\n\n[p. iv] Tre."}).status_code == 303
    with stage.work() as session:
        rows = queries.passages(session, document_id=document, live_only=True).rows
    assert [(card.text, page) for card, page in rows] == [("Uno.", "3"), ("Due.", "3"), ("Tre.", "iv")]
    form = {"title": "Analisi nuova", "author": "", "version": "1"}
    assert client.send(f"{DESK}/{document}/modifica", form).status_code == 303
    stale = client.send(f"{DESK}/{document}/modifica", {**form, "title": "Altra"})
    assert stale.status_code == 409
    assert "Analisi nuova" in stale.text


def test_a_long_text_is_paged_by_key(stage: Stage, document: uuid.UUID) -> None:
    client = stage.client_as(Role.facilitator)
    bring(client, document, "\n\n".join(f"Paragrafo numero {i}." for i in range(150)).encode(), "lungo.txt")
    address, seen = f"{DESK}/{document}/testo", 0
    while address:
        with counted_statements(stage.engine) as sent:
            page = client.get(address).text
        assert len(sent) <= 4, sent
        seen += page.count('name="position"')
        nxt = page.split('class="pager-next" href="')
        address = nxt[1].split('"')[0].replace("&amp;", "&") if len(nxt) > 1 else ""
    assert seen == 150


def test_paragraphs_of_rows_and_lines() -> None:
    blocks = [
        rules.Block("A\tB", "row", cells=("A", "B")),
        rules.Block("uno", "line"),
        rules.Block("due", "line"),
        rules.Block("", "line"),
    ]
    assert [p.text for p in rules.paragraphs_of(blocks)] == ["A · B", "uno due"]
