"""Sheets of paper of people who were invited: each spends the invitation, or the ballot, and no more than one."""

from __future__ import annotations

from sqlalchemy import func, select

from consult.core.vocabulary import Role
from consult.listening.surveys.models import Answer, AnswerKey, Ballot, StagedAnswer
from tests.conftest import Stage
from tests.factories.survey_pages import DESK, code_of
from tests.factories.surveys import invite_and_mail, make_questionnaire


def test_a_sheet_of_paper_spends_the_invitation(stage: Stage) -> None:
    made = make_questionnaire(stage)
    mail = invite_and_mail(stage, made, ["ada@example.org", "bruno@example.org"])
    client = stage.client_as(Role.facilitator)
    page = client.get(f"{DESK}/{made.id}/carta").text
    assert "Invito di chi ha risposto" in page
    # Who only enters sheets finds the questionnaire from the desk, and goes straight there.
    operator = stage.client_as(Role.operator)
    assert f'href="{DESK}"' in operator.get("/scrivania").text
    assert f'href="{DESK}/{made.id}/carta"' in operator.get(DESK).text
    assert f'href="{DESK}/{made.id}"' in client.get(DESK).text
    words = next(q for q in made.questions if q.kind == "long").field

    def enter(invited: str, text: str = "Più treni.") -> tuple[int, str]:
        code = code_of(client.get(f"{DESK}/{made.id}/carta").text)
        done = client.post(f"{DESK}/{made.id}/carta", data={"code": code, words: text, "invitato": invited})
        return done.status_code, done.text

    assert enter("nessuno@example.org")[0] == 422
    assert enter("Ada@Example.org")[0] == 303
    status, text = enter("ada@example.org", "Di nuovo.")
    assert status == 422
    assert "ha già risposto" in text
    assert "Di nuovo." in text
    token = mail.tokens()["bruno@example.org"]
    assert enter(f"https://consult.example.org/q/{token}")[0] == 303
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(AnswerKey)).scalar_one() == 2
        assert session.execute(select(func.count()).where(Answer.on_paper)).scalar_one() == 2
    # The link opens the answer that was given on paper, not an empty sheet.
    assert "Più treni." in stage.client_as(None).get(f"/q/{token}").text


def test_a_sheet_of_paper_spends_a_ballot_and_names_nobody(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous")
    mail = invite_and_mail(stage, made, [f"p{n}@example.org" for n in range(10)])
    client = stage.client_as(Role.facilitator)
    words = next(q for q in made.questions if q.kind == "long").field
    token = mail.tokens()["p3@example.org"]
    for invited, status in (("p3@example.org", 422), ("x" * 22, 422), (token, 303), (token, 422)):
        code = code_of(client.get(f"{DESK}/{made.id}/carta").text)
        sent = client.post(f"{DESK}/{made.id}/carta", data={"code": code, words: "Più bus.", "invitato": invited})
        assert sent.status_code == status, invited
    with stage.work() as session:
        assert session.execute(select(func.count()).where(Ballot.used)).scalar_one() == 1
        assert session.execute(select(func.count()).where(StagedAnswer.on_paper)).scalar_one() == 1
        assert session.execute(select(func.count()).select_from(AnswerKey)).scalar_one() == 0
    assert stage.client_as(None).get(f"/q/{token}").status_code == 200
