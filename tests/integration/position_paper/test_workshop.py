"""The workshop through HTTP: editing, races, replay, roles, statements per page."""

from __future__ import annotations

import re
import threading
import uuid

import pytest
from markupsafe import escape
from sqlalchemy import delete, func, select, update

from consult.core.clock import database_now
from consult.core.vocabulary import Role
from consult.evidence.models import SourceReading
from consult.listening.sources.models import Source
from consult.position_paper import queries, services
from consult.position_paper.models import Finding, FindingChange, FindingSource
from consult.position_paper.types import FindingRow
from tests.conftest import Stage
from tests.factories.voices import TEXTS, add_voices, run_here
from tests.factories.world import counted_statements
from tests.integration.position_paper.conftest import accept_all

ROUNDS = 50


def first(stage: Stage) -> FindingRow:
    with stage.work() as session:
        paper = queries.paper(session, process_id=stage.world.process_id)
        assert paper is not None
        return queries.findings(session, paper_id=paper.id)[0]


def address(stage: Stage, row: FindingRow) -> str:
    return f"/scrivania/{stage.world.slug}/paper/risultanze/{row.id}"


def test_an_edit_keeps_who_wrote_each_sentence(drafted: Stage) -> None:
    client, row = drafted.client_as(Role.facilitator), first(drafted)
    page = client.get(address(drafted, row))
    assert page.status_code == 200
    with drafted.work() as session:
        words = queries.quoted_words(session, places=[p for s in row.sentences for p in s.quotes])
    from consult.position_paper.rules import show  # noqa: PLC0415  # Only this test renders sentences by itself.

    shown = [show(s, words).text for s in row.sentences]
    text = "\n".join([*shown, "Questa frase l'abbiamo scritta noi."])
    answer = client.send(
        address(drafted, row),
        {"version": 1, "title": row.title, "statement": text, "strategy_id": row.strategy_id or ""},
    )
    assert answer.status_code == 303
    after = first(drafted)
    assert after.sentences[:-1] == row.sentences
    assert (after.sentences[-1].origin, after.sentences[-1].source_ids) == ("human", ())
    assert (after.origin, after.version) == ("edited", 2)
    assert "considerazione di chi scrive" in client.get(address(drafted, row)).text


def test_a_stale_save_shows_both_texts_and_overwrites_nothing(drafted: Stage) -> None:
    client, row = drafted.client_as(Role.facilitator), first(drafted)
    values = {"title": "Il primo titolo", "statement": "Il primo testo.", "strategy_id": ""}
    assert client.send(address(drafted, row), {"version": 1, **values}).status_code == 303
    second = client.send(
        address(drafted, row),
        {
            "version": 1,
            "title": "Il primo titolo",
            "statement": "Il secondo testo.",
            "strategy_id": drafted.world.strategies["2.2"],
        },
    )
    assert second.status_code == 409
    beside = second.text.split('<div class="diff">')[1].split("Quello che hai scritto")[0]
    said = re.sub(r'<span class="visually-hidden">.*?</span>|<[^>]+>', "", beside)
    assert all(words in said for words in ("Il primo testo.", "Il secondo testo."))
    # What both left alike is not set side by side, and keys that a list hands on are nobody's words.
    assert "<h2>Titolo</h2>" not in second.text
    assert str(drafted.world.strategies["2.2"]) not in re.sub(r"<input[^>]+>", "", second.text)
    # Where each put it is set side by side too, and what both wrote is put together there.
    assert "<h2>Strategia</h2>" in second.text
    assert 'name="statement" rows="2">Il secondo testo.</textarea>' in second.text
    assert 'name="version" value="2"' in second.text
    assert first(drafted).title == "Il primo titolo"


