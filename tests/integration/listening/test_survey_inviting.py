"""Invitations to a questionnaire: lists with bad lines, letters in batches, letters that fail, reminders."""

from __future__ import annotations

import io
import uuid
from datetime import UTC, datetime

from sqlalchemy import select, text

from consult.core.jobs import OutboxJob
from consult.core.vocabulary import Role
from consult.listening.surveys import queries, services
from consult.listening.surveys.models import Ballot, Invitation, Questionnaire
from consult.ports.mail import MailAway, MailRefused
from tests.conftest import Stage
from tests.factories.survey_pages import DESK, PEOPLE, filled, rows_in
from tests.factories.surveys import KeptMail, invite_and_mail, make_questionnaire


def test_letters_of_an_anonymous_questionnaire(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous")
    mail = KeptMail(failing={"p2@example.org": MailAway("away"), "p5@example.org": MailRefused("no")})
    invite_and_mail(stage, made, PEOPLE, mail=mail)
    assert len(mail.letters) == 10
    assert all(letter.hide_recipient for letter in mail.letters)
    assert len(set(mail.tokens().values())) == 10
    with stage.work() as session:
        states = queries.invitation_states(session, questionnaire_id=made.id)
        assert states == {"sent": 10, "failed": 1, "refused": 1}
        assert session.execute(select(Questionnaire.ballots_minted)).scalar_one() == 12
        assert set(session.execute(select(Invitation.token_hash)).scalars()) == {None}
    assert rows_in(stage, Ballot) == 12
    client = stage.client_as(Role.facilitator)
    # One failed letter alone may not leave again: its ballot would be known.
    assert client.send(f"{DESK}/{made.id}/inviti/invia", {"again": "1"}).status_code == 422
    few = make_questionnaire(stage, privacy="anonymous")
    assert client.send(f"{DESK}/{few.id}/inviti", {"people": "a@example.org\nb@example.org"}).status_code == 303
    assert client.send(f"{DESK}/{few.id}/inviti/invia").status_code == 422


def test_many_anonymous_letters_leave_in_batches_that_never_end_below_ten(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous")
    mail = invite_and_mail(stage, made, [f"n{i}@example.org" for i in range(205)])
    assert len(mail.tokens()) == 205
    with stage.work() as session:
        sizes = session.execute(text("SELECT count(*) FROM ballot GROUP BY xmin::text ORDER BY 1")).scalars().all()
    assert min(sizes) >= 10
    assert sum(sizes) == 205


def test_reminders_go_to_those_who_have_not_answered_and_carry_the_same_link(stage: Stage) -> None:
    made = make_questionnaire(stage)
    mail = invite_and_mail(stage, made, ["una@example.org", "due@example.org"])
    client = stage.client_as(None)
    link = f"/q/{mail.tokens()['una@example.org']}"
    client.post(link, data=filled(made, client.get(link).text))
    staff = stage.client_as(Role.facilitator)
    assert staff.send(f"{DESK}/{made.id}/inviti/ricorda").status_code == 303
    with stage.work() as session:
        jobs = (
            session.execute(select(OutboxJob.payload).where(OutboxJob.topic == "surveys.mail_reminder")).scalars().all()
        )
    assert len(jobs) == 1
    again = KeptMail()
    for _ in range(2):
        with stage.app.test_request_context("/"), stage.work() as session:
            services.send_reminder(
                session,
                invitation_id=uuid.UUID(jobs[0]["invitation_id"]),
                mailer=again,
                secret="test",
                now=datetime.now(UTC),
            )
    assert again.tokens() == {"due@example.org": mail.tokens()["due@example.org"]}
    assert len(again.letters) == 1
    page = staff.get(f"{DESK}/{made.id}/inviti").text
    assert page.count("<span>ha risposto") == 1


def test_lists_with_bad_lines_keep_the_good_ones(stage: Stage) -> None:
    made = make_questionnaire(stage)
    client = stage.client_as(Role.facilitator)
    address = f"{DESK}/{made.id}/inviti"
    answer = client.send(address, {"people": "a@example.org;;;2\nstorta\nb@example.org;;;99"})
    assert answer.status_code == 200
    assert "Riga 2" in answer.text
    assert "Riga 3" in answer.text
    assert rows_in(stage, Invitation) == 1
    upload = {"people": "", "file": (io.BytesIO("e-mail;zona\nc@example.org;Valle\n".encode("utf-16")), "inviti.csv")}
    assert client.send(address, upload, content_type="multipart/form-data").status_code == 303
    assert client.send(address, {"people": " "}).status_code == 422
    assert rows_in(stage, Invitation) == 2
    shared = make_questionnaire(stage, access="open")
    assert client.send(f"{DESK}/{shared.id}/inviti", {"people": "a@example.org"}).status_code == 422
