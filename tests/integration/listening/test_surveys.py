"""Questionnaires through the pages: building, inviting, answering, results."""

from __future__ import annotations

import io
import re
import threading
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from consult.audit.models import AuditEvent
from consult.core.jobs import OutboxJob
from consult.core.once import FormReceipt
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import PhaseKind, Role
from consult.listening.sources.models import Source
from consult.listening.sources.queries import for_aggregation
from consult.listening.sources.rules import new_receipt_code, receipt_hash
from consult.listening.surveys import queries, services
from consult.listening.surveys.models import (
    Answer,
    AnswerDraft,
    AnswerKey,
    Ballot,
    Invitation,
    Questionnaire,
    StagedAnswer,
)
from consult.people.models import Account
from consult.ports.mail import MailAway, MailRefused
from consult.process.models import Phase
from tests.conftest import Stage
from tests.factories.answers import speaks_for
from tests.factories.decisions import publish_finding
from tests.factories.surveys import KeptMail, Made, invite_and_mail, make_questionnaire
from tests.factories.world import counted_statements

DESK = "/scrivania/piano-di-prova/questionari"
OPEN = "/processi/piano-di-prova/questionari"
PEOPLE = [f"p{i}@example.org; Ente {i}; associazione; {1 + i % 3}" for i in range(12)]


def _count(stage: Stage, table: Any) -> int:
    with stage.work() as session:
        return int(session.execute(select(func.count()).select_from(table)).scalar_one())


def _code(page: str) -> str:
    return page.split('class="receipt-code"><strong>')[1].split("<")[0]


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    return found.group(1) if found else ""


def _sheet(made: Made, page: str, words: str = "Più treni la sera.", **more: Any) -> dict[str, Any]:
    return made.form(words, **more) | {
        "code": _hidden(page, "code"),
        "version": _hidden(page, "version"),
        "step": _hidden(page, "step"),
    }


# Building


def test_a_facilitator_builds_previews_and_publishes(stage: Stage) -> None:
    client = stage.client_as(Role.facilitator)
    assert client.get(f"{DESK}/nuovo").status_code == 200
    begun = client.send(f"{DESK}/nuovo", {"title": "Bisogni del territorio", "privacy": "anonymous", "access": "open"})
    assert begun.status_code == 303
    one = begun.location
    assert client.send(f"{one}/pubblica").status_code == 422
    assert client.get(f"{one}/domande/nuova").status_code == 200
    asked = {
        "kind": "long",
        "text": "Che cosa serve?",
        "required": "y",
        "purpose": "Per scrivere il piano",
        "page": "1",
    }
    assert client.send(f"{one}/domande/nuova", asked).status_code == 303
    assert (
        client.send(f"{one}/domande/nuova", {"kind": "single", "text": "Quale mezzo?", "options": "Treno"}).status_code
        == 422
    )
    assert (
        client.send(
            f"{one}/domande/nuova", {"kind": "single", "text": "Quale mezzo?", "options": "Treno\nBici"}
        ).status_code
        == 303
    )
    assert (
        client.send(f"{one}/domande/nuova", {"kind": "scale", "text": "Quanto?", "low": "5", "high": "2"}).status_code
        == 422
    )
    assert (
        client.send(f"{one}/domande/nuova", {"kind": "scale", "text": "Quanto?", "low": "0", "high": "10"}).status_code
        == 303
    )
    assert client.send(f"{one}/domande/nuova", {"kind": "place", "text": "Da dove?"}).status_code == 303
    assert client.send(f"{one}/domande/nuova", {"kind": "place", "text": "Da dove ancora?"}).status_code == 422
    page = client.get(one).text
    keys = re.findall(rf"{one}/domande/([0-9a-f-]{{36}})\"", page)
    assert len(dict.fromkeys(keys)) == 4
    client.send(f"{one}/domande/{keys[0]}/giu")
    assert client.get(one).text.index("Quale mezzo?") < client.get(one).text.index("Che cosa serve?")
    assert client.send(f"{one}/domande/{keys[-1]}/togli").status_code == 303
    preview = client.get(f"{one}/anteprima").text
    assert "Per scrivere il piano" in preview
    assert client.send(f"{one}/pubblica").status_code == 303
    # Published, its structure is still open; once the first answer is there only texts may be corrected, and the promise stays.
    assert client.send(f"{one}/domande/{keys[0]}", asked | {"kind": "short"}).status_code == 303
    assert client.send(f"{one}/domande/{keys[0]}", asked).status_code == 303
    visitor = stage.client_as(None)
    opened = visitor.get(one.replace("/scrivania", "/processi")).text
    sheet = {"code": _hidden(opened, "code"), f"q_{uuid.UUID(keys[0]).hex}": "Un asilo."}
    assert visitor.post(one.replace("/scrivania", "/processi"), data=sheet).status_code == 303
    edited = asked | {"text": "Che cosa serve qui?"}
    assert client.send(f"{one}/domande/{keys[0]}", edited).status_code == 303
    assert "Che cosa serve?" in client.get(f"{one}/domande/{keys[0]}").text
    assert client.send(f"{one}/domande/{keys[0]}", edited | {"kind": "short"}).status_code == 422
    assert client.send(f"{one}/domande/nuova", asked).status_code == 422
    version = _hidden(client.get(f"{one}/impostazioni").text, "version")
    kept = {"title": "Altro titolo", "privacy": "pseudonymous", "access": "open", "version": version}
    assert client.send(f"{one}/impostazioni", kept).status_code == 422
    assert client.send(f"{one}/impostazioni", kept | {"privacy": "anonymous"}).status_code == 303
    assert client.send(f"{one}/impostazioni", kept | {"privacy": "anonymous"}).status_code == 409
    assert client.get(DESK).status_code == 200
    assert stage.client_as(Role.operator).send(f"{one}/chiudi").status_code in {403, 404}


