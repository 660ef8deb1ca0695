"""Signing up, confirming, resetting, inviting: the same answer for every address, links that work once and only by POST."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import argon2._password_hasher
import pytest
from sqlalchemy import func, select, update

from consult.audit.models import AuditEvent
from consult.core.errors import NotFound
from consult.core.jobs import OutboxJob
from consult.core.permissions import NOBODY, SYSTEM
from consult.listening.sources.rules import personal_token
from consult.people import services
from consult.people.models import Account, OneTimeToken, SignInSession
from consult.people.rules import Purpose
from tests.conftest import Stage
from tests.factories.post import Bench
from tests.factories.surveys import make_questionnaire
from tests.factories.world import Client, make_app
from tests.integration.people.conftest import PASSWORD, Known, enter, is_in

NEW = {"email": "nuova@example.org", "display_name": "Vicina di casa", "password": PASSWORD, "notice": "y"}


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry per argon2 verification."""
    counted: list[int] = []
    real = argon2._password_hasher.verify_secret

    def counting(*args: Any, **named: Any) -> Any:
        counted.append(1)
        return real(*args, **named)

    monkeypatch.setattr(argon2._password_hasher, "verify_secret", counting)
    return counted


def test_from_sign_up_to_the_first_page(stage: Stage, bench: Bench) -> None:
    client = stage.client_as(None)
    answer = client.send("/registrazione", NEW)
    assert (answer.status_code, answer.location) == (303, "/guarda-la-posta")
    bench.work()
    letter = bench.post.to(NEW["email"])[0]
    assert "conferma il tuo indirizzo" in letter.subject
    link = bench.post.link(NEW["email"])
    page = client.get(link)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert client.send(link, {"password": "non è questa"}).status_code == 422
    assert not is_in(client)
    assert client.send(link, {"password": PASSWORD}).status_code == 303
    assert is_in(client)
    assert client.get(link).status_code == 410


def test_who_signs_up_from_a_questionnaire_comes_back_to_it_in_any_browser(
    stage: Stage, bench: Bench, known: Known
) -> None:
    """The letters carry where the person was, sealed: a route name of ours, never an address that somebody wrote."""
    made = make_questionnaire(stage, access="registered")
    there = f"/processi/{stage.world.slug}/questionari/{made.id}"

    def sign_up(email: str) -> str:
        asked = stage.client_as(None)
        assert asked.get(there).location == "/accesso"
        asked.get("/registrazione")
        assert asked.send("/registrazione", {**NEW, "email": email}).status_code == 303
        bench.work()
        return bench.post.link(email)

    link = sign_up(NEW["email"])
    assert "?poi=" in link
    assert "http" not in link.split("?poi=")[1]
    # Forged, or cut, the way back is nothing: the link itself still opens.
    other = stage.client_as(None)
    assert other.get(link[:-3] + "xyz").status_code == 200
    with other.session_transaction() as cookie:
        assert "after_sign_in" not in cookie
    assert other.send(link, {"password": "non è questa"}).status_code == 422
    done = other.send(link, {"password": PASSWORD})
    assert (done.status_code, done.location) == (303, there)
    assert other.get(there).status_code == 200
    # Who has an account already is told so, and comes back as well; so does who has forgotten the password.
    enters, forgets = stage.client_as(None), stage.client_as(None)
    assert enters.get(sign_up(known.email)).status_code == 200
    assert enters.send("/accesso", {"email": known.email, "password": PASSWORD}).location == there
    forgets.get(there)
    assert forgets.send("/password", {"email": known.email}).status_code == 303
    bench.work()
    reset = bench.post.link(known.email)
    assert stage.client_as(None).send(reset, {"password": "un’altra frase lunga"}).location == there


def test_a_page_that_only_its_link_opens_stands_in_no_letter_and_no_job_keeps_where_anybody_was(
    stage: Stage, bench: Bench
) -> None:
    """Whoever mistypes their address would give a stranger the key to it."""
    key = personal_token("registration", uuid.uuid4(), stage.app.extensions["consult"].settings.secret_key)
    page = f"/incontri/iscrizione/{key}"
    asked, straight = stage.client_as(None), stage.client_as(None)
    assert asked.get(page).headers["Referrer-Policy"] == "no-referrer"
    # Also where a browser tells it all the same.
    asked.get("/accesso", headers={"Referer": f"http://localhost{page}"})
    straight.get("/accesso", headers={"Referer": f"http://localhost/processi/{stage.world.slug}"})
    for client, email in ((asked, "una@example.org"), (straight, "altra@example.org")):
        assert client.send("/registrazione", {**NEW, "email": email}).status_code == 303
    with stage.work() as session:
        carried = [set(row) for row in session.execute(select(OutboxJob.payload).order_by(OutboxJob.id)).scalars()]
    assert carried == [{"account_id"}, {"account_id", "way_back"}]
    bench.work()
    with stage.work() as session:
        kept = [set(row) for row in session.execute(select(OutboxJob.payload).order_by(OutboxJob.id)).scalars()]
    assert kept == [{"account_id"}, {"account_id"}]
    assert "poi=" not in bench.post.link("una@example.org")
    assert "poi=" in bench.post.link("altra@example.org")


