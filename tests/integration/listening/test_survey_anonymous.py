"""Anonymous answers: what is written when one is sent, and the sweep that moves them ten at a time and loses none."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select, text, update

from consult.audit.models import AuditEvent
from consult.core.jobs import OutboxJob
from consult.core.once import FormReceipt
from consult.core.vocabulary import Role
from consult.listening.sources.models import Source
from consult.listening.sources.rules import new_receipt_code, receipt_hash
from consult.listening.surveys import queries, services
from consult.listening.surveys.models import Answer, Participation, Questionnaire, StagedAnswer
from tests.conftest import Stage
from tests.factories.live_sources import live_sources
from tests.factories.survey_pages import DESK, OPEN, PEOPLE, SPEAKER, code_of, filled, hidden, receipt_of, rows_in
from tests.factories.surveys import Made, invite_and_mail, make_questionnaire
from tests.factories.world import counted_statements


def test_an_anonymous_answer_writes_nothing_but_itself_and_a_counter(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous")
    tokens = invite_and_mail(stage, made, PEOPLE).tokens()
    before = {table: rows_in(stage, table) for table in (OutboxJob, AuditEvent, FormReceipt, Source)}
    client = stage.client_of(stage.world.others[0])  # Even signed in.
    link = f"/q/{tokens['p1@example.org']}"
    sheet = filled(made, client.get(link).text)
    with counted_statements(stage.engine) as sent:
        done = client.post(link, data=sheet)
    assert done.status_code == 303
    written = {re.split(r"\s+", s.strip())[2] for s in sent if s.lstrip().startswith(("INSERT", "DELETE"))}
    assert written <= {"staged_answer", "answer_count", "answer_draft"}, written
    assert {table: rows_in(stage, table) for table in before} == before
    code = receipt_of(client.get(done.location).text)
    # Sent again: the same receipt; from another browser: that an answer is there, and no code.
    assert client.post(link, data=sheet).status_code == 303
    assert receipt_of(client.get(f"{link}/grazie").text) == code
    other = stage.client_as(None)
    assert "Con questo link una risposta è già arrivata" in other.get(link).text
    answered = other.post(link, data=sheet | {"code": new_receipt_code()})
    assert answered.status_code == 303
    assert "receipt-code" not in other.get(answered.location).text
    with stage.work() as session:
        receipt = queries.by_receipt(session, code_hash=receipt_hash(code) or b"")
        assert receipt is not None
        assert receipt.waiting
    assert rows_in(stage, StagedAnswer) == 1


def _send_all(stage: Stage, made: Made, tokens: list[str], start: int = 0) -> None:
    for i, token in enumerate(tokens, start):
        client = stage.client_as(None)
        page = client.get(f"/q/{token}").text
        place = f"z:{stage.world.zones[str(1 + i % 3)]}"
        sent = client.post(f"/q/{token}", data=filled(made, page, f"Voce {i}", place=place, speaker="association"))
        assert sent.status_code == 303, sent.text


def test_the_sweep_waits_for_ten_and_moves_all_at_closing(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous")
    tokens = list(invite_and_mail(stage, made, PEOPLE).tokens().values())
    now = datetime.now(UTC)

    def sweep() -> int:
        with stage.work() as session:
            return services.sweep(session, questionnaire_id=made.id, now=now)

    _send_all(stage, made, tokens[:9])
    assert sweep() == 0
    _send_all(stage, made, tokens[9:10], 9)
    assert sweep() == 10
    assert sweep() == 0
    _send_all(stage, made, tokens[10:11], 10)
    assert sweep() == 0
    assert stage.client_as(Role.facilitator).send(f"{DESK}/{made.id}/chiudi").status_code == 303
    assert stage.client_as(None).post(f"/q/{tokens[11]}", data=made.form()).status_code == 403
    assert sweep() == 1
    assert rows_in(stage, StagedAnswer) == 0
    assert rows_in(stage, Answer) == 11
    with stage.work() as session:
        rows = live_sources(session, process_id=stage.world.process_id)
        assert sorted(r.text for r in rows) == sorted(f"Voce {i}" for i in range(11))
        # Four were invited from each zone, so the zone is dropped and the kind, shared by twelve, is kept.
        assert {(r.zone_code, r.speaker_kind) for r in rows} == {(None, "association")}
        assert session.execute(select(Source.said_on)).scalars().all() == [None] * 11
        assert session.execute(select(Questionnaire.swept)).scalar_one()
        assert len(set(session.execute(text("SELECT xmin::text FROM answer")).scalars())) == 1
        assert len(set(session.execute(text("SELECT xmin::text FROM source")).scalars())) == 1


def test_sweeping_one_questionnaire_keeps_what_waits_for_others(stage: Stage) -> None:
    one = make_questionnaire(stage, privacy="anonymous", access="open")
    two = make_questionnaire(stage, privacy="anonymous", access="open")
    for made, number in ((one, 10), (two, 4)):
        for i in range(number):
            client = stage.client_as(None)
            page = client.get(f"{OPEN}/{made.id}").text
            assert client.post(f"{OPEN}/{made.id}", data=filled(made, page, f"Voce {i}")).status_code == 303
    with stage.work() as session:
        services.ask_for_due(session, now=datetime.now(UTC))
        services.ask_for_due(session, now=datetime.now(UTC))
        asked = session.execute(select(OutboxJob.payload).where(OutboxJob.topic == "surveys.sweep")).scalars().all()
    assert asked == [{"questionnaire_id": str(one.id)}]
    with stage.work() as session:
        assert services.sweep(session, questionnaire_id=one.id, now=datetime.now(UTC)) == 10
    assert rows_in(stage, StagedAnswer) == 4
    assert rows_in(stage, Answer) == 10


def test_answers_sent_while_sweeping_are_all_kept(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous", access="open")
    sent, stop = [], threading.Event()

    def send(i: int) -> None:
        for k in range(12):
            client = stage.client_as(None)
            page = client.get(f"{OPEN}/{made.id}").text
            sent.append(client.post(f"{OPEN}/{made.id}", data=filled(made, page, f"Voce {i}-{k}")).status_code)

    def sweep() -> None:
        while not stop.is_set():
            with stage.work() as session:
                services.sweep(session, questionnaire_id=made.id, now=datetime.now(UTC))

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    threads = [threading.Thread(target=send, args=(i,)) for i in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    sweeper.join()
    assert set(sent) == {303}
    assert rows_in(stage, Answer) + rows_in(stage, StagedAnswer) == len(sent) == 60


def test_a_replay_after_the_sweep_is_still_one_answer(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous", access="open")
    client = stage.client_as(None)
    sheets = []
    for i in range(10):
        sheets.append(filled(made, client.get(f"{OPEN}/{made.id}").text, f"Voce {i}"))
        client.post(f"{OPEN}/{made.id}", data=sheets[-1])
    with stage.work() as session:
        assert services.sweep(session, questionnaire_id=made.id, now=datetime.now(UTC)) == 10
    again = client.post(f"{OPEN}/{made.id}", data=sheets[0])
    assert again.status_code == 303
    assert receipt_of(client.get(again.location).text) == sheets[0]["code"]
    assert rows_in(stage, StagedAnswer) == 0
    assert rows_in(stage, Answer) == 10


WORDS = services.QuestionFields(kind="long", text="Che cosa serve?")


def test_a_full_group_is_told_in_plain_words_keeps_what_was_written_and_leaves_no_trace(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous", access="registered", questions=(SPEAKER, WORDS))
    speaker, words = made.questions
    desk, page = stage.client_as(Role.facilitator), f"{OPEN}/{made.id}"
    goal = {"voce-resident": "5", "ferma-voce-resident": "1"}
    assert desk.send(f"{DESK}/{made.id}/copertura", goal).status_code == 303
    people = [*stage.world.others, *stage.world.accounts.values()]
    # The sixth has opened the sheet while there is room.
    sixth = stage.client_of(people[5])
    opened = sixth.get(page).text
    assert "gruppi sono già al completo" not in opened
    for account in people[:5]:
        client = stage.client_of(account)
        sheet = {"code": code_of(client.get(page).text), "azione": "invia", speaker.field: "resident", words.field: "Treni"}
        assert client.post(page, data=sheet).status_code == 303
    mine = {"code": code_of(opened), "azione": "invia", speaker.field: "resident", words.field: "Un asilo a Borgo"}
    refused = sixth.post(page, data=mine)
    assert refused.status_code == 422
    assert "Dal tuo gruppo non si prendono altre risposte" in refused.text
    assert "Ne sono già arrivate tante quante se ne aspettavano" in refused.text
    assert refused.text.count("Un asilo a Borgo") > 1, "in its field and in what was written"
    assert (rows_in(stage, StagedAnswer), rows_in(stage, Participation)) == (5, 5), "nobody is noted who was not taken"
    # Of another group there is room; and who was refused may answer as soon as the target no longer stops.
    other = stage.client_of(people[6])
    sheet = {"code": code_of(other.get(page).text), "azione": "invia", speaker.field: "association", words.field: "Verde"}
    assert other.post(page, data=sheet).status_code == 303
    assert desk.send(f"{DESK}/{made.id}/copertura", {"voce-resident": "5"}).status_code == 303
    assert sixth.post(page, data=mine).status_code == 303
    assert (rows_in(stage, StagedAnswer), rows_in(stage, Participation)) == (7, 7)


def test_who_answered_may_correct_page_by_page_when_their_group_is_full(stage: Stage) -> None:
    made = make_questionnaire(stage, access="registered", questions=(SPEAKER, replace(WORDS, page=2)))
    speaker, words = made.questions
    page = f"{OPEN}/{made.id}"
    goal = {"voce-resident": "5", "ferma-voce-resident": "1"}
    assert stage.client_as(Role.facilitator).send(f"{DESK}/{made.id}/copertura", goal).status_code == 303
    clients = [stage.client_of(account) for account in [*stage.world.others, *stage.world.accounts.values()][:5]]
    for client in clients:
        sheet = {"code": code_of(client.get(page).text), "azione": "invia", speaker.field: "resident", words.field: "Treni"}
        assert client.post(page, data=sheet).status_code == 303
    opened = clients[0].get(page).text
    sheet = {"code": code_of(opened), "version": hidden(opened, "version"), "step": "1", speaker.field: "resident", words.field: "Verde"}
    turned = clients[0].post(page, data=sheet | {"azione": "avanti"})
    assert turned.status_code == 200
    assert "Salva le correzioni" in turned.text
    sent = clients[0].post(page, data=sheet | {"azione": "invia", "step": hidden(turned.text, "step")})
    assert sent.status_code == 303
    assert "Verde" in clients[0].get(page).text


def test_a_target_that_stops_does_not_slip_into_anonymous_invitations(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous", access="open", publish=False, questions=(SPEAKER,))
    desk = stage.client_as(Role.facilitator)
    goal = {"voce-resident": "5", "ferma-voce-resident": "1"}
    assert desk.send(f"{DESK}/{made.id}/copertura", goal).status_code == 303
    page = desk.get(f"{DESK}/{made.id}/impostazioni").text
    settings = {"title": "Titolo", "privacy": "anonymous", "access": "invitation", "version": hidden(page, "version")}
    refused = desk.send(f"{DESK}/{made.id}/impostazioni", settings)
    assert refused.status_code == 422
    assert "Con un obiettivo che ferma la raccolta non si può" in refused.text
    assert desk.send(f"{DESK}/{made.id}/copertura", {"voce-resident": "5"}).status_code == 303
    assert desk.send(f"{DESK}/{made.id}/impostazioni", settings).status_code == 303
    # One that has a stop from before it was refused may be edited; only a stop may not be set.
    with stage.work() as session:
        session.execute(update(Questionnaire).values(stops=True))
    page = desk.get(f"{DESK}/{made.id}/impostazioni").text
    other = settings | {"title": "Un altro titolo", "version": hidden(page, "version")}
    assert desk.send(f"{DESK}/{made.id}/impostazioni", other).status_code == 303
    assert desk.send(f"{DESK}/{made.id}/copertura", goal).status_code == 422
