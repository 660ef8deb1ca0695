"""Interviews through the desk: passages are sources, pages and lists with few statements, and documents beside them."""

from __future__ import annotations

import html
import re
import uuid

import pytest
from sqlalchemy import select

from consult.core.errors import Invalid
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.listening.documents import services as documents
from consult.listening.interviews import queries, services
from consult.listening.sources.models import Source
from consult.listening.sources.queries import of_unit
from tests.conftest import Stage
from tests.factories.live_sources import live_sources
from tests.factories.world import counted_statements
from tests.integration.listening.conftest import NOW, TALK

DESK = "/scrivania/piano-di-prova/interviste"
DOCUMENTS = "/scrivania/piano-di-prova/documenti"


def test_passages_are_sources_and_questions_are_not(stage: Stage, interview: uuid.UUID) -> None:
    with stage.work() as session:
        cards = of_unit(session, unit_id=interview)
        assert [(c.text, c.position, c.quotable, c.attribution) for c in cards] == [
            ("Un treno ogni mezz'ora.", 2, "role", "sindaca di un comune di valle"),
            ("E il verde lungo il fiume.", 3, "role", "sindaca di un comune di valle"),
        ]
        assert {r.voice for r in live_sources(session, process_id=stage.world.process_id)} == {interview}
        assert [p.asked for p in queries.passages(session, interview_id=interview)] == ["Che cosa serve?", None, None]


def test_without_consent_there_is_no_transcript(stage: Stage) -> None:
    with stage.work() as session:
        key = services.plan_interview(session, process_id=stage.world.process_id, role="prof", actor=SYSTEM, now=NOW)
        with pytest.raises(Invalid):
            services.add_transcript(
                session, process_id=stage.world.process_id, interview_id=key, text=TALK, actor=SYSTEM, now=NOW
            )
    client = stage.client_as(Role.facilitator)
    assert client.send(f"{DESK}/{key}", {"transcript": TALK}).status_code == 422


def test_the_desk_end_to_end(stage: Stage) -> None:
    client = stage.client_as(Role.facilitator)
    form = {
        "role": "titolare di officina",
        "status": "held",
        "consent_quote": "role",
        "language": "it",
        "zone": str(stage.world.zones["3"]),
    }
    assert client.get(f"{DESK}/nuova").status_code == 200
    assert client.send(f"{DESK}/nuova", form).status_code == 422  # consent without date
    form |= {"consent_transcribe": "y", "consent_code": "y", "consent_on": "2026-09-01", "consent_text": "v2"}
    made = client.send(f"{DESK}/nuova", form)
    assert made.status_code == 303
    assert client.send(made.location, {"transcript": TALK}).status_code == 303
    page = client.get(made.location).text
    assert "Un treno ogni mezz" in page
    assert client.get(f"{made.location}/modifica").status_code == 200
    saved = client.send(f"{made.location}/modifica", {**form, "version": "2", "role": "titolare"})
    assert saved.status_code == 303
    stale = client.send(f"{made.location}/modifica", {**form, "version": "2", "role": "altro ruolo"})
    assert stale.status_code == 409
    assert "altro ruolo" in stale.text
    # Consent stands on this form too, and the two texts do not show it: it is never given again from there unseen.
    assert "insieme-1" not in stale.text
    assert 'name="consent_code"' not in stale.text
    assert (
        client.send(f"{made.location}/modifica", {**form, "version": "3", "consent_on": "2026-02-31"}).status_code
        == 422
    )
    assert client.get(DESK).status_code == 200
    assert client.send(f"{DESK}/traccia", {"questions": "Uno?\n\nDue?"}).status_code == 303
    assert "Due?" in client.get(f"{DESK}/traccia").text
    assert stage.client_as(Role.account).get(made.location).status_code == 404


def test_documents_are_public_and_no_voice(stage: Stage) -> None:
    client = stage.client_as(Role.facilitator)
    made = client.send(
        f"{DOCUMENTS}/nuovo", {"title": "Valutazione del piano", "author": "Ufficio", "dated": "2023-05-01"}
    )
    assert made.status_code == 303
    # A new document opens where its file is brought; its text may also be typed, on its own page.
    place = made.location.removesuffix("/testo")
    assert client.send(place, {"text": "[p. 4] Metà delle azioni è partita.\n\nL'altra no."}).status_code == 303
    assert client.send(place, {"text": " "}).status_code == 422
    key = place.rsplit("/", 1)[1]
    public = stage.client_as(None).get(f"/processi/piano-di-prova/documenti/{key}")
    assert "Metà delle azioni" in public.text
    assert "pagina 4" in public.text
    assert stage.client_as(None).get("/processi/piano-di-prova/documenti").status_code == 200
    with stage.work() as session:
        assert session.execute(select(Source.channel).distinct()).scalars().all() == ["document"]
    edited = {"title": "Valutazione", "version": "1"}
    assert client.get(f"{place}/modifica").status_code == 200
    assert client.send(f"{place}/modifica", edited).status_code == 303
    assert client.send(f"{place}/modifica", edited).status_code == 409


def test_statements_of_the_pages(stage: Stage, interview: uuid.UUID) -> None:
    with stage.work() as session:
        services.add_transcript(
            session,
            process_id=stage.world.process_id,
            interview_id=interview,
            text="\n\n".join(f"Passaggio {i}" for i in range(60)),
            actor=SYSTEM,
            now=NOW,
        )
        key = documents.add_document(session, process_id=stage.world.process_id, title="Doc", actor=SYSTEM, now=NOW)
        documents.add_passages(
            session,
            process_id=stage.world.process_id,
            document_id=key,
            text="\n\n".join(f"P {i}" for i in range(60)),
            actor=SYSTEM,
            now=NOW,
        )
    client = stage.client_as(Role.facilitator)
    for address, most in ((DESK, 5), (f"{DESK}/{interview}", 8), (f"{DOCUMENTS}/{key}", 6)):
        with counted_statements(stage.engine) as sent:
            assert client.get(address).status_code == 200
        assert len(sent) <= most, sent


def test_the_list_comes_page_by_page_and_by_status_while_coverage_is_of_all(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consult.listening.interviews.queries.INTERVIEWS_PER_PAGE", 2)
    with stage.work() as session:
        for number, zone in enumerate(("2", "1", None, "1")):
            services.plan_interview(
                session, process_id=stage.world.process_id, role=f"voce {number}", zone_id=stage.world.zones[zone] if zone else None,
                status="held" if number % 2 else "to_invite", actor=SYSTEM, now=NOW,
            )  # fmt: skip  # one row of values reads better so
    client = stage.client_as(Role.facilitator)
    first = client.get(DESK).text
    link = re.search(r'class="pager-next" href="([^"]+)"', first)
    assert link is not None
    second = client.get(html.unescape(link.group(1))).text
    assert [re.findall("voce [0-9]", page) for page in (first, second)] == [["voce 1", "voce 3"], ["voce 0", "voce 2"]]
    for page in (first, second):
        assert "2 di 2" in page
    held = client.get(f"{DESK}?stato=held").text
    assert re.findall("voce [0-9]", held) == ["voce 1", "voce 3"]
    assert 'class="pager-next"' not in held
    assert client.get(f"{DESK}?dopo=niente").status_code == 422
