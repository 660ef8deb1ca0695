"""The glue's promises, on real servers: one commit, one effect per form, read-only GET, sentences for failures, headers."""

from __future__ import annotations

import re
import threading
import uuid
from typing import Any

import pytest
from flask import Flask, redirect, request
from sqlalchemy import func, select, text

from consult.core.errors import Conflict, Difference, Invalid
from consult.core.once import FormReceipt
from consult.framework.models import Territory
from consult.web.access import public
from consult.web.session import db
from tests.conftest import Stage
from tests.factories.world import Client, make_app


def with_trial_routes(url: str, **changes: Any) -> Flask:
    """The application with some routes that try the glue."""
    app = make_app(url, **changes)

    @public
    def write() -> Any:
        db().add(Territory(slug=request.form["name"], name="prova"))
        db().flush()
        outcome = request.form.get("outcome")
        if outcome == "invalid":
            raise Invalid("Manca il nome.", {"name": "Serve un nome."})
        if outcome == "conflict":
            differences = (Difference("Titolo", "il loro", "il mio"),)
            raise Conflict(
                "Qualcuno è arrivato prima.", link_endpoint="site.alive", differences=differences, changed_by="Maria"
            )
        if outcome == "422":
            return "no", 422
        if outcome == "crash":
            raise RuntimeError("boom")
        return redirect("/scritto", 303)

    @public
    def write_on_get() -> str:
        db().add(Territory(slug="get", name="prova"))
        db().flush()
        return "written"

    app.add_url_rule("/prova", "trial", write, methods=["POST"])
    app.add_url_rule("/prova-lettura", "trial_get", write_on_get)
    return app


@pytest.fixture
def app(stage: Stage) -> Flask:
    return with_trial_routes(stage.database_url)


def written(stage: Stage, slug: str) -> int:
    with stage.work() as session:
        return session.execute(select(func.count()).select_from(Territory).where(Territory.slug == slug)).scalar_one()


def client_of(app: Flask) -> Client:
    client = app.test_client()
    assert isinstance(client, Client)
    return client


def test_a_write_that_succeeds_is_committed_once(stage: Stage, app: Flask) -> None:
    assert client_of(app).send("/prova", {"name": "uno"}).status_code == 303
    assert written(stage, "uno") == 1


@pytest.mark.parametrize(("outcome", "status"), [("invalid", 422), ("conflict", 409), ("422", 422), ("crash", 500)])
def test_a_write_that_fails_leaves_nothing(stage: Stage, app: Flask, outcome: str, status: int) -> None:
    client = client_of(app)
    key = str(uuid.uuid4())
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert client.send("/prova", {"name": "due", "outcome": outcome}, key=key).status_code == status
    assert written(stage, "due") == 0
    with stage.work() as session:
        assert session.get(FormReceipt, uuid.UUID(key)) is None


def test_the_typed_text_is_on_the_page_of_a_failure(app: Flask) -> None:
    page = client_of(app).send(
        "/prova", {"name": "tre", "outcome": "crash", "testo": "Quello che ho scritto <b>io</b>", "password": "segreta"}
    )
    body = page.get_data(as_text=True)
    assert "Quello che ho scritto &lt;b&gt;io&lt;/b&gt;" in body
    assert "segreta" not in body


def test_a_conflict_says_who_and_shows_both_texts(app: Flask) -> None:
    body = client_of(app).send("/prova", {"name": "x", "outcome": "conflict"}).get_data(as_text=True)
    assert "Maria" in body
    assert "il loro" in body
    assert "il mio" in body
    assert "/healthz" in body