def test_two_people_saving_at_once(drafted: Stage) -> None:
    row, clients = first(drafted), [drafted.client_as(Role.facilitator) for _ in range(2)]
    for version in range(1, ROUNDS + 1):
        barrier, codes = threading.Barrier(2), [0, 0]

        def save(
            n: int, version: int = version, barrier: threading.Barrier = barrier, codes: list[int] = codes
        ) -> None:
            barrier.wait()
            text = f"Versione {version} di {n}."
            data = {"version": version, "title": "Titolo", "statement": text, "strategy_id": ""}
            codes[n] = clients[n].send(address(drafted, row), data).status_code

        threads = [threading.Thread(target=save, args=(n,)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(codes) == [303, 409]
    assert first(drafted).version == ROUNDS + 1
    with drafted.work() as session:
        kept = session.execute(select(func.count()).where(FindingChange.finding_id == row.id)).scalar_one()
        assert kept == ROUNDS


def test_a_form_sent_twice_has_one_effect(drafted: Stage) -> None:
    client, key = drafted.client_as(Role.facilitator), str(uuid.uuid4())
    with drafted.work() as session:
        paper = queries.paper(session, process_id=drafted.world.process_id)
        assert paper is not None
        section = next(s for s in queries.sections(session, paper_id=paper.id) if s.kind == "axis")
        before = session.execute(select(func.count()).select_from(Finding)).scalar_one()
    url = f"/scrivania/{drafted.world.slug}/paper/risultanze/nuova"
    data = {"title": "A mano", "statement": "Serve altro.", "section_id": section.id, "strategy_id": "", "sources": ""}
    answers = [client.send(url, data, key=key) for _ in range(3)]
    assert [a.status_code for a in answers] == [303, 303, 303]
    assert len({a.location for a in answers}) == 1
    with drafted.work() as session:
        assert session.execute(select(func.count()).select_from(Finding)).scalar_one() == before + 1
    assert client.send(url, {**data, "title": ""}).status_code == 422
    assert client.send(url, {**data, "sources": "non-un-codice"}).status_code == 422


def test_decisions_sections_and_searching(drafted: Stage) -> None:
    client, row, slug = drafted.client_as(Role.facilitator), first(drafted), drafted.world.slug
    assert client.send(f"{address(drafted, row)}/stato", {"version": 1, "state": "accepted"}).status_code == 303
    assert client.send(f"{address(drafted, row)}/stato", {"version": 2, "state": "superseded"}).status_code == 422
    # From the list: the place is kept, the next one is in sight, and the decision may be taken back.
    back = client.send(
        f"{address(drafted, row)}/stato", {"version": 2, "state": "withdrawn", "da": "elenco", "stato": "proposed", "poi": str(row.id)}
    )
    assert {"stato=proposed", f"appena={row.id}"} <= set(back.location.partition("?")[2].partition("#")[0].split("&"))
    assert back.location.endswith(f"#r-{row.id}")
    for version, state in ((3, "proposed"), (4, "accepted")):
        listed = client.send(f"{address(drafted, row)}/stato", {"version": version, "state": state, "da": "elenco"})
    page = client.get(listed.location).text
    assert "Annulla la decisione" in page
    assert client.send(f"{address(drafted, row)}/stato", {"version": 5, "state": "proposed", "da": "elenco"}).status_code == 303
    assert "Annulla la decisione" not in client.get(listed.location).text, "nothing to undo any more"
    found = client.get(f"{address(drafted, row)}?cerca=treni")
    assert "treno" in found.text
    with drafted.work() as session:
        paper = queries.paper(session, process_id=drafted.world.process_id)
        assert paper is not None
        section = queries.sections(session, paper_id=paper.id)[1]
    url = f"/scrivania/{slug}/paper/sezioni/{section.id}"
    assert client.get(url).status_code == 200
    data = {"version": section.version, "title": "Un altro titolo", "words": "Due parole per cominciare."}
    assert client.send(url, data).status_code == 303
    stale = client.send(url, {**data, "words": "Altre parole."})
    assert stale.status_code == 409
    assert "Due parole per cominciare." in stale.text
    listed = client.get(f"/scrivania/{slug}/paper").text
    assert "Due parole per cominciare." in listed
    opening = next(s.text for s in row.sentences if not s.quotes)
    assert escape(opening) in listed, "what is to be accepted can be read"


def test_who_may_see_write_and_publish(drafted: Stage) -> None:
    row, slug = first(drafted), drafted.world.slug
    data = {"version": 1, "title": "T", "statement": "Testo.", "strategy_id": ""}
    for role, sees, publishes in (
        (Role.reader, 200, 404),
        (Role.reviewer, 200, 404),
        (Role.manager, 200, 422),
        (Role.account, 404, 404),
    ):
        client = drafted.client_as(role)
        assert client.get(f"/scrivania/{slug}/paper").status_code == sees
        assert client.send(address(drafted, row), data).status_code == 404
        assert client.send(f"/scrivania/{slug}/paper/pubblica", {"note": ""}).status_code == publishes


@pytest.mark.parametrize("page", ["", "/pubblica", "/controllo"])
def test_statements_do_not_grow_with_findings(drafted: Stage, page: str) -> None:
    client, url = drafted.client_as(Role.facilitator), f"/scrivania/{drafted.world.slug}/paper{page}"
    accept_all(drafted)
    with counted_statements(drafted.engine) as sent:
        assert client.get(url).status_code == 200
    few = len(sent)
    with drafted.work() as session:
        add_voices(
            session,
            drafted.world,
            texts=tuple(f"{t} Ogni giorno." for t in TEXTS) + tuple(f"{t} Sempre." for t in TEXTS),
        )
    run_here(drafted.app.extensions["consult"].sessions, drafted.world)
    accept_all(drafted)
    with counted_statements(drafted.engine) as sent:
        assert client.get(url).status_code == 200
    assert len(sent) <= few <= 26


def test_one_finding_takes_few_statements_to_show_and_to_save(drafted: Stage) -> None:
    client, row = drafted.client_as(Role.facilitator), first(drafted)
    with counted_statements(drafted.engine) as sent:
        page = client.get(address(drafted, row))
    assert page.status_code == 200
    assert len(sent) <= 16, sent
    assert sum("count(" in s and "speaker_kind" in s for s in sent) == 1, "the process is counted once"
    data = {"version": row.version, "title": row.title, "statement": "Una frase di chi scrive.", "strategy_id": ""}
    with counted_statements(drafted.engine) as sent:
        assert client.send(address(drafted, row), data).status_code == 303
    assert len(sent) <= 15, sent


def test_what_the_paper_leaves_out_is_shown_only_within_consent(drafted: Stage) -> None:
    with drafted.work() as session:
        session.execute(update(SourceReading).values(marks=["evidence"]))
        session.execute(delete(FindingSource))
        telling = queries.telling_sources_uncited(session, process_id=drafted.world.process_id)
        assert telling.rows
        assert all(row.title for row in telling.rows)
        session.execute(update(Source).values(visibility="internal", quotable="none"))
    page = drafted.client_as(Role.facilitator).get(f"/scrivania/{drafted.world.slug}/paper/copertura").text
    assert page.count("Fonte senza consenso a essere citata") == len(telling.rows)
    assert not any(str(escape(row.title[:60])) in page for row in telling.rows)


def test_sections_are_put_in_order_near_and_far_and_a_new_draft_leaves_them_there(drafted: Stage) -> None:
    client, base = drafted.client_as(Role.facilitator), f"/scrivania/{drafted.world.slug}/paper/sezioni"

    def order() -> list[str]:
        with drafted.work() as session:
            paper = queries.paper(session, process_id=drafted.world.process_id)
            assert paper is not None
            return [s.code for s in queries.sections(session, paper_id=paper.id)]

    with drafted.work() as session:
        paper = queries.paper(session, process_id=drafted.world.process_id)
        assert paper is not None
        key = {s.code: s.id for s in queries.sections(session, paper_id=paper.id)}
    before = order()
    assert client.send(f"{base}/{key[before[0]]}/posto", {"verso": "giu"}).status_code == 303
    assert order() == [before[1], before[0], *before[2:]]
    assert client.send(f"{base}/{key[before[0]]}/posto", {"verso": "su"}).status_code == 303
    assert client.send(f"{base}/{key[before[0]]}/posto", {"verso": "su"}).status_code == 303, "at the top nothing happens"
    assert order() == before
    assert client.send(f"{base}/posto", {"sezione": key["limiti"], "prima": key[before[0]]}).status_code == 303
    assert order() == ["limiti", *(code for code in before if code != "limiti")]
    assert client.send(f"{base}/posto", {"sezione": key["limiti"], "prima": key["limiti"]}).status_code == 303
    with drafted.work() as session:
        services.ensure_paper(session, process_id=drafted.world.process_id, now=database_now(session))
    assert order()[0] == "limiti"
    page = client.get(base).text
    assert page.index("Limiti</a>") < page.index("Metodo e partecipazione</a>")
    assert client.send(f"{base}/posto", {"sezione": key["limiti"], "prima": ""}).status_code == 303
    assert order() == before
    assert client.send(f"{base}/posto", {"sezione": str(uuid.uuid4()), "prima": ""}).status_code == 404
    assert drafted.client_as(Role.reader).send(f"{base}/posto", {"sezione": key["limiti"]}).status_code == 404
