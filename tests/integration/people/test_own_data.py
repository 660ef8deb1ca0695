"""Export and erasure: everything about me comes out, and afterwards nothing of me is left in any table."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Text, cast, column, func, select

from config import ROOT
from consult.app import personal_data
from consult.audit.models import AuditEvent
from consult.core.permissions import SYSTEM, Actor
from consult.core.vocabulary import PhaseKind, Role, ThingKind
from consult.files.models import StoredFile
from consult.notices.services import notify
from consult.people import rules, services
from consult.people.models import Account, Draft, SignInSession
from consult.process import services as processes
from consult.process.queries import current_notice
from consult.registry import all_tables
from tests.conftest import Stage
from tests.integration.people.conftest import PASSWORD, Known, enter, is_in

CANARIES = [f"canarino{i:02d}{uuid.uuid4().hex[:6]}" for i in range(12)]


@pytest.fixture
def marked(stage: Stage) -> Known:
    """A person with a canary in every place where the rooms built so far keep something of theirs."""
    now = datetime.now(UTC)
    with stage.work() as session:
        key = services.open_account(
            session, email=f"{CANARIES[0]}@example.org", display_name=CANARIES[1], password=PASSWORD, verified=True,
            administrator=False, demonstration=False, actor=SYSTEM, now=now,
        )  # fmt: skip  # One row of values reads better so.
        me = Actor(key, CANARIES[1])
        account = session.get_one(Account, key)
        account.zone_code = CANARIES[2][:20]
        session.add(
            SignInSession(token_hash=b"x" * 32, account_id=key, browser=CANARIES[3], created_at=now, expires_at=now)
        )
        session.add(
            Draft(account_id=key, place=CANARIES[4], fields={"text": CANARIES[5]}, title=CANARIES[6], saved_at=now)
        )
        notify(
            session, account_ids=[key], kind="x", words=lambda _language: (CANARIES[7], CANARIES[8]), link_endpoint="home.index",
            link_values={"q": CANARIES[9]}, process_id=None, key=CANARIES[10], now=now,
        )  # fmt: skip  # One row of values reads better so.
        session.add(
            StoredFile(
                storage_key=uuid.uuid4().hex, name=f"{CANARIES[11]}.pdf", kind="pdf", size=1, digest=b"d" * 32,
                uploaded_by=key, uploaded_at=now,
            )
        )  # fmt: skip  # One row of values reads better so.
        processes.give_role(
            session, process_id=stage.world.process_id, account_id=key, role=Role.reader, actor=SYSTEM, now=now
        )
        notice = current_notice(session, process_id=stage.world.process_id, kind=PhaseKind.listening)
        assert notice
        processes.remember_notice(session, notice_id=notice.id, actor=me, kind=ThingKind.contribution, now=now)
    return Known(key, f"{CANARIES[0]}@example.org")


def everywhere(stage: Stage) -> str:
    """Every value of every table as one text."""
    parts: list[str] = []
    with stage.work() as session:
        for table in all_tables().sorted_tables:
            rows: Any = session.execute(select(cast(column(table.name), Text)).select_from(table)).scalars()
            parts.extend(rows)
    return "\n".join(parts)


def test_the_export_holds_all_of_mine_and_nothing_of_others(stage: Stage, marked: Known) -> None:
    client = stage.client_as(None)
    enter(client, marked)
    answer = client.get("/io/dati/esporta")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer.headers["Cache-Control"]
    found = json.loads(answer.text)["data"]
    missing = [c for c in CANARIES if c[:20] not in json.dumps(found)]
    assert missing == [CANARIES[9], CANARIES[10]]  # A route's values and a key of ours, which mean nothing to anybody.
    assert "password" not in json.dumps(found)
    assert "argon2" not in json.dumps(found)
    with stage.work() as session:
        others = session.execute(select(Account.email).where(Account.id != marked.id)).scalars()
        assert [o for o in others if o and o in answer.text] == []


def test_after_erasure_no_table_knows_the_person(stage: Stage, marked: Known) -> None:
    client = stage.client_as(None)
    enter(client, marked)
    before = everywhere(stage)
    assert [c for c in CANARIES if c[:20] not in before] == []
    assert client.send("/io/dati/cancella", {"password": "sbagliata", "sure": "y"}).status_code == 422
    assert client.send("/io/dati/cancella", {"password": PASSWORD}).status_code == 422
    answer = client.send("/io/dati/cancella", {"password": PASSWORD, "sure": "y"})
    assert (answer.status_code, answer.location) == (303, "/arrivederci")
    assert not is_in(client)
    after = everywhere(stage)
    assert [c for c in CANARIES if c[:20] in after] == []
    with stage.work() as session:
        row = session.get_one(Account, marked.id)
        assert (row.email, row.password_hash, row.display_name) == (None, None, "Persona cancellata")
        acts = session.execute(select(AuditEvent.action).where(AuditEvent.object_id == str(marked.id))).scalars().all()
        assert "account.erased" in acts
    assert stage.client_as(None).send("/accesso", {"email": marked.email, "password": PASSWORD}).status_code == 422
    assert stage.client_as(None).send("/registrazione", {
        "email": marked.email, "display_name": "Di nuovo", "password": PASSWORD, "notice": "y"
    }).status_code == 303  # fmt: skip  # One form reads better so.


def test_erasing_twice_at_once_is_erasing_once(stage: Stage, marked: Known) -> None:
    client = stage.client_as(None)
    enter(client, marked)
    key = str(uuid.uuid4())
    codes = [
        client.send("/io/dati/cancella", {"password": PASSWORD, "sure": "y"}, key=key).status_code for _ in range(3)
    ]
    assert codes[0] == 303
    assert set(codes[1:]) <= {303, 401, 409}
    with stage.work() as session:
        erased = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "account.erased")
        assert session.execute(erased).scalar() == 1


def test_the_last_administrator_stays(stage: Stage) -> None:
    with stage.work() as session:
        account = session.get_one(Account, stage.world.accounts[Role.administrator])
        account.password_hash = rules.hash_password(PASSWORD)
    client = stage.client_as(Role.administrator)
    answer = client.send("/io/dati/cancella", {"password": PASSWORD, "sure": "y"})
    assert answer.status_code == 422
    assert "unico amministratore" in answer.text


def test_the_profile_is_kept_and_the_zone_is_one_of_the_list(stage: Stage, known: Known) -> None:
    client = stage.client_as(None)
    enter(client, known)
    assert (
        client.send("/io/profilo", {"display_name": "Giulia B.", "locale": "en", "zone_code": "2"}).status_code == 303
    )
    with stage.work() as session:
        account = session.get_one(Account, known.id)
        assert (account.display_name, account.locale, account.zone_code) == ("Giulia B.", "en", "2")
    for bad in ({"locale": "xx"}, {"zone_code": "99"}, {"display_name": ""}, {"display_name": "!"}):
        form = {"display_name": "Giulia", "locale": "it", "zone_code": "", **bad}
        assert client.send("/io/profilo", form).status_code == 422


def test_own_pages_are_for_the_signed_in(stage: Stage) -> None:
    nobody = stage.client_as(None)
    for path in ("/io/profilo", "/io/password", "/io/accessi", "/io/dati", "/io/dati/esporta", "/io/dati/cancella"):
        assert nobody.get(path).location == "/accesso", path
    for path in ("/io/profilo", "/io/password", "/io/accessi/chiudi", "/io/dati/cancella"):
        assert nobody.send(path).status_code == 401, path


def test_each_part_of_ones_data_has_a_name_for_people() -> None:
    """The page names every room's part in words; the export keeps the stable names."""
    page = (ROOT / "templates" / "people" / "own_data.html").read_text("utf-8")
    assert [room.name for room in personal_data() if f"'{room.name}': _(" not in page] == []
