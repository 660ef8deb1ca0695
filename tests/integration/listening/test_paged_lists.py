"""Desk and public lists of meetings, registrations, documents, passages and files of answers: every row once, page after page."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.listening.contributions import queries as contributions
from consult.listening.documents import queries as documents
from consult.listening.documents import services as document_services
from consult.listening.meetings.models import Meeting, MeetingRegistration
from consult.listening.meetings.queries import attending, listing
from consult.listening.sources.models import SourceImport
from consult.listening.surveys.models import AnswerImport
from consult.listening.surveys.queries import importing
from tests.conftest import Stage
from tests.factories.surveys import make_questionnaire
from tests.factories.world import Client

NOW = datetime.now(UTC)
SLUG = "piano-di-prova"


def through(client: Client, address: str, pattern: str, *, param: str = "dopo") -> list[list[str]]:
    """What each page of a list shows, following its own links to the end; no page is empty."""
    pages: list[list[str]] = []
    following: str | None = address
    while following:
        text = client.get(following).text
        found = list(dict.fromkeys(re.findall(pattern, text)))
        assert found, following
        pages.append(found)
        link = re.search(rf'<a class="pager-next" href="([^"]*[?&;]{param}=[^"]*)"', text)
        following = link.group(1).replace("&amp;", "&") if link else None
    return pages


def flat(pages: list[list[str]]) -> list[str]:
    """The rows of all pages, one after another."""
    return [row for page in pages for row in page]


def meetings(stage: Stage, starts: list[datetime]) -> None:
    fields = {"place": "Sala", "registration": True, "minutes": "", "picks": 5}
    with stage.work() as session:
        rows = [
            {
                "process_id": stage.world.process_id, "title": f"Incontro {n:02}", "starts_at": when, "state": "published", "created_at": NOW,
                "join_code": f"AB{n:04}", **fields,
            }
            for n, when in enumerate(starts)
        ]  # fmt: skip  # one row of values reads better so
        session.execute(insert(Meeting), rows)


def test_meetings_to_come_and_past_are_two_lists(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PER_PAGE", 3)
    # Two begin at the same moment, so that the key decides between them.
    days = [-9, -8, -7, -7, -5, -4, -3, 2, 3, 3, 5, 6]
    meetings(stage, [NOW + timedelta(days=day) for day in days])
    for client, base in ((stage.client_as(Role.facilitator), f"/scrivania/{SLUG}/incontri"), (stage.client_as(None), f"/processi/{SLUG}/incontri")):
        past = through(client, base, r">(Incontro 0[0-6])<")
        coming = through(client, base, r">(Incontro (?:0[7-9]|1[01]))<", param="poi")
        assert [len(page) for page in past] == [3, 3, 1]
        assert [len(page) for page in coming] == [3, 2]
        assert flat(past)[:3] == ["Incontro 06", "Incontro 05", "Incontro 04"]
        assert sorted(flat(past) + flat(coming)) == [f"Incontro {n:02}" for n in range(12)]
        assert "Dall’inizio" in client.get(f"{base}?dopo={cursor_of(client, base)}").text
        assert client.get(f"{base}?dopo=rotto").status_code == 422
    feed = stage.client_as(None).get(f"/processi/{SLUG}/incontri/calendario.ics").text
    assert feed.count("BEGIN:VEVENT") == 12
    assert feed.index("Incontro 00") < feed.index("Incontro 11")


def cursor_of(client: Client, base: str) -> str:
    """The cursor behind the first page of a list."""
    found = re.search(r"dopo=([\w-]+)", client.get(base).text)
    assert found
    return found.group(1)


def test_ticking_one_page_of_the_list_leaves_the_others(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attending, "PEOPLE_PER_PAGE", 4)
    meetings(stage, [NOW - timedelta(hours=1)])
    with stage.work() as session:
        meeting_id = session.execute(select(Meeting.id)).scalar_one()
        people: list[dict[str, Any]] = [
            {
                "meeting_id": meeting_id, "name": f"{'abcdefg'[n].upper() if n % 2 else 'abcdefg'[n]}nna", "email": f"p{n}@example.org",
                "organisation": "", "state": "waiting" if n > 4 else "registered", "registered_at": NOW - timedelta(minutes=n),
            }
            for n in range(7)
        ]  # fmt: skip  # one row of values reads better so
        session.execute(insert(MeetingRegistration), people)
    client = stage.client_as(Role.facilitator)
    base = f"/scrivania/{SLUG}/incontri/{meeting_id}/iscritti"
    pages = through(client, base, r'name="shown" value="([^"]+)"')
    assert [len(page) for page in pages] == [4, 3]
    with stage.work() as session:
        names = {row.id: row.name for row in session.execute(select(MeetingRegistration.id, MeetingRegistration.name))}
    # By name, whatever its capitals; who waits comes after, in the order of waiting.
    assert [names[uuid.UUID(key)] for page in pages for key in page] == [
        "anna", "Bnna", "cnna", "Dnna", "enna", "gnna", "Fnna"
    ]  # fmt: skip  # one line reads better
    address = f"/scrivania/{SLUG}/incontri/{meeting_id}/presenze"
    client.send(address, {"shown": pages[0], "came": pages[0][:2]})
    back = client.send(f"{address}?dopo={cursor_of(client, base)}", {"shown": pages[1], "came": pages[1][:1]})
    assert "dopo=" in back.location
    with stage.work() as session:
        came = session.execute(select(MeetingRegistration.id).where(MeetingRegistration.came.is_(True))).scalars()
        assert {str(key) for key in came} == {*pages[0][:2], pages[1][0]}


def test_documents_and_their_passages_are_paged(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    here: dict[str, Any] = {"process_id": stage.world.process_id, "actor": SYSTEM, "now": NOW}
    with stage.work() as session:
        # Two have the same title.
        for n in [*range(69), 0]:
            key = document_services.add_document(session, title=f"Analisi {n:02}", **here)
        words = "\n\n".join(f"[p. {n}] Passaggio numero {n} del piano." for n in range(1, 71))
        document_services.add_passages(session, document_id=key, text=words, **here)
    staff, anyone = stage.client_as(Role.facilitator), stage.client_as(None)
    for client, base in ((staff, f"/scrivania/{SLUG}/documenti"), (anyone, f"/processi/{SLUG}/documenti")):
        pages = through(client, base, r"documenti/([0-9a-f-]{36})")
        assert [len(page) for page in pages] == [documents.DOCUMENTS_PER_PAGE, 10]
        assert len({key for page in pages for key in page}) == 70
        passages = through(client, f"{base}/{key}", r"Passaggio numero (\d+) del")
        assert [int(n) for page in passages for n in page] == list(range(1, 71))
        assert [len(page) for page in passages] == [60, 10]
    assert "70 passaggi citabili" in anyone.get(f"/processi/{SLUG}/documenti/{key}").text
    # The page of the process names a few, and leads anybody to the public page of each.
    page = anyone.get(f"/processi/{SLUG}").text
    assert page.count(f"/processi/{SLUG}/documenti/") == 8
    assert "Tutti i documenti" in page
    assert f"/scrivania/{SLUG}/documenti" not in page


def test_files_of_answers_are_paged(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contributions, "IMPORTS_PER_PAGE", 3)
    monkeypatch.setattr(importing, "IMPORTS_PER_PAGE", 3)
    made = make_questionnaire(stage, access="open")
    with stage.work() as session:
        for n in range(8):
            when = NOW - timedelta(minutes=n // 2)
            session.add(
                SourceImport(
                    process_id=stage.world.process_id, name=f"file-{n}.csv", state="done", mapping={}, bad=[[2, "vuota", {}]] * n, notes=[],
                    created_at=when,
                )
            )  # fmt: skip  # one row of values reads better so
            session.add(AnswerImport(questionnaire_id=made.id, name=f"file-{n}.csv", state="undone", begun_at=when))
    client = stage.client_as(Role.facilitator)
    for base in (f"/scrivania/{SLUG}/importa", f"/scrivania/{SLUG}/questionari/{made.id}/risposte-altrove"):
        pages = through(client, base, r"(file-\d\.csv)")
        assert [len(page) for page in pages] == [3, 3, 2]
        assert sorted(flat(pages)) == [f"file-{n}.csv" for n in range(8)]
        assert set(pages[0]) == {"file-0.csv", "file-1.csv"} | (set(pages[0]) & {"file-2.csv", "file-3.csv"})