def test_sign_up_says_the_same_for_a_known_address_and_tells_its_owner(
    stage: Stage, bench: Bench, known: Known
) -> None:
    client = stage.client_as(None)
    answers = [
        client.send("/registrazione", {**NEW, "email": email})
        for email in (NEW["email"], known.email, "Giulia@EXAMPLE.org")
    ]
    assert {(a.status_code, a.location) for a in answers} == {(303, "/guarda-la-posta")}
    bench.work()
    assert "hai già un account" in bench.post.to(known.email)[0].subject
    with stage.work() as session:
        giulia = session.execute(select(Account).where(Account.email == known.email)).scalar_one()
        assert giulia.display_name == "Giulia"


def test_who_signed_up_with_anothers_address_stays_out(stage: Stage, bench: Bench) -> None:
    """The owner follows the link, but does not know the stranger's password; signing up again replaces it."""
    stranger, owner = stage.client_as(None), stage.client_as(None)
    stranger.send("/registrazione", {**NEW, "password": "password dello straniero"})
    bench.work()
    first = bench.post.link(NEW["email"])
    owner.send("/registrazione", NEW)
    bench.work()
    assert owner.get(first).status_code == 410
    assert owner.send(bench.post.link(NEW["email"]), {"password": PASSWORD}).status_code == 303
    assert stranger.send("/accesso", {"email": NEW["email"], "password": "password dello straniero"}).status_code == 422


def test_sixteen_sign_ups_at_once_make_one_account(stage: Stage) -> None:
    clients = [stage.client_as(None) for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda c: c.send("/registrazione", NEW).status_code, clients))
    assert set(answers) == {303}
    with stage.work() as session:
        assert (
            session.execute(select(func.count()).select_from(Account).where(Account.email == NEW["email"])).scalar()
            == 1
        )


def test_double_click_on_sign_up_mails_once(stage: Stage, bench: Bench) -> None:
    client = stage.client_as(None)
    client.get("/registrazione")
    key = str(uuid.uuid4())
    assert {client.send("/registrazione", NEW, key=key).status_code for _ in range(3)} == {303}
    bench.work()
    assert len(bench.post.to(NEW["email"])) == 1


@pytest.mark.asvs("6.3.8")
def test_sign_in_verifies_one_hash_whoever_asks(stage: Stage, known: Known, verifications: list[int]) -> None:
    """Same time for known and unknown addresses: the same work, counted, not timed."""
    tries = [
        (known.email, "sbagliata del tutto"),
        ("nessuno@example.org", "sbagliata del tutto"),
        ("non un indirizzo", "sbagliata del tutto"),
        (f"{stage.world.slug}@example.org", "x"),
        ("account@example.org", PASSWORD),
    ]
    with stage.work() as session:
        services.ensure_invited(
            session, email="account@example.org", display_name="Invitata", actor=SYSTEM, now=datetime.now(UTC)
        )
    texts = set()
    for email, password in tries:
        verifications.clear()
        answer = stage.client_as(None).send("/accesso", {"email": email, "password": password})
        assert len(verifications) == 1, email
        assert answer.status_code == 422
        start = answer.text.index('class="error-summary"')
        texts.add(answer.text[start : answer.text.index("</div>", start)])
    assert len(texts) == 1


def test_failed_sign_ins_are_recorded_although_the_answer_is_a_refusal(stage: Stage, known: Known) -> None:
    for email in (known.email, "nessuno@example.org"):
        stage.client_as(None).send("/accesso", {"email": email, "password": "sbagliata"})
    with stage.work() as session:
        found = session.execute(
            select(AuditEvent.object_id).where(AuditEvent.action == "sign_in.failed").order_by(AuditEvent.id)
        ).scalars()
        assert list(found) == [str(known.id), "unknown"]


def test_who_never_confirmed_is_told_only_with_the_right_password(stage: Stage, bench: Bench) -> None:
    client = stage.client_as(None)
    client.send("/registrazione", NEW)
    wrong = client.send("/accesso", {"email": NEW["email"], "password": "sbagliata"})
    right = client.send("/accesso", {"email": NEW["email"], "password": PASSWORD})
    assert "aspetta ancora la conferma" not in wrong.text
    assert "aspetta ancora la conferma" in right.text
    bench.work()
    assert len(bench.post.to(NEW["email"])) == 2