def test_a_get_cannot_write(stage: Stage, app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert client_of(app).get("/prova-lettura").status_code >= 500
    assert written(stage, "get") == 0


def test_a_connection_the_server_ended_is_left_before_it_is_used(stage: Stage, app: Flask) -> None:
    """After a restart of the database the first page and the first form work; without the look at the socket both fail."""
    client = client_of(app)
    ours = text(
        "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
        " WHERE application_name = 'consult-web' AND datname = current_database() AND pid <> pg_backend_pid()"
    )

    def dismissed() -> int:
        ended: int
        assert client.send("/prova", {"name": uuid.uuid4().hex}).status_code == 303
        with stage.work() as session:
            ended = session.execute(ours).scalar_one()
        return ended

    assert dismissed() > 0
    assert client.get("/").status_code == 200
    assert dismissed() > 0
    assert client.send("/prova", {"name": "dopo"}).status_code == 303
    assert written(stage, "dopo") == 1


def test_a_form_without_its_key_is_refused(app: Flask) -> None:
    assert client_of(app).post("/prova", data={"name": "x"}).status_code == 400


def test_a_replay_leads_to_the_first_result(stage: Stage, app: Flask) -> None:
    client = client_of(app)
    key = str(uuid.uuid4())
    first = client.send("/prova", {"name": "replica"}, key=key)
    second = client.send("/prova", {"name": "replica"}, key=key)
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert written(stage, "replica") == 1


def test_sixteen_parallel_sends_of_one_form_have_one_effect(stage: Stage, app: Flask) -> None:
    client = client_of(app)
    client.get("/healthz")
    with client.session_transaction() as cookie:
        cookie["sender"] = "same-browser"
    key, barrier, statuses = str(uuid.uuid4()), threading.Barrier(16), []

    def send() -> None:
        own = client_of(app)
        with own.session_transaction() as cookie:
            cookie["sender"] = "same-browser"
        barrier.wait()
        statuses.append(own.send("/prova", {"name": f"n-{uuid.uuid4()}"}, key=key).status_code)

    threads = [threading.Thread(target=send) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [303] * 16
    with stage.work() as session:
        assert (
            session.execute(select(func.count()).select_from(Territory).where(Territory.slug.like("n-%"))).scalar_one()
            == 1
        )


def test_without_the_unique_key_the_same_drill_writes_more(stage: Stage, app: Flask) -> None:
    """Negative control: different keys are different forms, and all of them are taken."""
    client = client_of(app)
    for _ in range(3):
        client.send("/prova", {"name": f"m-{uuid.uuid4()}"})
    with stage.work() as session:
        assert (
            session.execute(select(func.count()).select_from(Territory).where(Territory.slug.like("m-%"))).scalar_one()
            == 3
        )


def test_somebody_elses_key_shows_nothing_of_theirs(app: Flask) -> None:
    key = str(uuid.uuid4())
    client_of(app).send("/prova", {"name": "mio"}, key=key)
    other = client_of(app).send("/prova", {"name": "altro"}, key=key)
    assert other.status_code == 409
    assert other.location is None


@pytest.mark.parametrize("bad", ["a\x00b", "\udcff"])
@pytest.mark.parametrize("place", ["form", "query"])
def test_unreadable_text_is_refused_with_a_sentence(app: Flask, bad: str, place: str) -> None:
    client = client_of(app)
    if place == "form":
        raw = b"_once=" + str(uuid.uuid4()).encode() + b"&name=" + (b"a%00b" if "\x00" in bad else b"%ED%B3%BF")
        answer = client.post("/prova", data=raw, content_type="application/x-www-form-urlencoded")
    else:
        answer = client.get("/healthz?x=" + ("a%00b" if "\x00" in bad else "%ED%B3%BF"))
    assert answer.status_code < 500


def test_a_very_large_form_is_refused(app: Flask) -> None:
    client = client_of(app)
    assert client.send("/prova", {"name": "x", "testo": "a" * (4 * 1024 * 1024)}).status_code == 413


def test_an_unknown_host_is_refused(app: Flask) -> None:
    assert client_of(app).get("/healthz", headers={"Host": "evil.example"}).status_code == 400


def test_a_form_without_csrf_token_is_refused(stage: Stage) -> None:
    app = with_trial_routes(stage.database_url, csrf=True)
    answer = client_of(app).send("/prova", {"name": "csrf"})
    assert answer.status_code == 400
    assert written(stage, "csrf") == 0


def test_over_tls_a_form_needs_no_referer(stage: Stage) -> None:
    """Pages that open by their address ask browsers to send none, and some networks strip it everywhere."""
    app = with_trial_routes(stage.database_url, csrf=True)
    client, base = client_of(app), "https://localhost"
    page = client.get("/password", base_url=base)
    key = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert key is not None
    for token, status in ((key[1], 303), ("", 400), (key[1] + "x", 400)):
        answer = client.send("/prova", {"name": uuid.uuid4().hex, "csrf_token": token}, base_url=base)
        assert answer.status_code == status


@pytest.mark.parametrize("path", ["/healthz", "/non-esiste", "/static/css/consult.css", "/prova"])
def test_every_answer_carries_the_security_headers(app: Flask, path: str) -> None:
    headers = client_of(app).get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    if path != "/static/css/consult.css":
        assert headers["Cache-Control"] == "private, no-store"


def test_secure_cookies_over_https(stage: Stage) -> None:
    app = make_app(stage.database_url, base_url="https://example.org", allowed_hosts=("example.org",))
    answer = app.test_client().get("/healthz", base_url="https://example.org")
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert app.config["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert app.config["SESSION_COOKIE_SECURE"]


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "\t//evil.example", "javascript:alert(1)"]
)
def test_changing_the_language_never_leads_away(app: Flask, target: str) -> None:
    answer = client_of(app).post("/lingua", data={"lingua": "en", "torna": target})
    assert answer.status_code == 303
    assert "evil" not in answer.location
    assert "javascript" not in answer.location


def test_a_database_that_went_away_is_a_pause_and_nothing_typed_is_lost(stage: Stage, servers: Any) -> None:
    app = with_trial_routes(stage.database_url)
    client = client_of(app)
    assert client.get("/readyz").status_code == 200
    servers.stop_postgres(immediate=True)
    try:
        down = client.send("/prova", {"name": "durante", "testo": "La mia proposta lunga"})
    finally:
        servers.start_postgres()
    assert down.status_code == 503
    assert "La mia proposta lunga" in down.get_data(as_text=True)
    assert down.headers["Retry-After"]
    assert client.send("/prova", {"name": "dopo"}).status_code == 303
    assert written(stage, "dopo") == 1
    assert written(stage, "durante") == 0
