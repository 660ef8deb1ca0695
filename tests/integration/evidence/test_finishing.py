"""An interview is coded when each passage is coded or read; a merged code may be taken out again with what went with it."""

from __future__ import annotations

import html
import re
import uuid
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.errors import Conflict, Invalid
from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from consult.evidence import queries
from consult.evidence.models import Code
from consult.evidence.services import codebook, coding, reading
from consult.listening.interviews.models import Interview
from consult.listening.sources.queries import of_unit
from tests.conftest import Stage
from tests.factories.world import World
from tests.integration.evidence.test_coding import NOW, make, talk


def test_an_interview_is_coded_with_its_last_passage_and_not_any_more_without_it(session: Session, world: World) -> None:
    key = talk(session, world)
    code = make(session, world, "Mobilità")
    who = Actor(account_id=world.accounts[Role.facilitator], name="Facilitatrice")
    here = {"process_id": world.process_id, "actor": who, "now": NOW}

    def status() -> str:
        return session.execute(
            select(Interview.status).where(Interview.id == key).execution_options(populate_existing=True)
        ).scalar_one()

    *first, last = of_unit(session, unit_id=key)
    session.get_one(Interview, key).status = "checked"
    session.flush()
    for card in first:
        coding.apply_code(session, source_id=card.id, code_id=code, **here)
    assert status() == "checked"
    # Nothing to code in the last one: it is enough that it was read.
    reading.mark_read(session, source_id=last.id, read=True, **here)
    assert status() == "coded"
    reading.mark_read(session, source_id=last.id, read=False, **here)
    assert status() == "checked"
    done = coding.apply_code(session, source_id=last.id, code_id=code, **here)
    assert status() == "coded"
    coding.undo(session, unit_id=key, **here)
    assert status() == "checked"
    coding.apply_code(session, source_id=last.id, code_id=code, **here)
    coding.remove_code(session, coding_id=done, **here)
    assert status() == "checked"
    # Set by hand it stays, whatever is still to be coded.
    session.get_one(Interview, key).status = "coded"
    session.flush()
    reading.mark_read(session, source_id=last.id, read=False, **here)
    assert status() == "coded"


def test_a_merged_code_comes_out_again_with_what_went_with_it(stage: Stage) -> None:
    with stage.work() as session:
        world = stage.world
        key = talk(session, world)
        card = of_unit(session, unit_id=key)[0]
        trains, mobility, night, part = (make(session, world, name) for name in ("Treni", "Mobilità", "Notte", "Bus"))
        here = {"process_id": world.process_id, "actor": Actor(), "now": NOW}
        for code_id, name in ((night, "Notte"),):
            fields = codebook.CodeFields(name=name, parent_id=trains)
            codebook.describe_code(session, code_id=code_id, version=1, fields=fields, **here)
        codebook.merge_codes(session, code_id=part, into_id=trains, **here)
        coding.apply_code(session, source_id=card.id, code_id=trains, **here)
        codebook.merge_codes(session, code_id=trains, into_id=mobility, **here)

    def rows() -> dict[str, tuple[str, uuid.UUID | None, uuid.UUID | None]]:
        with stage.work() as session:
            return {c.name: (c.state, c.parent_id, c.merged_into_id) for c in session.execute(select(Code)).scalars()}

    assert rows()["Notte"] == ("live", mobility, None)
    assert rows()["Bus"] == ("merged", None, mobility)
    client, slug = stage.client_as(Role.facilitator), stage.world.slug
    page = client.get(f"/scrivania/{slug}/codebook/{trains}")
    assert "Separalo di nuovo" in page.text
    assert client.send(f"/scrivania/{slug}/codebook/{trains}/separazione", {}).status_code == 303
    assert rows()["Treni"] == ("live", None, None)
    assert rows()["Notte"] == ("live", trains, None)
    assert rows()["Bus"] == ("merged", None, trains)
    with stage.work() as session:
        counted = {row.name: row.codings for row in queries.codes(session, process_id=stage.world.process_id)}
        assert (counted["Treni"], counted["Mobilità"]) == (1, 0)
    assert "stato unito, e poi separato" in client.get(f"/scrivania/{slug}/codebook/{trains}").text
    assert client.send(f"/scrivania/{slug}/codebook/{trains}/separazione", {}).status_code == 409
    with stage.work() as session:
        codebook.merge_codes(session, code_id=trains, into_id=mobility, **here)
        make(session, stage.world, "Treni")
    with stage.work() as session, pytest.raises(Invalid):
        codebook.unmerge_code(session, code_id=trains, **here)
    with stage.work() as session, pytest.raises(Conflict):
        codebook.unmerge_code(session, code_id=mobility, **here)


def test_codes_and_interviews_come_page_by_page(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consult.evidence.queries.UNITS_PER_PAGE", 2)
    monkeypatch.setattr("consult.evidence.views.codebook.CODES_PER_PAGE", 2)
    with stage.work() as session:
        for n, held in enumerate((date(2026, 9, 3), date(2026, 9, 1), date(2026, 9, 2))):
            talk(session, stage.world, role=f"voce {n}", held=held)
            make(session, stage.world, f"Codice {n}")
    client, slug = stage.client_as(Role.facilitator), stage.world.slug
    for path, wanted in (("codifica", ["voce 1", "voce 2", "voce 0"]), ("codebook", ["Codice 0", "Codice 1", "Codice 2"])):
        first = client.get(f"/scrivania/{slug}/{path}").text
        link = re.search(r'href="([^"]*dopo=[^"]*)" rel="next"', first)
        assert link is not None
        second = client.get(html.unescape(link.group(1))).text
        table = [page[page.index("<tbody") : page.index("</tbody>")] for page in (first, second)]
        met = [[name for name in wanted if name in rows] for rows in table]
        assert met == [wanted[:2], wanted[2:]]
        assert 'rel="next"' not in second
