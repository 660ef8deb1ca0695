"""An attacker with everything, after closing: at most 6 of 200 links by any strategy; on a naive schema, most."""

from __future__ import annotations

import logging
import random
import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from consult.core.vocabulary import Role
from consult.listening.surveys import services
from consult.people.models import Account
from consult.ports.mail import MaildirMailer
from tests.conftest import Stage
from tests.factories.surveys import QUESTIONS, KeptMail, invite_and_mail, make_questionnaire
from tests.privacy.attack import STRATEGIES, Dump, right

PEOPLE = 200
CHANCE = random.Random(20261122)


class BothMails(KeptMail):
    """Keeps letters for the people of the test, and writes them where the embedded mailbox would."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.box = MaildirMailer(folder, "consult@example.org")

    def send(self, letter: Any) -> None:
        super().send(letter)
        self.box.send(letter)


def _dump(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    names = (
        connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"))
        .scalars()
        .all()
    )
    return {
        name: [
            dict(row)
            for row in connection.execute(
                text(f'SELECT xmin::text AS xmin, ctid::text AS ctid, * FROM "{name}"')  # noqa: S608  # Names of our own tables.
            ).mappings()
        ]
        for name in names
    }


def test_anonymous_answers_can_not_be_linked_after_closing(
    stage: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = make_questionnaire(
        stage, privacy="anonymous", questions=(QUESTIONS[0], QUESTIONS[1], QUESTIONS[4], QUESTIONS[5])
    )
    mail = BothMails(tmp_path / "mailbox")
    kinds = ["association", "municipality", "zone_spokesperson"]
    people = [f"p{i:03}@example.org;Ente {i};{kinds[i % 3]};{1 + i % 3}" for i in range(PEOPLE)]
    invite_and_mail(stage, made, people, mail=mail)
    tokens = mail.tokens()
    caplog.clear()
    order = list(tokens)
    CHANCE.shuffle(order)
    secrets = {address: f"segreto {uuid.uuid4().hex}" for address in order}
    link_field = made.questions[0].field
    for n, address in enumerate(order):
        client = stage.client_as(None)
        page = client.get(f"/q/{tokens[address]}").text
        code = re.search(r'name="code"[^>]*value="([^"]+)"', page)
        assert code
        place = f"z:{stage.world.zones[str(1 + int(address[1:4]) % 3)]}"
        data = made.form(place=place, speaker=kinds[int(address[1:4]) % 3], single="o1")
        sent = client.post(f"/q/{tokens[address]}", data=data | {link_field: secrets[address], "code": code.group(1)})
        assert sent.status_code == 303
        if n % 37 == 20:
            with stage.work() as session:
                services.sweep(session, questionnaire_id=made.id, now=datetime.now(UTC))
    assert (
        stage.client_as(Role.facilitator).send(f"/scrivania/piano-di-prova/questionari/{made.id}/chiudi").status_code
        == 303
    )
    with stage.work() as session:
        services.sweep(session, questionnaire_id=made.id, now=datetime.now(UTC) + timedelta(minutes=5))
    with stage.engine.connect() as connection:
        tables = _dump(connection)
    assert tables["staged_answer"] == []
    assert tables["answer_draft"] == []
    assert tables["answer_key"] == []
    assert len(tables["answer"]) == len(tables["source"]) == PEOPLE
    assert {row["said_on"] for row in tables["source"]} == {None}
    person = {row["email"]: str(row["id"]) for row in tables["invitation"]}
    words = {row["text"]: row for row in tables["source"]}
    letters = [
        path.read_text("utf-8")
        for path in sorted((tmp_path / "mailbox").glob("new/*"), key=lambda p: p.stat().st_mtime_ns)
    ]
    assert len(letters) == PEOPLE
    assert not any(address in letter for letter in letters for address in order)
    scores: dict[str, int] = {}
    for target in ("answer", "source"):
        answer_of = {a: str(words[s]["voice_id"] if target == "answer" else words[s]["id"]) for a, s in secrets.items()}
        dump = Dump(
            tables=tables,
            people_table="invitation",
            answers_table=target,
            seen_order=[person[a] for a in order],
            log_lines=[record.getMessage() for record in caplog.records],
            mails=letters,
        )
        truth = {person[a]: answer_of[a] for a in order}
        for strategy in STRATEGIES:
            scores[f"{target} by {strategy.__name__}"] = right(strategy(dump), truth)
    assert len(STRATEGIES) >= 10
    assert max(scores.values()) <= 6, scores


@pytest.mark.parametrize("access", ["registered", "open"])
def test_answers_of_registered_people_and_of_anyone_can_not_be_linked_after_closing(
    stage: Stage, access: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The other two ways to answer anonymously; some keep a draft first, and the attacker holds every row a person ever left."""
    caplog.set_level(logging.DEBUG)
    asked = (QUESTIONS[0], QUESTIONS[1], QUESTIONS[4], QUESTIONS[5])
    made = make_questionnaire(stage, privacy="anonymous", access=access, questions=asked)
    with stage.work() as session:
        people = [
            Account(email=f"p{i:03}@example.org", display_name=f"P {i}", email_verified_at=datetime.now(UTC))
            for i in range(PEOPLE)
        ]
        session.add_all(people)
        session.flush()
        keys = [person.id for person in people]
    caplog.clear()
    order = list(keys)
    CHANCE.shuffle(order)
    secrets = {key: f"segreto {uuid.uuid4().hex}" for key in order}
    address = f"/processi/piano-di-prova/questionari/{made.id}"
    for n, key in enumerate(order):
        client = stage.client_of(key)
        page = client.get(address).text
        code = re.search(r'name="code"[^>]*value="([^"]+)"', page)
        assert code
        data = made.form(single="o1") | {made.questions[0].field: secrets[key], "code": code.group(1)}
        if n % 5 == 0:
            client.post(address, data=data | {"azione": "salva"})
            found = re.search(r'receipt-code"><strong>([A-Z0-9-]+)<', client.get(f"{address}/riprendi").text)
            assert found
            data["resume"] = found.group(1)
        assert client.post(address, data=data).status_code == 303
        if n % 37 == 20:
            with stage.work() as session:
                services.sweep(session, questionnaire_id=made.id, now=datetime.now(UTC))
    stage.client_as(Role.facilitator).send(f"/scrivania/piano-di-prova/questionari/{made.id}/chiudi")
    with stage.work() as session:
        services.sweep(session, questionnaire_id=made.id, now=datetime.now(UTC) + timedelta(minutes=5))
    with stage.engine.connect() as connection:
        tables = _dump(connection)
    assert tables["staged_answer"] == tables["answer_draft"] == tables["account_draft"] == tables["answer_key"] == []
    assert len(tables["answer"]) == PEOPLE
    assert len(tables["participation"]) == (PEOPLE if access == "registered" else 0)
    # One row a person: taking part where that is noted, else the session in which they answered.
    own = {
        str(row["account_id"]): row for row in tables["participation" if access == "registered" else "sign_in_session"]
    }
    tables["person"] = [
        {**own[str(row["id"])], "id": row["id"], "email": row["email"]}
        for row in tables["account"]
        if str(row["id"]) in own
    ]
    words = {row["text"]: row for row in tables["source"]}
    scores: dict[str, int] = {}
    for target in ("answer", "source"):
        truth = {
            str(k): str(words[s]["voice_id"] if target == "answer" else words[s]["id"]) for k, s in secrets.items()
        }
        dump = Dump(
            tables=tables,
            people_table="person",
            answers_table=target,
            seen_order=[str(key) for key in order],
            log_lines=[record.getMessage() for record in caplog.records],
        )
        for strategy in STRATEGIES:
            scores[f"{target} by {strategy.__name__}"] = right(strategy(dump), truth)
    assert max(scores.values()) <= 6, scores


