"""Sessions: rows that end, tokens that change, and a cookie that never outlives its row."""

from __future__ import annotations

import re
import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from config import Settings
from consult.app import create_app
from consult.core.vocabulary import Role
from consult.people import services
from consult.people.models import Account, SignInSession
from consult.people.queries import token_hash
from consult.web.limits import limiter
from tests.conftest import Stage
from tests.factories.world import Client, counted_statements
from tests.integration.people.conftest import PASSWORD, Known, enter, is_in


def cookie_token(client: Client) -> str:
    with client.session_transaction() as cookie:
        return str(cookie["_user_id"])


def test_signing_in_changes_the_token_and_ends_the_old_session(stage: Stage, known: Known) -> None:
    client = stage.client_as(None)
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
    enter(client, known)
    first = cookie_token(client)
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
    enter(client, known)
    second = cookie_token(client)
    assert first != second
    with stage.work() as session:
        kept = set(
            session.execute(select(SignInSession.token_hash).where(SignInSession.account_id == known.id)).scalars()
        )
    assert kept == {token_hash(second)}


def test_only_hashes_of_tokens_are_stored(stage: Stage, known: Known) -> None:
    client = stage.client_as(None)
    enter(client, known)
    token = cookie_token(client)
    with stage.work() as session:
        assert token.encode() not in b"".join(session.execute(select(SignInSession.token_hash)).scalars())
        assert session.get(SignInSession, token_hash(token)) is not None


def test_a_session_that_ended_is_never_brought_back_by_a_request_in_flight(stage: Stage, known: Known) -> None:
    client, copy = stage.client_as(None), stage.client_as(None)
    enter(client, known)
    with copy.session_transaction() as cookie:
        cookie["_user_id"] = cookie_token(client)
    assert is_in(copy)
    assert client.send("/uscita").status_code == 303
    assert not is_in(copy)
    assert not is_in(client)


def test_an_expired_session_opens_nothing(stage: Stage, known: Known) -> None:
    client = stage.client_as(None)
    enter(client, known)
    with stage.work() as session:
        session.execute(update(SignInSession).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert not is_in(client)


def test_devices_are_listed_and_ended_one_by_one_or_all(stage: Stage, known: Known) -> None:
    here, there, elsewhere = (stage.client_as(None) for _ in range(3))
    for client, name in (
        (here, "Mozilla/5.0 (Android 15; Mobile; rv:147.0) Gecko/147.0 Firefox/147.0"),
        (there, "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36"),
        (elsewhere, "<script>alert(1)</script>"),
    ):
        client.post("/accesso", data={"email": known.email, "password": PASSWORD}, headers={"User-Agent": name})
    page = here.get("/io/accessi").text
    assert "Chrome, Windows" in page
    assert "Firefox, Android" in page
    assert "537.36" not in page
    assert "<script>alert(1)" not in page
    marks = re.findall(r'name="mark" value="([0-9a-f]{16})"', page)
    assert len(marks) == 2
    stranger = stage.client_as(Role.account)
    assert stranger.send("/io/accessi/chiudi", {"mark": marks[0]}).status_code == 303
    assert sum(map(is_in, (here, there, elsewhere))) == 3
    here.send("/io/accessi/chiudi", {"mark": marks[0]})
    assert sum(map(is_in, (here, there, elsewhere))) == 2
    here.send("/io/accessi/chiudi")
    assert [is_in(c) for c in (here, there, elsewhere)] == [True, False, False]


def test_a_new_password_ends_the_other_sessions(stage: Stage, known: Known) -> None:
    here, there = stage.client_as(None), stage.client_as(None)
    enter(here, known)
    enter(there, known)
    assert here.send("/io/password", {"current": "sbagliata", "password": "altre parole insieme"}).status_code == 422
    assert here.send("/io/password", {"current": PASSWORD, "password": "corta"}).status_code == 422
    assert here.send("/io/password", {"current": PASSWORD, "password": "altre parole insieme"}).status_code == 303
    assert (is_in(here), is_in(there)) == (True, False)


def test_staff_land_on_the_desk_and_others_where_they_were(stage: Stage, known: Known) -> None:
    resident = stage.client_as(None)
    page = f"http://localhost/processi/{stage.world.slug}"
    resident.get("/accesso", headers={"Referer": page})
    answer = resident.send("/accesso", {"email": known.email, "password": PASSWORD})
    assert answer.location == f"/processi/{stage.world.slug}"
    asked = stage.client_as(None)
    asked.get("/io/dati")
    assert asked.send("/accesso", {"email": known.email, "password": PASSWORD}).location == "/io/dati"
    with stage.work() as session:
        facilitator = session.get_one(Account, stage.world.accounts[Role.facilitator])
        facilitator.password_hash = session.get_one(Account, known.id).password_hash
        address = facilitator.email
    staff = stage.client_as(None)
    assert staff.send("/accesso", {"email": address, "password": PASSWORD}).location == "/scrivania"


def test_next_is_never_an_address_given_by_the_browser(stage: Stage, known: Known) -> None:
    for referrer in (
        "https://evil.example/accesso",
        "http://localhost.evil.example/",
        "http://localhost//evil.example/",
        "http://localhost/\\evil.example",
        "javascript:alert(1)",
        "http://[::1",
        "http://localhost/uscita",
    ):
        client = stage.client_as(None)
        client.get("/accesso?next=https://evil.example", headers={"Referer": referrer})
        location = client.send(
            "/accesso?next=https://evil.example", {"email": known.email, "password": PASSWORD}
        ).location
        assert location == "/", referrer


def test_leaving_twice_and_signing_in_twice_at_once(stage: Stage, known: Known) -> None:
    client = stage.client_as(None)
    barrier, codes = threading.Barrier(8), []

    def click() -> None:
        mine = stage.client_as(None)
        barrier.wait()
        codes.append(mine.send("/accesso", {"email": known.email, "password": PASSWORD}).status_code)

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [303] * 8
    enter(client, known)
    assert [client.send("/uscita").status_code for _ in range(3)] == [303] * 3


@pytest.mark.parametrize("store", ["", "redis://127.0.0.1:1/0"])
def test_sign_in_is_limited_also_where_the_store_does_not_answer(
    stage: Stage, known: Known, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiter, "_storage_dead", False)
    app = create_app(Settings(database_url=stage.database_url, redis_url=store, testing=True, rate_limits=True))
    app.config["WTF_CSRF_ENABLED"] = app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    try:
        client = app.test_client()
        codes = [client.post("/accesso", data={"email": known.email, "password": "no"}).status_code for _ in range(22)]
    finally:
        limiter.enabled = False
    assert codes[:20] == [422] * 20
    assert codes[-1] == 429


def test_a_signed_in_page_asks_who_it_is_in_one_statement(stage: Stage, known: Known) -> None:
    client = stage.client_as(None)
    enter(client, known)
    client.get("/io/profilo")
    with counted_statements(stage.engine) as sent:
        client.get("/io/accessi")
    assert len([s for s in sent if "sign_in_session" in s and "account" in s.lower()]) <= 2
    assert len(sent) <= 5, sent


def test_sessions_of_an_erased_account_are_gone(stage: Stage, known: Known) -> None:
    with stage.work() as session:
        services.end_sessions(session, account_id=known.id)
        count = session.execute(
            select(func.count()).select_from(SignInSession).where(SignInSession.account_id == known.id)
        )
        assert count.scalar() == 0
    assert stage.client_as(None).send("/accesso/dimostrazione", {"account_id": str(uuid.uuid4())}).status_code == 404