def test_a_new_password_by_mail_ends_every_session(stage: Stage, bench: Bench, known: Known) -> None:
    before = stage.client_as(None)
    enter(before, known)
    client = stage.client_as(None)
    answers = [client.send("/password", {"email": email}) for email in (known.email, "nessuno@example.org")]
    assert {(a.status_code, a.location) for a in answers} == {(303, "/guarda-la-posta")}
    bench.work()
    assert [letter.to for letter in bench.post.letters] == [known.email]
    link = bench.post.link(known.email)
    assert client.send(link, {"password": "corta"}).status_code == 422
    assert client.send(link, {"password": "altre parole insieme"}).status_code == 303
    assert is_in(client)
    assert not is_in(before)
    assert client.get(link).status_code == 410
    bench.work()
    assert "la password è cambiata" in bench.post.to(known.email)[-1].subject
    assert stage.client_as(None).send("/accesso", {"email": known.email, "password": PASSWORD}).status_code == 422


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_opening_a_link_fifty_times_uses_nothing_up(stage: Stage, bench: Bench, known: Known, method: str) -> None:
    client = stage.client_as(None)
    client.send("/password", {"email": known.email})
    bench.work()
    link = bench.post.link(known.email)
    for _ in range(50):
        assert getattr(stage.client_as(None), method)(link).status_code == 200
    assert client.send(link, {"password": "altre parole insieme"}).status_code == 303


def mint(stage: Stage, account_id: uuid.UUID, purpose: Purpose, bench: Bench) -> str:
    """A link of a purpose, minted as the worker does."""
    about = {Purpose.verify: "verification", Purpose.reset: "reset", Purpose.invite: "invitation"}[purpose]
    with stage.work() as session:
        account = session.get_one(Account, account_id)
        address = account.email or ""
        hashed, account.password_hash = (
            account.password_hash,
            None if purpose is Purpose.invite else account.password_hash,
        )
        session.flush()
        with stage.app.test_request_context(base_url="http://127.0.0.1:8000"):
            services.send_letter(session, account_id=account_id, about=about, mailer=bench.post, now=datetime.now(UTC))
        account.password_hash = hashed
    return bench.post.link(address).rpartition("/")[2]


@pytest.mark.parametrize("purpose", list(Purpose))
def test_expired_used_and_wrong_purpose_links_open_nothing(
    stage: Stage, bench: Bench, known: Known, purpose: Purpose
) -> None:
    """Every kind of link at every door (Decidim CVE-2023-48220)."""
    doors = {Purpose.verify: "/registrazione/conferma/", Purpose.reset: "/password/", Purpose.invite: "/invito/"}
    form = {"password": "altre parole insieme", "display_name": "Giulia"}

    def knock(token: str, door: Purpose) -> int:
        return stage.client_as(None).send(doors[door] + token, form).status_code

    token = mint(stage, known.id, purpose, bench)
    for door in set(Purpose) - {purpose}:
        assert knock(token, door) == 410
    with stage.work() as session:
        session.execute(update(OneTimeToken).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert knock(token, purpose) == 410
    used = mint(stage, known.id, purpose, bench)
    with stage.work() as session:
        session.execute(update(OneTimeToken).values(used_at=datetime.now(UTC)))
    assert knock(used, purpose) == 410
    assert knock("x" * 90, purpose) == 410
    assert knock("y" * 5000, purpose) in {404, 410, 414}


def test_sixteen_redemptions_at_once_and_one_gets_through(stage: Stage, bench: Bench, known: Known) -> None:
    token = mint(stage, known.id, Purpose.reset, bench)

    def redeem(number: int) -> bool:
        try:
            with stage.work() as session:
                services.set_password(
                    session,
                    token=token,
                    purpose=Purpose.reset,
                    password=f"parole sempre nuove {number}",
                    browser="",
                    actor=NOBODY,
                    now=datetime.now(UTC),
                )
            return True
        except NotFound:
            return False

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(redeem, range(16))) == 1
    with stage.work() as session:
        assert (
            session.execute(
                select(func.count()).select_from(SignInSession).where(SignInSession.account_id == known.id)
            ).scalar()
            == 1
        )


def test_an_invited_colleague_accepts_and_a_lapsed_invitation_is_not_revived_by_a_reset(
    stage: Stage, bench: Bench
) -> None:
    def invite() -> None:
        with stage.work() as session:
            now = datetime.now(UTC)
            services.ensure_invited(session, email="collega@example.org", display_name="Collega", actor=SYSTEM, now=now)

    invite()
    bench.work()
    with stage.work() as session:
        session.execute(update(OneTimeToken).values(expires_at=datetime.now(UTC) - timedelta(days=1)))
    client = stage.client_as(None)
    client.send("/password", {"email": "collega@example.org"})
    bench.work()
    assert "aspetta ancora" in bench.post.to("collega@example.org")[-1].subject
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(OneTimeToken)).scalar() == 1
    invite()
    bench.work()
    link = bench.post.link("collega@example.org")
    assert client.send(link, {"display_name": "Collega Nuova", "password": PASSWORD}).status_code == 303
    assert is_in(client)
    assert "Collega Nuova" in client.get("/io/profilo").text


