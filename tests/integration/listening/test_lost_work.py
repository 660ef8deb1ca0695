"""Files whose job kills its worker each time: who brought them is told, and may try again."""

from __future__ import annotations

import io
import uuid

import pytest
from sqlalchemy import func, select, update

from consult.core.jobs import MAX_ATTEMPTS, OutboxJob
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.listening.contributions import services
from consult.listening.contributions.services import importing
from consult.listening.documents import services as documents
from consult.listening.sources.models import Source
from consult.ports.storage import storage_for
from tests.conftest import Stage
from tests.factories.post import bench_for

DESK = "/scrivania/piano-di-prova"


def lose(stage: Stage, topic: str) -> None:
    """The job was begun as often as a job may be, and its worker died each time; then it is delivered once more, and again."""
    with stage.work() as session:
        session.execute(update(OutboxJob).where(OutboxJob.topic == topic, OutboxJob.done_at.is_(None)).values(attempts=MAX_ATTEMPTS))
    with bench_for(stage.app) as bench:
        assert bench.work(topic) == 1
        assert bench.work(topic) == 0


def test_an_import_and_taking_it_back(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    client, table = stage.client_as(Role.facilitator), "testo,zona\nServe il treno.,2\nServe il medico.,2\n"

    def bring() -> str:
        file = (io.BytesIO(table.encode()), "risposte.csv")
        address = client.send(f"{DESK}/importa", {"file": file}, content_type="multipart/form-data").location
        assert client.send(address, {"text": "testo", "place": "zona"}).status_code == 303
        return str(address)

    one = bring()
    lose(stage, "contributions.import_file")
    page = client.get(one).text
    assert "per un guasto" in page
    assert "Riprova con lo stesso file" in page
    assert client.send(f"{one}/altra-colonna").status_code == 303
    # Taken in after all, and lost while it is taken back: it stays, and may be taken back again.
    monkeypatch.setattr(importing, "UNDONE_AT_ONCE", 1)
    two = bring()
    with stage.work() as session:
        now = session.execute(select(func.clock_timestamp())).scalar_one()
        services.run_import(
            session, import_id=uuid.UUID(two.rpartition("/")[2]), actor=SYSTEM, now=now,
            storage=storage_for(stage.app.extensions["consult"].settings),
        )  # fmt: skip  # one call reads better so
        session.execute(update(OutboxJob).where(OutboxJob.done_at.is_(None)).values(done_at=now))
    for _time in range(2):
        assert client.send(f"{two}/togli").status_code == 303
        lose(stage, "contributions.undo_import")
        assert "Non è stato tolto" in client.get(two).text
    with stage.work() as session:
        assert session.execute(select(func.count()).where(Source.state == "live")).scalar_one() == 2


def test_a_long_document(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "is_large", lambda _kind, _size: True)
    client = stage.client_as(Role.facilitator)
    with stage.work() as session:
        now = session.execute(select(func.clock_timestamp())).scalar_one()
        key = documents.add_document(
            session, process_id=stage.world.process_id, title="Studio", author="Università", actor=SYSTEM, now=now
        )
    file = (io.BytesIO(b"Una riga di testo, letta piano."), "studio.txt")
    assert client.send(f"{DESK}/documenti/{key}/file", {"file": file}, content_type="multipart/form-data").status_code == 303
    assert 'aria-busy="true"' in client.get(f"{DESK}/documenti/{key}/testo").text
    lose(stage, documents.TOPIC)
    page = client.get(f"{DESK}/documenti/{key}/testo").text
    assert "aria-busy" not in page
    assert "per un guasto" in page
