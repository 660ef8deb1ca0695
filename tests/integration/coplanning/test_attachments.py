"""Files of proposals: checked at the door, bare of what cameras write, as readable as the proposal, gone with their author."""

from __future__ import annotations

import io
import struct
import uuid
import zlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from consult.coplanning.proposals.models import Proposal, ProposalFile
from consult.coplanning.proposals.services import PERSONAL_DATA
from consult.core.vocabulary import Role, ThingKind
from consult.files.models import StoredFile
from consult.files.rules import without_traces
from consult.files.types import FileKind
from consult.moderation.services import visibility
from tests.conftest import Stage
from tests.factories.decisions import TEXT, moderator
from tests.factories.world import Client

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def picture() -> bytes:
    """A PNG of one point that says where it was taken."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"tEXt", b"GPS\0via Roma 1") + chunk(b"IDAT", zlib.compress(b"\0\0\0\0")) + chunk(b"IEND", b"")


def photo(turned: int) -> bytes:
    """A JPEG, as far as its segments go, with a place in its Exif part and a comment."""
    entry = b"\x12\x01\x03\x00\x01\x00\x00\x00" + struct.pack("<H", turned) + b"\0\0"
    exif = b"Exif\0\0" + b"II*\0\x08\0\0\0\x01\0" + entry + b"\0\0\0\0" + b"via Roma 1"
    parts = [(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"), (0xE1, exif), (0xE2, b"ICC_PROFILE\0"), (0xFE, b"scattata da Anna"), (0xDB, b"\0" * 65)]
    segments = b"".join(b"\xff" + bytes([mark]) + struct.pack(">H", len(body) + 2) + body for mark, body in parts)
    return b"\xff\xd8" + segments + b"\xff\xda\x00\x02" + b"punti" + b"\xff\xd9"


def test_pictures_lose_what_stands_beside_them_and_stay_pictures() -> None:
    for turned in (1, 6):
        bare = without_traces(photo(turned), FileKind.jpeg)
        assert b"via Roma" not in bare
        assert b"Anna" not in bare
        assert bare.startswith(b"\xff\xd8\xff")
        assert bare.endswith(b"punti\xff\xd9")
        assert b"ICC_PROFILE" in bare
        assert (b"Exif" in bare) == (turned != 1)
        # Read again, it says the same of how it is turned, and nothing more is taken away.
        assert without_traces(bare, FileKind.jpeg) == bare
    png = without_traces(picture(), FileKind.png)
    assert b"via Roma" not in png
    assert png == picture().replace(chunk(b"tEXt", b"GPS\0via Roma 1"), b"")
    for broken in (photo(6)[:40], b"\xff\xd8\xff\xe1\xff\xff"):
        assert without_traces(broken, FileKind.jpeg) == broken
    assert without_traces(PDF, FileKind.pdf) == PDF


def form(stage: Stage, *files: tuple[bytes, str], **more: Any) -> dict[str, Any]:
    return {
        "title": "Una pensilina davanti alla scuola", "text": TEXT, "strategy_id": str(stage.world.strategies["2.2"]),
        "author_kind": "resident", "signature": "nome", "files": [(io.BytesIO(data), name) for data, name in files], **more,
    }  # fmt: skip  # one row of values reads better so


def send(client: Client, url: str, fields: dict[str, Any]) -> Any:
    return client.send(url, fields, content_type="multipart/form-data")


def test_files_come_with_the_proposal_are_hidden_with_it_and_go_with_their_author(stage: Stage) -> None:
    me, base = stage.world.others[0], f"/processi/{stage.world.slug}/proposte"
    client, reader = stage.client_of(me), stage.client_as(None)
    refused = send(client, f"{base}/nuova", form(stage, (b"MZ\x90\0programma", "foto.png")))
    assert refused.status_code == 422
    assert "Una pensilina" in refused.text
    assert send(client, f"{base}/nuova", form(stage, *[(PDF, f"{n}.pdf") for n in range(4)])).status_code == 422
    sent = send(client, f"{base}/nuova", form(stage, (picture(), "../pensilina.exe.png"), (PDF, "progetto.pdf")))
    assert sent.status_code == 303
    key = uuid.UUID(sent.location.rsplit("/", 1)[1])
    page = reader.get(f"{base}/{key}").text
    assert "progetto.pdf" in page
    with stage.work() as session:
        files = session.execute(select(ProposalFile.file_id).order_by(ProposalFile.position)).scalars().all()
        assert set(session.execute(select(StoredFile.uploaded_by)).scalars()) == {None}
    url = f"{base}/{key}/allegati/{files[0]}"
    given = reader.get(url)
    assert given.status_code == 200
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert b"via Roma" not in given.data
    assert reader.get(f"{base}/{uuid.uuid4()}/allegati/{files[0]}").status_code == 404
    changed = send(client, f"{base}/{key}/modifica", form(stage, (PDF, "nuovo.pdf"), togli=str(files[1]), version="1"))
    assert changed.status_code == 303
    page = reader.get(f"{base}/{key}").text
    assert "nuovo.pdf" in page
    assert "progetto.pdf" not in page
    assert reader.get(f"{base}/{key}/allegati/{files[1]}").status_code == 404
    with stage.work() as session:
        visibility.hide(
            session, process_id=stage.world.process_id, kind=ThingKind.proposal, thing_id=key,
            version=session.get_one(Proposal, key).version, reason_code="insult", actor=moderator(stage.world), now=datetime.now(UTC),
        )  # fmt: skip  # one row of values reads better so
    for who in (reader, client):
        assert who.get(url).status_code == 404
    assert stage.client_as(Role.moderator).get(url).status_code == 200
    with stage.work() as session:
        assert {row["name"] for row in PERSONAL_DATA.export(session, account_id=me) if row["kind"] == "attachment"} == {
            "pensilina.exe.png", "nuovo.pdf",
        }  # fmt: skip  # one set reads better so
        PERSONAL_DATA.erase(session, account_id=me, now=datetime.now(UTC))
        assert session.execute(select(func.count()).select_from(StoredFile)).scalar_one() == 0
        assert session.execute(select(func.count()).select_from(ProposalFile)).scalar_one() == 0