def test_an_invitation_drops_a_password_chosen_before_the_address_was_proved(stage: Stage, bench: Bench) -> None:
    stage.client_as(None).send("/registrazione", NEW)
    with stage.work() as session:
        services.ensure_invited(session, email=NEW["email"], display_name="", actor=SYSTEM, now=datetime.now(UTC))
    assert stage.client_as(None).send("/accesso", {"email": NEW["email"], "password": PASSWORD}).status_code == 422
    bench.work()
    assert {"un invito a collaborare", "il tuo account aspetta ancora"} >= {
        letter.subject.partition(": ")[2] for letter in bench.post.to(NEW["email"])
    }


def test_letters_speak_the_persons_language_and_name_only_our_address(stage: Stage, bench: Bench) -> None:
    client = stage.client_as(None)
    client.post("/registrazione", data={"_once": str(uuid.uuid4()), **NEW}, headers={"Accept-Language": "en"})
    with stage.work() as session:
        assert session.execute(select(Account.locale).where(Account.email == NEW["email"])).scalar() == "en"
    for host in ("evil.example", "127.0.0.1.evil.example", "evil.example:80", "", "a b", "xn--evil"):
        answer = client.send("/password", {"email": NEW["email"]}, headers={"Host": host, "X-Forwarded-Host": host})
        assert answer.status_code in {303, 400}
    bench.work()
    assert "evil" not in "".join(letter.text for letter in bench.post.letters)


def test_the_queue_never_holds_an_address_or_a_token(stage: Stage, bench: Bench, known: Known) -> None:
    stage.client_as(None).send("/registrazione", NEW)
    stage.client_as(None).send("/password", {"email": known.email})
    bench.work()
    with stage.work() as session:
        rows = session.execute(select(OutboxJob.payload, OutboxJob.key, OutboxJob.last_error)).all()
        tokens = [path.rpartition("/")[2] for path in (bench.post.link(NEW["email"]), bench.post.link(known.email))]
    assert rows
    for secret in ("@", *tokens):
        assert secret not in str(rows)


def test_demonstration_accounts_open_with_one_click_only_in_embedded_mode(stage: Stage) -> None:
    now = datetime.now(UTC)
    with stage.work() as session:
        key = services.open_account(
            session, email="prova@demo.example", display_name="Prova", password=PASSWORD, verified=True, administrator=False,
            demonstration=True, actor=SYSTEM, now=now,
        )  # fmt: skip  # One row of values reads better so.
    client = stage.client_as(None)
    assert "Prova con un clic" not in client.get("/accesso").text
    assert client.send("/accesso/dimostrazione", {"account_id": str(key)}).status_code == 404
    assert client.send("/accesso", {"email": "prova@demo.example", "password": PASSWORD}).status_code == 422
    assert client.get("/posta").status_code == 404
    app = make_app(stage.database_url, embedded=True)
    trial = app.test_client()
    assert isinstance(trial, Client)
    assert "Prova con un clic" in trial.get("/accesso").text
    for bad in ("", "x", str(uuid.uuid4()), str(stage.world.others[0])):
        assert trial.send("/accesso/dimostrazione", {"account_id": bad}).status_code == 404
    assert trial.send("/accesso/dimostrazione", {"account_id": str(key)}).status_code == 303
    assert is_in(trial)
    assert trial.send("/io/dati/cancella", {"password": PASSWORD, "sure": "y"}).status_code == 403


def test_clean_up_forgets_what_has_expired_and_keeps_the_rest(stage: Stage, bench: Bench, known: Known) -> None:
    stage.client_as(None).send("/registrazione", NEW)
    client = stage.client_as(None)
    enter(client, known)
    with stage.work() as session:
        services.ensure_invited(
            session, email="collega@example.org", display_name="", actor=SYSTEM, now=datetime.now(UTC)
        )
    later = datetime.now(UTC) + timedelta(days=15)
    with stage.work() as session:
        counts = services.clean_up(session, now=later)
    assert counts["unverified"] == 1
    assert counts["sessions"] >= 1
    assert counts["receipts"] >= 1
    with stage.work() as session:
        kept = set(session.execute(select(Account.email)).scalars())
    assert {known.email, "collega@example.org"} <= kept
    assert NEW["email"] not in kept