def test_the_database_itself_keeps_the_privacy_mode(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous", publish=False)
    with stage.work() as session:
        services.invite(
            session,
            process_id=stage.world.process_id,
            questionnaire_id=made.id,
            text="a@example.org",
            actor=SYSTEM,
            now=datetime.now(UTC),
        )
    for statement in (
        "UPDATE questionnaire SET privacy = 'pseudonymous'",
        "UPDATE invitation SET token_hash = '\\x00'",
    ):
        with pytest.raises(DBAPIError), stage.work() as session:
            session.execute(text(statement))
    made = make_questionnaire(stage, privacy="anonymous", access="open")
    with pytest.raises(DBAPIError), stage.work() as session:
        session.execute(text("UPDATE questionnaire SET state = 'draft' WHERE state = 'published'"))
    account = stage.world.others[0]
    with stage.work() as session:
        answer = Answer(questionnaire_id=made.id, values={}, receipt_hash=b"x")
        session.add(answer)
        session.flush()
        key = AnswerKey(
            answer_id=answer.id, questionnaire_id=made.id, account_id=account, submitted_at=datetime.now(UTC)
        )
        session.add(key)
        with pytest.raises(DBAPIError):
            session.flush()
        session.rollback()


# Answering by personal link, pseudonymous


def test_an_invited_person_saves_resumes_sends_and_edits(stage: Stage) -> None:
    made = make_questionnaire(stage)
    (token,) = invite_and_mail(stage, made, ["una@example.org; Comune di Borgo; comune; 2"]).tokens().values()
    link = f"/q/{token}"
    phone, desk = stage.client_as(None), stage.client_as(None)
    page = phone.get(link)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert phone.head(link).status_code == 200
    assert _count(stage, AnswerDraft) == _count(stage, Answer) == 0
    # A step forward without the required answer is refused, with it the draft is kept.
    step = _sheet(made, page.text, "") | {"azione": "avanti"}
    assert phone.post(link, data=step).status_code == 422
    forward = phone.post(link, data=_sheet(made, page.text, "Serve il treno.") | {"azione": "avanti"})
    assert forward.status_code == 200
    assert "Quanto è urgente?" in forward.text
    assert "Passo 2 di 2" in forward.text
    assert phone.post(link, data=_sheet(made, page.text, "Serve il treno.") | {"azione": "salva"}).status_code == 303
    resumed = desk.get(link).text
    assert "Serve il treno." in resumed
    sent = desk.post(
        link, data=_sheet(made, resumed, "Serve il treno presto.", scale="4", single="o1", multiple=["o1", "o3"])
    )
    assert sent.status_code == 303
    code = _code(desk.get(sent.location).text)
    assert _count(stage, AnswerDraft) == 0
    with stage.work() as session:
        receipt = queries.by_receipt(session, code_hash=receipt_hash(code) or b"")
        assert receipt is not None
        (row,) = for_aggregation(session, process_id=stage.world.process_id)
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
    assert desk.post(link, data=_sheet(made, tab, "Serve il treno ogni ora.")).status_code == 303
    stale = desk.post(link, data=_sheet(made, tab, "Serve il bus."))
    assert stale.status_code == 409
    assert "Serve il treno ogni ora." in stale.text
    assert "Serve il bus." in stale.text
    # The same edit sent twice is one edit.
    fresh = desk.get(link).text
    twice = [desk.post(link, data=_sheet(made, fresh, "Serve il treno ogni ora!")).status_code for _ in range(2)]
    assert twice == [303, 303]
    with stage.work() as session:
        (row,) = for_aggregation(session, process_id=stage.world.process_id)
        assert (row.text, row.revision) == ("Serve il treno ogni ora!", 3)
    assert _count(stage, Answer) == 1
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
    sheet = _sheet(made, stage.client_as(None).get(link).text)

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
    assert _count(stage, StagedAnswer if privacy == "anonymous" else Answer) == 1
    assert _count(stage, Source) == (0 if privacy == "anonymous" else 1)


# Anonymous


def test_an_anonymous_answer_writes_nothing_but_itself_and_a_counter(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous")
    tokens = invite_and_mail(stage, made, PEOPLE).tokens()
    before = {table: _count(stage, table) for table in (OutboxJob, AuditEvent, FormReceipt, Source)}
    client = stage.client_of(stage.world.others[0])  # Even signed in.
    link = f"/q/{tokens['p1@example.org']}"
    sheet = _sheet(made, client.get(link).text)
    with counted_statements(stage.engine) as sent:
        done = client.post(link, data=sheet)
    assert done.status_code == 303
    written = {re.split(r"\s+", s.strip())[2] for s in sent if s.lstrip().startswith(("INSERT", "DELETE"))}
    assert written <= {"staged_answer", "answer_count", "answer_draft"}, written
    assert {table: _count(stage, table) for table in before} == before
    code = _code(client.get(done.location).text)
    # Sent again: the same receipt; from another browser: that an answer is there, and no code.
    assert client.post(link, data=sheet).status_code == 303
    assert _code(client.get(f"{link}/grazie").text) == code
    other = stage.client_as(None)
    assert "Con questo link una risposta è già arrivata" in other.get(link).text
    answered = other.post(link, data=sheet | {"code": new_receipt_code()})
    assert answered.status_code == 303
    assert "receipt-code" not in other.get(answered.location).text
    with stage.work() as session:
        receipt = queries.by_receipt(session, code_hash=receipt_hash(code) or b"")
        assert receipt is not None
        assert receipt.waiting
    assert _count(stage, StagedAnswer) == 1


def _send_all(stage: Stage, made: Made, tokens: list[str], start: int = 0) -> None:
    for i, token in enumerate(tokens, start):
        client = stage.client_as(None)
        page = client.get(f"/q/{token}").text
        place = f"z:{stage.world.zones[str(1 + i % 3)]}"
        sent = client.post(f"/q/{token}", data=_sheet(made, page, f"Voce {i}", place=place, speaker="association"))
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
    assert _count(stage, StagedAnswer) == 0
    assert _count(stage, Answer) == 11
    with stage.work() as session:
        rows = for_aggregation(session, process_id=stage.world.process_id)
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
            assert client.post(f"{OPEN}/{made.id}", data=_sheet(made, page, f"Voce {i}")).status_code == 303
    with stage.work() as session:
        services.ask_for_due(session, now=datetime.now(UTC))
        services.ask_for_due(session, now=datetime.now(UTC))
        asked = session.execute(select(OutboxJob.payload).where(OutboxJob.topic == "surveys.sweep")).scalars().all()
    assert asked == [{"questionnaire_id": str(one.id)}]
    with stage.work() as session:
        assert services.sweep(session, questionnaire_id=one.id, now=datetime.now(UTC)) == 10
    assert _count(stage, StagedAnswer) == 4
    assert _count(stage, Answer) == 10


def test_answers_sent_while_sweeping_are_all_kept(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous", access="open")
    sent, stop = [], threading.Event()

    def send(i: int) -> None:
        for k in range(12):
            client = stage.client_as(None)
            page = client.get(f"{OPEN}/{made.id}").text
            sent.append(client.post(f"{OPEN}/{made.id}", data=_sheet(made, page, f"Voce {i}-{k}")).status_code)

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
    assert _count(stage, Answer) + _count(stage, StagedAnswer) == len(sent) == 60


def test_a_replay_after_the_sweep_is_still_one_answer(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous", access="open")
    client = stage.client_as(None)
    sheets = []
    for i in range(10):
        sheets.append(_sheet(made, client.get(f"{OPEN}/{made.id}").text, f"Voce {i}"))
        client.post(f"{OPEN}/{made.id}", data=sheets[-1])
    with stage.work() as session:
        assert services.sweep(session, questionnaire_id=made.id, now=datetime.now(UTC)) == 10
    again = client.post(f"{OPEN}/{made.id}", data=sheets[0])
    assert again.status_code == 303
    assert _code(client.get(again.location).text) == sheets[0]["code"]
    assert _count(stage, StagedAnswer) == 0
    assert _count(stage, Answer) == 10


# Open, pseudonymous


def test_a_signed_in_person_has_one_answer_and_edits_it(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open")
    address, account = f"{OPEN}/{made.id}", stage.world.others[0]
    client = stage.client_of(account)
    assert "Che cosa serve qui?" in client.get(OPEN).text
    page = client.get(address).text
    assert client.post(address, data=_sheet(made, page, "Primo", speaker="resident")).status_code == 303
    assert client.post(address, data=_sheet(made, page, "Primo", speaker="resident")).status_code == 303
    edit = client.get(address).text
    assert "Primo" in edit
    assert client.post(address, data=_sheet(made, edit, "Secondo", speaker="resident")).status_code == 303
    assert _count(stage, Answer) == 1
    assert (
        stage.client_as(None)
        .post(address, data=_sheet(made, stage.client_as(None).get(address).text, "Altri"))
        .status_code
        == 303
    )
    assert _count(stage, Answer) == 2
    with stage.work() as session:
        (mine,) = queries.own(session, account_id=account)
        assert len(mine.source_ids or []) == 1
        exported = services.PERSONAL_DATA.export(session, account_id=account)
        assert exported[0]["risposte"]["Di che cosa ha bisogno il territorio?"] == "Secondo"
        services.PERSONAL_DATA.erase(session, account_id=account, now=datetime.now(UTC))
    with stage.work() as session:
        assert queries.own(session, account_id=account) == []
        assert [r.text for r in for_aggregation(session, process_id=stage.world.process_id)] == ["Altri"]
    assert _count(stage, Answer) == 2


def test_keys_are_deleted_on_their_day(stage: Stage) -> None:
    made = make_questionnaire(stage, keys_deleted_on=date(2030, 1, 1))
    (token,) = invite_and_mail(stage, made, ["una@example.org"]).tokens().values()
    client = stage.client_as(None)
    assert client.post(f"/q/{token}", data=_sheet(made, client.get(f"/q/{token}").text)).status_code == 303
    with stage.work() as session:
        assert services.delete_keys(session, now=datetime(2029, 12, 31, tzinfo=UTC)) == 0
        assert services.delete_keys(session, now=datetime(2030, 1, 1, tzinfo=UTC)) == 1
    assert client.get(f"/q/{token}").status_code == 404
    assert _count(stage, Answer) == 1


# Inviting


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
    assert _count(stage, Ballot) == 12
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
    client.post(link, data=_sheet(made, client.get(link).text))
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
    assert _count(stage, Invitation) == 1
    upload = {"people": "", "file": (io.BytesIO("e-mail;zona\nc@example.org;Valle\n".encode("utf-16")), "inviti.csv")}
    assert client.send(address, upload, content_type="multipart/form-data").status_code == 303
    assert client.send(address, {"people": " "}).status_code == 422
    assert _count(stage, Invitation) == 2
    shared = make_questionnaire(stage, access="open")
    assert client.send(f"{DESK}/{shared.id}/inviti", {"people": "a@example.org"}).status_code == 422


# Time


def _close_phase(stage: Stage, closes_at: datetime) -> None:
    with stage.work() as session:
        session.execute(update(Phase).where(Phase.kind == PhaseKind.listening).values(closes_at=closes_at))


@pytest.mark.parametrize(("passed", "status"), [(30, 303), (61, 403)])
def test_a_minute_of_grace_after_the_close(stage: Stage, passed: int, status: int) -> None:
    made = make_questionnaire(stage, access="open")
    client = stage.client_as(None)
    words = "Più treni la sera per tornare in valle."
    sheet = _sheet(made, client.get(f"{OPEN}/{made.id}").text, words)
    _close_phase(stage, datetime.now(UTC) - timedelta(seconds=passed))
    answer = client.post(f"{OPEN}/{made.id}", data=sheet)
    assert answer.status_code == status
    assert _count(stage, Answer) == (1 if status == 303 else 0)
    if status == 403:
        assert words in answer.text
    assert "non riceve risposte adesso" in client.get(f"{OPEN}/{made.id}").text


def test_its_own_closing_date_counts_too(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open")
    with stage.work() as session:
        session.execute(update(Questionnaire).values(closes_at=datetime.now(UTC) - timedelta(seconds=90)))
    assert (
        stage.client_as(None).post(f"{OPEN}/{made.id}", data=made.form() | {"code": new_receipt_code()}).status_code
        == 403
    )


# Bad input


@pytest.mark.parametrize("words", ["a\x00b", "x" * 1_000_000, ""], ids=["nul", "1MB", "empty"])
def test_bad_words_are_refused_with_a_sentence(stage: Stage, words: str) -> None:
    made = make_questionnaire(stage, access="open", privacy="anonymous")
    client = stage.client_as(None)
    answer = client.post(f"{OPEN}/{made.id}", data=_sheet(made, client.get(f"{OPEN}/{made.id}").text, words))
    assert 400 <= answer.status_code < 500
    assert _count(stage, StagedAnswer) == 0


def test_impossible_choices_and_foreign_fields_are_refused_or_ignored(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open")
    client = stage.client_as(None)
    address = f"{OPEN}/{made.id}"
    sheet = _sheet(made, client.get(address).text)
    for wrong in ({"single": "o9"}, {"place": f"z:{uuid.uuid4()}"}, {"scale": "99"}, {"multiple": ["o1", "o9"]}):
        assert client.post(address, data=sheet | made.form(**wrong)).status_code == 422
    assert client.post(address, data=sheet | {"code": "non un codice"}).status_code == 422
    assert client.post(address, data=sheet | {"step": "9" * 30, "azione": "avanti", "q_none": "x"}).status_code == 303
    assert client.post(address, data={"azione": "distruggi"}).status_code == 422
    assert _count(stage, Answer) == 1


# Results


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
