"""Answers that can be found again: by personal link or signed in, saved, resumed, sent once, edited, until the keys are deleted."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, update

from consult.listening.sources.models import Source
from consult.listening.sources.rules import new_receipt_code, receipt_hash
from consult.listening.surveys import queries, services
from consult.listening.surveys.models import Answer, AnswerCount, AnswerDraft, Invitation, StagedAnswer
from consult.people.models import Account
from tests.conftest import Stage
from tests.factories.answers import speaks_for
from tests.factories.decisions import publish_finding
from tests.factories.live_sources import live_sources
from tests.factories.survey_pages import OPEN, PEOPLE, filled, receipt_of, rows_in
from tests.factories.surveys import invite_and_mail, make_questionnaire
from tests.factories.world import counted_statements


def test_an_invited_person_saves_resumes_sends_and_edits(stage: Stage) -> None:
    made = make_questionnaire(stage)
    (token,) = invite_and_mail(stage, made, ["una@example.org; Comune di Borgo; comune; 2"]).tokens().values()
    link = f"/q/{token}"
    phone, desk = stage.client_as(None), stage.client_as(None)
    page = phone.get(link)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert phone.head(link).status_code == 200
    assert rows_in(stage, AnswerDraft) == rows_in(stage, Answer) == 0
    # A step forward without the required answer is refused, with it the draft is kept.
    step = filled(made, page.text, "") | {"azione": "avanti"}
    assert phone.post(link, data=step).status_code == 422
    forward = phone.post(link, data=filled(made, page.text, "Serve il treno.") | {"azione": "avanti"})
    assert forward.status_code == 200
    assert "Quanto è urgente?" in forward.text
    assert "Passo 2 di 2" in forward.text
    assert phone.post(link, data=filled(made, page.text, "Serve il treno.") | {"azione": "salva"}).status_code == 303
    resumed = desk.get(link).text
    assert "Serve il treno." in resumed
    sent = desk.post(
        link, data=filled(made, resumed, "Serve il treno presto.", scale="4", single="o1", multiple=["o1", "o3"])
    )
    assert sent.status_code == 303
    code = receipt_of(desk.get(sent.location).text)
    assert rows_in(stage, AnswerDraft) == 0
    with stage.work() as session:
        receipt = queries.by_receipt(session, code_hash=receipt_hash(code) or b"")
        assert receipt is not None
        (row,) = live_sources(session, process_id=stage.world.process_id)
        assert receipt.source_ids == (row.id,)
        # Zone and kind come from the invitation where they were not answered.
        assert (row.text, row.zone_code, row.speaker_kind, row.channel) == (
            "Serve il treno presto.",
            "2",
            "municipality",
            "answer",
        )
        assert row.unit_id == made.questions[0].id
        # The words stand in the source only.
        assert "treno" not in str(session.execute(select(Answer.values)).scalar_one())
    # Two tabs: the first save counts, the second sees a conflict with both texts.
    tab = desk.get(link).text
    assert "Hai già risposto" in tab
    assert desk.post(link, data=filled(made, tab, "Serve il treno ogni ora.")).status_code == 303
    stale = desk.post(link, data=filled(made, tab, "Serve il bus."))
    assert stale.status_code == 409
    assert "Serve il treno ogni ora." in stale.text
    assert "Serve il bus." in stale.text
    # The same edit sent twice is one edit.
    fresh = desk.get(link).text
    twice = [desk.post(link, data=filled(made, fresh, "Serve il treno ogni ora!")).status_code for _ in range(2)]
    assert twice == [303, 303]
    with stage.work() as session:
        (row,) = live_sources(session, process_id=stage.world.process_id)
        assert (row.text, row.revision) == ("Serve il treno ogni ora!", 3)
    assert rows_in(stage, Answer) == 1
    # Who proved the address that was invited finds it among their own things; who speaks for the organisation sees that it answered, no words.
    member, other = stage.world.others[:2]
    with stage.work() as session:
        body = speaks_for(session, stage.world, member, name="Comune di Borgo")
        elsewhere = speaks_for(session, stage.world, member, name="Comune di Valle")
        session.execute(update(Account).where(Account.id == other).values(email="una@example.org"))
        publish_finding(session, stage.world, [row.id], title="I treni sono pochi")
    mine = stage.client_of(other).get("/io").text
    assert "I treni sono pochi" in mine
    assert "con l’invito arrivato al tuo indirizzo" in mine
    page = stage.client_of(member).get(f"/io/organizzazioni/{body}").text
    assert "Questionari</h2>" in page
    assert "I treni sono pochi" in page
    assert "Serve il treno" not in page
    assert "Questionari</h2>" not in stage.client_of(member).get(f"/io/organizzazioni/{elsewhere}").text


def test_links_are_hashes_and_unknown_ones_open_nothing(stage: Stage) -> None:
    made = make_questionnaire(stage)
    mail = invite_and_mail(stage, made, ["una@example.org"])
    token = mail.tokens()["una@example.org"]
    with stage.work() as session:
        stored = session.execute(select(Invitation.token_hash)).scalar_one()
    assert stored is not None
    assert len(stored) == 32
    client = stage.client_as(None)
    for wrong in ("x", token[:-1], token + "A", "..%2f..", "%00"):
        assert client.get(f"/q/{wrong}").status_code in {404, 422}
        assert client.post(f"/q/{wrong}", data={}).status_code in {404, 422}


@pytest.mark.parametrize("privacy", ["pseudonymous", "anonymous"])
def test_sixteen_parallel_sends_of_one_link_are_one_answer(stage: Stage, privacy: str) -> None:
    made = make_questionnaire(stage, privacy=privacy)
    token = invite_and_mail(stage, made, PEOPLE).tokens()["p3@example.org"]
    link, barrier, seen = f"/q/{token}", threading.Barrier(16), []
    sheet = filled(made, stage.client_as(None).get(link).text)

    def send(i: int) -> None:
        client = stage.client_as(None)
        barrier.wait()
        # Half of them are the same form sent again, half are other tabs with a code of their own.
        data = sheet if i % 2 else sheet | {"code": new_receipt_code()}
        seen.append(client.post(link, data=data).status_code)

    threads = [threading.Thread(target=send, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) <= {303, 409}
    assert rows_in(stage, StagedAnswer if privacy == "anonymous" else Answer) == 1
    assert rows_in(stage, Source) == (0 if privacy == "anonymous" else 1)


def test_a_signed_in_person_has_one_answer_and_edits_it(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open")
    address, account = f"{OPEN}/{made.id}", stage.world.others[0]
    client = stage.client_of(account)
    assert "Che cosa serve qui?" in client.get(OPEN).text
    page = client.get(address).text
    assert client.post(address, data=filled(made, page, "Primo", speaker="resident")).status_code == 303
    assert client.post(address, data=filled(made, page, "Primo", speaker="resident")).status_code == 303
    edit = client.get(address).text
    assert "Primo" in edit
    assert client.post(address, data=filled(made, edit, "Secondo", speaker="resident")).status_code == 303
    assert rows_in(stage, Answer) == 1
    assert (
        stage.client_as(None)
        .post(address, data=filled(made, stage.client_as(None).get(address).text, "Altri"))
        .status_code
        == 303
    )
    assert rows_in(stage, Answer) == 2
    with stage.work() as session:
        (mine,) = queries.own(session, account_id=account)
        assert len(mine.source_ids or []) == 1
        exported = services.PERSONAL_DATA.export(session, account_id=account)
        assert exported[0]["risposte"]["Di che cosa ha bisogno il territorio?"] == "Secondo"
        services.PERSONAL_DATA.erase(session, account_id=account, now=datetime.now(UTC))
    with stage.work() as session:
        assert queries.own(session, account_id=account) == []
        assert [r.text for r in live_sources(session, process_id=stage.world.process_id)] == ["Altri"]
    assert rows_in(stage, Answer) == 2


def test_keys_are_deleted_on_their_day(stage: Stage) -> None:
    made = make_questionnaire(stage, keys_deleted_on=date(2030, 1, 1))
    (token,) = invite_and_mail(stage, made, ["una@example.org"]).tokens().values()
    client = stage.client_as(None)
    assert client.post(f"/q/{token}", data=filled(made, client.get(f"/q/{token}").text)).status_code == 303
    with stage.work() as session:
        assert services.delete_keys(session, now=datetime(2029, 12, 31, tzinfo=UTC)) == 0
        assert services.delete_keys(session, now=datetime(2030, 1, 1, tzinfo=UTC)) == 1
    assert client.get(f"/q/{token}").status_code == 404
    assert rows_in(stage, Answer) == 1


def test_sending_costs_four_statements_and_a_replay_says_nothing_twice(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open")
    client = stage.client_as(None)
    address = f"{OPEN}/{made.id}"
    sheet = filled(made, client.get(address).text, "Serve il treno.")
    for _time in range(2):
        with counted_statements(stage.engine) as sent:
            assert client.post(address, data=sheet).status_code == 303
        # Process and phases; the locks; the questionnaire as it is then; the answer with its words and its place in the count.
        assert len(sent) == 4, sent
        assert (rows_in(stage, Answer), rows_in(stage, Source), rows_in(stage, AnswerCount)) == (1, 1, 1)


def test_statements_of_the_respondents_page_do_not_grow(stage: Stage) -> None:
    asked = tuple(services.QuestionFields(kind="long", text=f"Domanda {i}?") for i in range(40))
    made = make_questionnaire(stage, access="open", questions=asked)
    client = stage.client_as(None)
    with counted_statements(stage.engine) as sent:
        assert client.get(f"{OPEN}/{made.id}").status_code == 200
    assert len(sent) <= 8, sent
    token = invite_and_mail(stage, make_questionnaire(stage, questions=asked), ["una@example.org"]).tokens()[
        "una@example.org"
    ]
    with counted_statements(stage.engine) as sent:
        assert client.get(f"/q/{token}").status_code == 200
    assert len(sent) <= 10, sent