def test_somebody_who_keeps_the_letter_finds_no_answer_after_the_sweep(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous", access="invitation")
    tokens = list(invite_and_mail(stage, made, [f"p{i}@example.org" for i in range(10)]).tokens().values())
    for i, token in enumerate(tokens):
        client = stage.client_as(None)
        page = client.get(f"/q/{token}").text
        code = re.search(r'name="code"[^>]*value="([^"]+)"', page)
        client.post(f"/q/{token}", data=made.form(f"Voce numero {i}") | {"code": code.group(1) if code else ""})
    with stage.work() as session:
        assert services.sweep(session, questionnaire_id=made.id, now=datetime.now(UTC)) == 10
    with stage.engine.connect() as connection:
        tables = _dump(connection)
    spent = {bytes(row["token_hash"]) for row in tables["ballot"] if row["used"]}
    assert len(spent) == 10
    for table in ("answer", "source", "answer_key", "staged_answer", "answer_draft"):
        for row in tables[table]:
            assert not any(isinstance(v, (bytes, memoryview)) and bytes(v) in spent for v in row.values()), table
    by_ballot = {row["xmin"] for row in tables["ballot"]}
    assert not by_ballot & {row["xmin"] for row in tables["answer"] + tables["source"]}


NAIVE = """
CREATE TABLE naive_person (id uuid PRIMARY KEY, email text, answered boolean DEFAULT false);
CREATE TABLE naive_answer (id uuid PRIMARY KEY, secret text);
"""


def test_the_same_attacks_link_most_answers_of_a_naive_schema(stage: Stage) -> None:
    """The control: separate tables, no foreign key, random keys, no time; but one transaction for both rows."""
    person = {f"p{i:03}@example.org": str(uuid.uuid4()) for i in range(PEOPLE)}
    secrets = {address: f"segreto {uuid.uuid4().hex}" for address in person}
    order = list(person)
    CHANCE.shuffle(order)
    with stage.engine.begin() as connection:
        for statement in filter(str.strip, NAIVE.split(";")):
            connection.execute(text(statement))
        for address, key in person.items():
            connection.execute(
                text("INSERT INTO naive_person (id, email) VALUES (:id, :email)"), {"id": key, "email": address}
            )
    for address in order:
        with stage.engine.begin() as connection:
            connection.execute(text("UPDATE naive_person SET answered = true WHERE email = :email"), {"email": address})
            connection.execute(
                text("INSERT INTO naive_answer VALUES (:id, :secret)"),
                {"id": str(uuid.uuid4()), "secret": secrets[address]},
            )
    with stage.engine.connect() as connection:
        tables = _dump(connection)
    answer_of = {row["secret"]: str(row["id"]) for row in tables["naive_answer"]}
    dump = Dump(tables, "naive_person", "naive_answer", seen_order=[person[a] for a in order])
    truth = {person[a]: answer_of[secrets[a]] for a in order}
    scores = {strategy.__name__: right(strategy(dump), truth) for strategy in STRATEGIES}
    assert scores["xmin_equal"] >= 150, scores
    assert scores["xmin_nearest"] >= 150, scores
    assert scores["seen_order_to_ctid"] >= 150, scores
    assert scores["seen_order_to_xmin"] >= 150, scores


@pytest.mark.parametrize("table", ["answer", "staged_answer", "source", "ballot", "answer_draft"])
def test_tables_of_anonymous_answers_hold_no_time_serial_or_person(stage: Stage, table: str) -> None:
    """No column that is a time, a counter, an address, a session or an account; `said_on` is a day, empty for answers."""
    with stage.engine.connect() as connection:
        columns = connection.execute(
            text(
                "SELECT column_name, data_type, is_identity, column_default FROM information_schema.columns WHERE table_name = :table"
            ),
            {"table": table},
        ).all()
    assert columns
    for name, kind, identity, default in columns:
        assert not kind.startswith("timestamp"), name
        assert identity == "NO", name
        assert "nextval" not in (default or ""), name
        assert not re.search(r"account|session|person|address|(^|_)ip($|_)|agent|once|created|_at$", name), name
