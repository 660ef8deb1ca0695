"""An interview is coded when each passage is coded or read; a merged code may be taken out again with what went with it."""

from __future__ import annotations

import html
import re
import threading
import uuid
from datetime import date

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from consult.core.clock import database_now
from consult.core.db import make_engine, make_sessions, unit_of_work
from consult.core.errors import Conflict, Invalid
from consult.core.jobs import OutboxJob
from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from consult.evidence import queries
from consult.evidence.models import Code, CodeLineage
from consult.evidence.services import codebook, coding, finishing, reading
from consult.listening.interviews import services as interviews
from consult.listening.interviews.models import Interview
from consult.listening.sources.queries import of_unit
from consult.listening.sources.services import change_source
from tests.conftest import Stage
from tests.factories.coded_talks import NOW, make, talk
from tests.factories.world import World


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


def test_two_who_finish_their_last_passages_at_once_finish_the_interview(stage: Stage) -> None:
    process_id = stage.world.process_id
    with stage.work() as session:
        key = talk(session, stage.world)
        code = make(session, stage.world, "Mobilità")
        *first, one, other = of_unit(session, unit_id=key)
        for card in first:
            coding.apply_code(session, process_id=process_id, source_id=card.id, code_id=code, actor=Actor(), now=NOW)
    coders = [Actor(account_id=stage.world.accounts[role]) for role in (Role.facilitator, Role.manager)]
    engine = make_engine(stage.database_url, application="consult-finishing")
    sessions = make_sessions(engine)

    def finish() -> None:
        with unit_of_work(sessions) as session:
            reading.mark_read(session, process_id=process_id, source_id=other.id, read=True, actor=coders[1], now=NOW)

    second = threading.Thread(target=finish)
    with unit_of_work(sessions) as session:
        coding.apply_code(session, process_id=process_id, source_id=one.id, code_id=code, actor=coders[0], now=NOW)
        # Neither has committed: the second waits for the first, instead of seeing the first one's passage still open.
        second.start()
        waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        with engine.connect() as watch:
            # The second thread gives way a tenth of a second at a time until the database says that it waits.
            assert any(watch.execute(waiting).scalar_one() == 1 or second.join(0.1) for _turn in range(300))
    second.join(60)
    engine.dispose()
    with stage.work() as session:
        assert session.get_one(Interview, key).status == "coded"


def test_what_changes_under_the_desk_is_settled_by_the_clock(stage: Stage) -> None:
    process_id = stage.world.process_id
    here = {"process_id": process_id, "actor": Actor()}
    with stage.work() as session:
        now = database_now(session)
        key = talk(session, stage.world)
        code = make(session, stage.world, "Mobilità")
        *first, last = of_unit(session, unit_id=key)
        session.get_one(Interview, key).status = "checked"
        for card in first:
            coding.apply_code(session, source_id=card.id, code_id=code, now=now, **here)

    def look() -> tuple[str, int]:
        with stage.work() as session:
            now = database_now(session)
            finishing.ask_for_due(session, now=now)
            finishing.ask_for_due(session, now=now)
            finishing.settle(session, now=now)
            asked = session.execute(select(OutboxJob.id).where(OutboxJob.topic == finishing.TOPIC)).all()
            return session.get_one(Interview, key).status, len(asked)

    assert look() == ("checked", 0)
    with stage.work() as session:
        change_source(
            session, source_id=last.id, change="withdraw", reason_code="mistake", now=database_now(session), **here
        )
    assert look() == ("coded", 1)
    with stage.work() as session:
        change_source(
            session, source_id=last.id, change="restore", reason_code="mistake", now=database_now(session), **here
        )
    assert look()[0] == "checked"
    # Taken back to an earlier status by hand it stays there, though everything is coded.
    with stage.work() as session:
        now = database_now(session)
        coding.apply_code(session, source_id=last.id, code_id=code, now=now, **here)
        row = session.get_one(Interview, key)
        assert row.status == "coded"
        fields = interviews.InterviewFields(
            role=row.role, status="checked", consent_transcribe=True, consent_code=True, consent_quote="role", consent_text="1",
            consent_on=row.consent_on, held_on=row.held_on,
        )  # fmt: skip  # one row of values reads better so
        interviews.edit_interview(
            session, interview_id=key, version=row.version, fields=fields, now=database_now(session), **here
        )
    assert look()[0] == "checked"


def test_a_merge_that_kept_no_list_gives_back_what_lineage_knows_and_says_the_rest(stage: Stage) -> None:
    here = {"process_id": stage.world.process_id, "actor": Actor(), "now": NOW}
    with stage.work() as session:
        trains, mobility, part = (make(session, stage.world, name) for name in ("Treni", "Mobilità", "Bus"))
        night = make(session, stage.world, "Notte", parent=trains)
        codebook.merge_codes(session, code_id=part, into_id=trains, **here)
        codebook.merge_codes(session, code_id=trains, into_id=mobility, **here)
        # As merges were recorded before: without what they moved.
        session.execute(update(CodeLineage).values(moved=[]))
        session.execute(text("ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only"))
        session.execute(text("UPDATE audit_event SET meta = meta - 'moved' WHERE action = 'code.merged'"))
        session.execute(text("ALTER TABLE audit_event ENABLE TRIGGER audit_event_append_only"))
    client, address = stage.client_as(Role.facilitator), f"/scrivania/{stage.world.slug}/codebook/{trains}"
    page = client.get(address).text
    assert "non si annotava" in page
    assert f'href="/scrivania/{stage.world.slug}/codebook/{night}"' in page
    assert client.send(f"{address}/separazione", {}).status_code == 303
    assert "non era stato annotato" in client.get(address).text
    with stage.work() as session:
        rows = {c.name: (c.state, c.parent_id, c.merged_into_id) for c in session.execute(select(Code)).scalars()}
    assert rows["Treni"] == ("live", None, None)
    assert rows["Bus"] == ("merged", None, trains)
    assert rows["Notte"] == ("live", mobility, None)


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
