"""Questionnaires in depth: words of other answers, sheets of invited people, both filters at once, coarse imports, places that just came."""

from __future__ import annotations

import io
import re
import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from consult.analytics.results import Result
from consult.audit.models import AuditEvent
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.files.models import StoredFile
from consult.framework.models import Municipality
from consult.listening.sources.models import Source
from consult.listening.surveys import queries, services
from consult.listening.surveys.models import (
    Answer,
    AnswerDraft,
    AnswerKey,
    Ballot,
    Questionnaire,
    StagedAnswer,
    SurveyUpload,
)
from consult.listening.surveys.services.building import lock_key
from consult.listening.surveys.types import PREFER_NOT, words_key
from consult.process.models import Membership
from tests.conftest import Stage
from tests.factories.surveys import Made, invite_and_mail, make_questionnaire

DESK = "/scrivania/piano-di-prova/questionari"
OPEN = "/processi/piano-di-prova/questionari"
MEANS = services.QuestionFields(
    kind="single", text="Come ti muovi?", options=("Treno", "Auto"), settings={"other": True, "prefer_not": True}
)
ORDER = services.QuestionFields(
    kind="ranking", text="Che cosa viene prima?", options=("Verde", "Scuole", "Sanità", "Treni")
)
POINTS = services.QuestionFields(
    kind="points", text="Come li divideresti?", options=("Verde", "Scuole"), settings={"total": 10}
)
PLACE = services.QuestionFields(kind="place", text="Da dove parli?")
SPEAKER = services.QuestionFields(kind="speaker", text="Come parli?")


def code_of(page: str) -> str:
    """The code minted with a form."""
    found = re.search(r'name="code"[^>]*value="([^"]+)"', page)
    assert found
    return found.group(1)


def send(stage: Stage, made: Made, **values: str) -> int:
    """Answer at the public address."""
    visitor = stage.client_as(None)
    data = {"code": code_of(visitor.get(f"{OPEN}/{made.id}").text), "azione": "invia", **values}
    return visitor.post(f"{OPEN}/{made.id}", data=data).status_code


def test_words_of_other_answers_are_sources_and_stand_with_the_results(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=(MEANS,))
    (question,) = made.questions
    for words in ("Monopattino", "monopattino", "A cavallo", "A piedi", "In barca"):
        assert send(stage, made, **{question.field: "_other", f"{question.field}_other": words}) == 303
    with stage.work() as session:
        kept = session.execute(select(Answer.values)).scalars().all()
        assert all(value == {str(question.id): "_other"} for value in kept)
        told = queries.other_words(session, question_ids=[question.id])[question.id]
        assert told[0] == ("Monopattino", 2) or told[0] == ("monopattino", 2)
        rows = list(queries.answers(session, questionnaire_id=made.id))
        assert {row.values[question.other_key] for row in rows} >= {"A cavallo", "In barca"}
    client = stage.client_as(Role.facilitator)
    page = client.get(f"{DESK}/{made.id}/risultati").text
    assert "5 risposte scritte in «Altro»" in page
    assert "In barca" in page
    # Correcting the answer corrects the source; another choice withdraws it.
    person = stage.client_as(Role.account)
    sheet = person.get(f"{OPEN}/{made.id}").text
    sent = {
        "code": code_of(sheet),
        "azione": "invia",
        question.field: "_other",
        f"{question.field}_other": "Col traghetto",
    }
    assert person.post(f"{OPEN}/{made.id}", data=sent).status_code == 303
    sheet = person.get(f"{OPEN}/{made.id}").text
    assert "Col traghetto" in sheet
    assert (
        person.post(
            f"{OPEN}/{made.id}", data={"code": code_of(sheet), "azione": "invia", "version": "1", question.field: "o1"}
        ).status_code
        == 303
    )
    with stage.work() as session:
        assert session.execute(select(Source.state).where(Source.text == "Col traghetto")).scalar_one() == "withdrawn"


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


def test_zone_and_kind_are_looked_at_together(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=(MEANS, ORDER, POINTS, PLACE, SPEAKER))
    means, order, points, place, speaker = made.questions
    codes = {q.kind: [option.code for option in q.options] for q in made.questions}
    zones = list(stage.world.zones.items())[:3]
    rows = []
    for z, (_code, zone) in enumerate(zones):
        for kind, people in (("resident", 30 + z), ("association", 12), ("business", 2)):
            for n in range(people):
                values = {
                    str(means.id): codes["single"][n % 2], str(order.id): codes["ranking"][n % 4 :] + codes["ranking"][: n % 4],
                    str(points.id): {codes["points"][n % 2]: 10}, str(place.id): f"z:{zone}", str(speaker.id): kind,
                }  # fmt: skip  # pairs read better side by side
                rows.append(
                    {"id": uuid.uuid4(), "questionnaire_id": made.id, "values": values, "zone_id": zone, "speaker_kind": kind,
                     "receipt_hash": uuid.uuid4().bytes * 2, "on_paper": False}
                )  # fmt: skip  # one row of values reads better so
    with stage.work() as session:
        session.execute(insert(Answer), rows)
    client = stage.client_as(Role.facilitator)
    page = client.get(f"{DESK}/{made.id}/risultati").text
    assert "Quante volte in ciascun posto" in page
    assert "Quanta parte dei propri punti" in page
    both = client.get(f"{DESK}/{made.id}/risultati?zona={zones[0][0]}&voce=resident").text
    assert "30 risposte in questo gruppo." in both
    small = client.get(f"{DESK}/{made.id}/risultati?zona={zones[0][0]}&voce=business").text
    assert "Questo gruppo non si può guardare da solo" in small
    assert "Quante volte in ciascun posto" not in small


def test_a_table_of_two_questions_hides_what_the_filter_hides(stage: Stage) -> None:
    """Crossed with the place, a question shows what the filter by zone shows of it, whichever is named first; and walked by its page."""
    made = make_questionnaire(stage, access="open", questions=(MEANS, PLACE, SPEAKER))
    means, place, speaker = made.questions
    zones = list(stage.world.zones.values())
    given = [("o1", zones[0], 9), ("o2", zones[0], 3), ("o1", zones[1], 7), ("o2", zones[1], 8), ("_no", zones[1], 1), ("o1", zones[2], 2)]
    with stage.work() as session:
        for value, zone, number in given:
            for n in range(number):
                kind = "resident" if n % 2 else "business"
                values = {str(means.id): value, str(place.id): f"z:{zone}", str(speaker.id): kind}
                session.add(
                    Answer(questionnaire_id=made.id, values=values, zone_id=zone, speaker_kind=kind, receipt_hash=uuid.uuid4().bytes * 2)
                )
    with stage.work() as session:
        frame = queries.frame(session, process_id=stage.world.process_id, territory_id=stage.world.territory_id, questions=made.questions)
        about = {"questionnaire_id": made.id, "frame": frame}
        facet = queries.Facet
        table = queries.cross(session, first=facet(means), second=facet(place), **about)
        turned = queries.cross(session, first=facet(place), second=facet(means), **about)
        assert table is not None
        assert turned is not None
        assert {(b, a): n for (a, b), n in turned.cells.items()} == dict(table.cells)
        assert turned.rows == table.columns
        for zone in zones:
            told = queries.tell(session, questions=made.questions, by="zone", group=str(zone), **about).results
            for line in told[means.id].lines:
                assert table.cells[line.code, f"z:{zone}"] == line.count
            mine = {line.code: line.count for line in told[place.id].lines}
            assert mine.get(f"z:{zone}") == table.column_sums[f"z:{zone}"]
            both = queries.cross(session, first=facet(place), second=facet(speaker), **about)
            assert both is not None
            for line in told[speaker.id].lines:
                assert both.cells[f"z:{zone}", line.code] == line.count
        assert table.column_sums[f"z:{zones[2]}"] is None
        whole = {line.code: line.count for line in queries.tell(session, questions=made.questions, **about).results[place.id].lines}
        assert whole[f"z:{zones[2]}"] is None
    client = stage.client_as(Role.facilitator)
    page = client.get(f"{DESK}/{made.id}/risultati?a={means.id}&b={place.id}").text
    assert "Come ti muovi? × Da dove parli?" in page
    assert "Nascosto: un gruppo di meno di cinque persone" in page


def test_what_only_the_invitation_says_is_not_published_as_an_answer(stage: Stage) -> None:
    """Twenty were invited from a zone; those who skip the question or prefer not to say are in no line, whatever their letter knows."""
    made = make_questionnaire(stage, questions=(MEANS, PLACE, SPEAKER, services.QuestionFields(kind="yes_no", text="Lavori?")))
    means, place, speaker, _work = made.questions
    zone, other = list(stage.world.zones.values())[:2]

    def answered(number: int, values: dict[str, str], where: uuid.UUID, kind: str = "resident") -> None:
        with stage.work() as session:
            for _ in range(number):
                given = {str(means.id): "o1", **values}
                row = Answer(questionnaire_id=made.id, values=given, zone_id=where, speaker_kind=kind, receipt_hash=uuid.uuid4().bytes * 2)
                session.add(row)

    def told(session: Session, **group: str) -> dict[uuid.UUID, Result]:
        frame = queries.frame(session, process_id=stage.world.process_id, territory_id=stage.world.territory_id, questions=made.questions)
        return dict(queries.tell(session, questionnaire_id=made.id, questions=made.questions, frame=frame, **group).results)  # type: ignore[arg-type]

    answered(10, {str(place.id): PREFER_NOT, str(speaker.id): PREFER_NOT}, zone)
    answered(10, {}, zone)
    with stage.work() as session:
        found = told(session)
        assert found[means.id].answered == 20
        assert found[place.id].few
        assert found[speaker.id].few
    answered(8, {str(place.id): f"z:{zone}", str(speaker.id): "resident"}, zone)
    answered(9, {str(place.id): f"m:{uuid.uuid4()}", str(speaker.id): "business"}, other, "business")
    with stage.work() as session:
        found = told(session)
        lines = {line.code: line.count for line in found[place.id].lines}
        assert (found[place.id].answered, lines[f"z:{zone}"], lines[f"z:{other}"]) == (17, 8, 9)
        assert {line.code: line.count for line in found[speaker.id].lines if line.count} == {"resident": 8, "business": 9}
        apart = told(session, by="zone", group=str(zone))
        assert apart[place.id].answered == 8
        assert speaker.id not in apart
    with stage.work() as session:
        past = datetime.now(UTC) - timedelta(minutes=5)
        session.execute(update(Questionnaire).where(Questionnaire.id == made.id).values(closes_at=past))
    client = stage.client_as(Role.facilitator)
    page = client.get(f"{DESK}/{made.id}/risultati?voce=resident&a={means.id}&b={place.id}").text
    assert "Con questo filtro non si mostra" in page
    assert "Le domande su zona e voce qui non si incrociano" in page
    assert "Come ti muovi? × Da dove parli?" not in page
    assert client.send(f"{DESK}/{made.id}/risultati/pubblica").status_code == 303
    with stage.work() as session:
        public = queries.published(session, questionnaire_id=made.id)
        assert public[place.id].content["result"]["answered"] == 17


def test_what_its_date_closed_is_not_prolonged_once_results_are_public(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=(MEANS,))
    for _ in range(6):
        assert send(stage, made, **{made.questions[0].field: "o1"}) == 303
    with stage.work() as session:
        past = datetime.now(UTC) - timedelta(minutes=5)
        session.execute(update(Questionnaire).where(Questionnaire.id == made.id).values(closes_at=past))
    client = stage.client_as(Role.facilitator)
    page = client.get(f"{DESK}/{made.id}/risultati").text
    assert "Pubblicare anche un solo risultato chiude il questionario per sempre" in page
    assert len(re.findall(r'data-confirm="[^"]*Il questionario resta chiuso per sempre', page)) == 2, "of all questions, and of the one"
    with stage.work() as sending:
        # Somebody sent within the last moments and isn't written yet: the results wait for that answer.
        sending.execute(select(func.pg_advisory_xact_lock_shared(lock_key(made.id))))
        with stage.work() as session:
            session.execute(text("SET LOCAL lock_timeout = '100ms'"))
            key = {"process_id": stage.world.process_id, "questionnaire_id": made.id, "actor": SYSTEM, "now": datetime.now(UTC)}
            with pytest.raises(OperationalError, match="lock timeout"):
                services.publish_results(session, question_ids=None, **key)  # type: ignore[arg-type]  # Keywords by name.
            session.rollback()
    assert client.send(f"{DESK}/{made.id}/risultati/pubblica").status_code == 303
    with stage.work() as session:
        found = queries.questionnaire(session, questionnaire_id=made.id)
        assert found is not None
        assert found.state == "closed"
        closed = select(AuditEvent.meta).where(AuditEvent.action == "questionnaire.closed", AuditEvent.object_id == str(made.id))
        assert session.execute(closed).scalars().all() == [{"by": "results"}]
        now = datetime.now(UTC)
        longer = services.Settings(title=found.title, privacy=found.privacy, access=found.access, closes_at=now + timedelta(days=9))
        about = {"process_id": stage.world.process_id, "questionnaire_id": made.id, "actor": SYSTEM, "now": now}
        services.edit_questionnaire(session, version=found.version, settings=longer, **about)  # type: ignore[arg-type]  # Keywords by name.
    # A few more answers between two publications would tell what those said.
    sent = stage.client_as(None).post(f"{OPEN}/{made.id}", data={"code": "AAAA-BBBB-CCCC-DDDD", "azione": "invia", made.questions[0].field: "o2"})
    assert sent.status_code != 303
    assert client.send(f"{DESK}/{made.id}/pubblica").status_code == 422


def test_imported_anonymous_answers_are_as_coarse_as_native_ones(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous", questions=(MEANS, PLACE, SPEAKER))
    zones = list(stage.world.zones)
    people = [f"r{n}@example.org;;residente;{zones[0]}" for n in range(9)] + [
        f"s@example.org;;portavoce di zona;{zones[1]}"
    ]
    invite_and_mail(stage, made, people)
    table = "Come ti muovi?,Da dove parli?,Come parli?\n"
    table += f"Treno,{zones[0]},resident\nAuto,{zones[1]},zone_spokesperson\n"
    client = stage.client_as(Role.facilitator)
    brought = client.send(f"{DESK}/{made.id}/risposte-altrove", {"file": (io.BytesIO(table.encode()), "altrove.csv")})
    assert brought.status_code == 303
    mapped = {f"c-{n}": q.code for n, q in enumerate(made.questions)}
    assert client.send(brought.location, mapped | {"azione": "importa"}).status_code == 303
    with stage.work() as session:
        kept = session.execute(
            select(Answer.zone_id, Answer.speaker_kind, Answer.values).order_by(Answer.speaker_kind)
        ).all()
    assert {(str(row.zone_id) if row.zone_id else None, row.speaker_kind) for row in kept} == {
        (str(stage.world.zones[zones[0]]), "resident"),
        (None, None),
    }
    coarse = next(row.values for row in kept if row.zone_id is None)
    assert set(coarse) == {str(made.questions[0].id)}


def test_what_is_kept_in_memory_is_never_older_than_the_questionnaire(stage: Stage) -> None:
    """Questions are kept between sendings; an edit, and a town that came a moment ago, count at once."""
    made = make_questionnaire(stage, access="open", questions=(MEANS, PLACE))
    means, place = made.questions
    visitor = stage.client_as(None)
    zone = next(iter(stage.world.zones.values()))
    assert send(stage, made, **{means.field: "o1", place.field: f"z:{zone}"}) == 303
    with stage.work() as session:
        town = Municipality(zone_id=zone, name="Borgo Appena Nato")
        session.add(town)
        session.flush()
        key = town.id
    assert send(stage, made, **{means.field: "o1", place.field: f"m:{key}"}) == 303
    with stage.work() as session:
        session.execute(update(Answer).values(values={}))
        services.edit_question(
            session, process_id=stage.world.process_id, questionnaire_id=made.id, question_id=means.id, actor=SYSTEM, now=datetime.now(UTC),
            fields=services.QuestionFields(kind="single", text="E adesso come ti muovi?", options=("Treno", "Auto"), settings=means.settings),
        )  # fmt: skip  # one row of values reads better so
    assert "E adesso come ti muovi?" in visitor.get(f"{OPEN}/{made.id}").text
    with stage.work() as session:
        marks = {session.execute(select(Questionnaire.version)).scalar_one()}
        found = queries.questionnaire(session, questionnaire_id=made.id)
        assert found is not None
        assert marks == {found.version}
        assert queries.kept_questions(session, questionnaire=found)[0].text == "E adesso come ti muovi?"


def test_two_windows_never_overwrite_each_other_unseen(stage: Stage) -> None:
    made = make_questionnaire(stage)
    mail = invite_and_mail(stage, made, ["ada@example.org"])
    path = f"/q/{mail.tokens()['ada@example.org']}"
    words = next(q for q in made.questions if q.kind == "long").field
    one, other = stage.client_as(None), stage.client_as(None)
    code = code_of(one.get(path).text)

    def keep(client: object, text: str, draft: str, action: str = "autosalva") -> object:
        return client.post(path, data={"code": code, "azione": action, "draft": draft, words: text})  # type: ignore[attr-defined]  # A test client.

    first = keep(one, "Più treni.", "")
    assert (first.status_code, first.headers["X-Draft-Version"]) == (204, "1")
    assert keep(one, "Più treni.", "").status_code == 204, "the same words again are no other window's"
    assert keep(one, "Più treni la sera.", "1").headers["X-Draft-Version"] == "2"
    # The other window was opened before there was a draft.
    assert keep(other, "Meno auto.", "").status_code == 409
    compared = keep(other, "Meno auto.", "", "salva")
    assert compared.status_code == 409
    assert "Più treni la sera." in compared.text
    assert "Meno auto." in compared.text
    with stage.work() as session:
        assert session.execute(select(AnswerDraft.values)).scalar_one() == {
            words_key("question", made.questions[0].id): "Più treni la sera."
        }
    # Turning the page goes on with the words of this window; saving after having compared counts.
    turned = other.post(path, data={"code": code, "azione": "avanti", "step": "1", words: "Meno auto."})
    assert turned.status_code == 200
    assert "Meno auto." in turned.text
    assert "anche in un’altra finestra" in turned.text
    found = re.search(r'name="draft"[^>]*value="(\d+)"', compared.text)
    assert found
    assert keep(other, "Meno auto.", found.group(1), "salva").status_code == 303
    assert "Meno auto." in one.get(path).text


def test_a_target_that_stops_is_told_and_holds_when_many_send_at_once(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=(MEANS, PLACE))
    means, place = made.questions
    zone = next(iter(stage.world.zones.values()))
    other = list(stage.world.zones.values())[1]
    client = stage.client_as(Role.facilitator)
    page = f"{DESK}/{made.id}/copertura"
    few = client.send(page, {f"zona-{zone}": "4", f"ferma-zona-{zone}": "1"})
    assert few.status_code == 422
    assert "almeno 5" in few.text
    assert client.send(page, {f"zona-{zone}": "6", f"ferma-zona-{zone}": "1", f"zona-{other}": "3"}).status_code == 303
    statuses: list[int] = []
    sheets = [stage.client_as(None) for _ in range(10)]
    codes = [code_of(each.get(f"{OPEN}/{made.id}").text) for each in sheets]

    def answer(n: int) -> None:
        data = {"code": codes[n], "azione": "invia", means.field: "o1", place.field: f"z:{zone}"}
        statuses.append(sheets[n].post(f"{OPEN}/{made.id}", data=data).status_code)

    threads = [threading.Thread(target=answer, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303] * 6 + [422] * 4
    told = stage.client_as(None).get(f"{OPEN}/{made.id}").text
    assert "Alcuni gruppi sono già al completo" in told
    assert send(stage, made, **{means.field: "o1", place.field: f"z:{other}"}) == 303
    assert "chiuso dall’obiettivo" in client.get(page).text
    with stage.work() as session:
        noted = (
            session.execute(
                text("SELECT meta ->> 'stopping' FROM audit_event WHERE action = 'questionnaire.targets_set'")
            )
            .scalars()
            .all()
        )
    assert "1" in noted
    anonymous = make_questionnaire(stage, privacy="anonymous")
    refused = client.send(f"{DESK}/{anonymous.id}/copertura", {f"zona-{zone}": "6", f"ferma-zona-{zone}": "1"})
    assert refused.status_code == 422


def test_every_text_keeps_its_history(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=(MEANS,), intro="Due minuti.")
    (means,) = made.questions
    client = stage.client_as(Role.facilitator)
    one = f"{DESK}/{made.id}"
    assert "Storia dei testi" not in client.get(one).text
    assert send(stage, made, **{means.field: "o1"}) == 303
    form = {
        "kind": "single",
        "text": "E adesso?",
        "options": "Treno\nAutomobile",
        "other": "y",
        "prefer_not": "y",
        "page": "1",
        "version": "1",
    }
    assert client.send(f"{one}/domande/{means.id}", form).status_code == 303
    assert client.send(f"{one}/pagine/1", {"title": "Come ti sposti", "version": "1"}).status_code == 303
    assert client.send(f"{one}/pagine/1", {"title": "Spostarsi", "version": "2"}).status_code == 303
    with stage.work() as session:
        version = session.execute(select(Questionnaire.version)).scalar_one()
    settings = {
        "title": "Altro titolo",
        "privacy": "pseudonymous",
        "access": "open",
        "may_edit": "y",
        "version": str(version),
    }
    assert client.send(f"{one}/impostazioni", settings).status_code == 303
    assert client.send(f"{one}/lingue", {"languages": "en"}).status_code == 303
    for words in ("Another title", "A better title"):
        assert client.send(f"{one}/lingue", {"language": "en", "t:title": words}).status_code == 303
    page = client.get(f"{one}/storia").text
    for words in ("Come ti muovi?", "E adesso?", "Auto", "Automobile", "Come ti sposti", "Che cosa serve qui?", "Due minuti.", "Another title"):
        assert words in page, words
    with stage.work() as session:
        first = queries.corrections(session, questionnaire_id=made.id, size=2)
        rest = queries.corrections(session, questionnaire_id=made.id, size=20, cursor=first.next_cursor)
    of_question = next(row for row in [*first.rows, *rest.rows] if row.code)
    # What did not change is not told, and what did is told before and after.
    assert of_question.changed.keys() == {"text", "options"}
    assert of_question.after["text"] == "E adesso?"
    assert len(first.rows) == 2
    assert {row.id for row in first.rows}.isdisjoint({row.id for row in rest.rows})
    assert len(rest.rows) >= 3


def test_unsaved_words_wait_and_who_else_is_here_is_told(stage: Stage) -> None:
    made = make_questionnaire(stage, publish=False, questions=(MEANS,))
    (means,) = made.questions
    with stage.work() as session:
        session.add(
            Membership(process_id=stage.world.process_id, account_id=stage.world.others[0], role=str(Role.facilitator))
        )
    mine, theirs = stage.client_as(Role.facilitator), stage.client_of(stage.world.others[0])
    one = f"{DESK}/{made.id}"
    kept = mine.post(
        f"{one}/lavoro",
        data={"posto": f"d-{means.id}", "tieni": "1", "kind": "single", "text": "A metà di", "version": "1"},
    )
    assert kept.status_code == 200
    assert "Bozza tenuta" in kept.text
    assert f"lavora alla domanda {means.code}" in theirs.post(f"{one}/lavoro", data={"posto": "builder"}).text
    page = mine.get(f"{one}/domande/{means.id}").text
    assert "C’è una bozza non salvata" in page
    assert "A metà di" not in page
    assert "A metà di" in mine.get(f"{one}/domande/{means.id}?bozza=1").text
    assert "C’è una bozza non salvata" not in theirs.get(f"{one}/domande/{means.id}").text
    # Somebody else saved meanwhile: taking the draft up and saving it is a stale save, with both texts.
    form = {"kind": "single", "text": "Detto da altri", "options": "Treno\nAuto", "version": "1"}
    assert theirs.send(f"{one}/domande/{means.id}", form).status_code == 303
    stale = mine.send(f"{one}/domande/{means.id}", form | {"text": "A metà di una frase"})
    assert stale.status_code == 409
    assert "Detto da altri" in stale.text
    assert "A metà di una frase" in stale.text
    assert mine.send(f"{one}/domande/{means.id}", form | {"text": "Finita.", "version": "2"}).status_code == 303
    assert "C’è una bozza non salvata" not in mine.get(f"{one}/domande/{means.id}").text
    assert mine.post(f"{one}/lavoro", data={"posto": "altrove"}).status_code == 422
    for place, text_ in (("settings", "impostazioni"), ("n-ranking", "domande/nuova?tipo=ranking")):
        assert (
            mine.post(
                f"{one}/lavoro", data={"posto": place, "tieni": "1", "title": "Da finire", "text": "Da finire"}
            ).status_code
            == 200
        )
        assert "C’è una bozza non salvata" in mine.get(f"{one}/{text_}").text
        assert mine.send(f"{one}/lavoro/scarta", {"posto": place}).status_code == 303
        assert "C’è una bozza non salvata" not in mine.get(f"{one}/{text_}").text


def test_options_come_from_the_frame_with_its_codes(stage: Stage) -> None:
    made = make_questionnaire(stage, publish=False, questions=(MEANS,))
    client = stage.client_as(Role.facilitator)
    one = f"{DESK}/{made.id}"
    assert "Le strategie dell’asse 1" in client.get(f"{one}/domande/nuova?tipo=points").text
    for kind, which in (("points", "strategies"), ("ranking", "axis:1")):
        form = {"kind": kind, "text": "Che cosa viene prima?", "from_frame": which, "page": "1"}
        assert client.send(f"{one}/domande/nuova", form).status_code == 303
    with stage.work() as session:
        codes = session.execute(text("SELECT code FROM strategy ORDER BY code")).scalars().all()
        found = {q.kind: [o.code for o in q.options] for q in queries.questions(session, questionnaire_id=made.id)}
    assert sorted(found["points"]) == sorted(codes)
    assert found["ranking"] == [code for code in found["points"] if code.startswith("1.")]


def test_what_is_left_over_goes(stage: Stage) -> None:
    asks = services.QuestionFields(kind="file", text="Un documento?")
    made = make_questionnaire(stage, access="open", questions=(MEANS, asks))
    means, file = made.questions
    visitor, other = stage.client_as(None), stage.client_as(None)
    for client, action in ((visitor, "invia"), (other, "avanti")):
        page = client.get(f"{OPEN}/{made.id}").text
        # The second sheet is refused for another reason, and never sent again: its file is left over.
        data = {
            "code": code_of(page),
            "azione": action,
            f"{file.field}_file": (io.BytesIO(b"%PDF-1.4 prova\n%%EOF"), "a.pdf"),
        }
        data[means.field] = "o1" if client is visitor else "nessuna"
        client.post(f"{OPEN}/{made.id}", data=data)
    table = io.BytesIO(b"Come ti muovi?\nTreno\n")
    assert (
        stage.client_as(Role.facilitator)
        .send(f"{DESK}/{made.id}/risposte-altrove", {"file": (table, "a.csv")})
        .status_code
        == 303
    )
    with stage.work() as session:
        there = session.execute(select(func.count()).select_from(StoredFile)).scalar_one()
        noted = session.execute(select(func.count()).select_from(SurveyUpload)).scalar_one()
        assert services.tidy(session, now=datetime.now(UTC)) == 0
    with stage.work() as session:
        gone = services.tidy(session, now=datetime.now(UTC) + timedelta(days=40))
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(StoredFile)).scalar_one() == there - gone
        answered = session.execute(select(Answer.values)).scalar_one()[str(file.id)]["file"]
        assert session.execute(select(StoredFile.id).where(StoredFile.id == uuid.UUID(answered))).scalar_one()
        assert session.execute(select(func.count()).select_from(SurveyUpload)).scalar_one() == 0
    assert (noted, gone) == (2, 2), "the file of the sheet that was never sent, and the one brought to the desk"


def test_translations_and_conditions_of_two_people_meet(stage: Stage) -> None:
    made = make_questionnaire(stage, publish=False, questions=(MEANS, ORDER))
    means, order = made.questions
    client = stage.client_as(Role.facilitator)
    one = f"{DESK}/{made.id}"
    assert client.send(f"{one}/lingue", {"languages": "en"}).status_code == 303
    page = client.get(f"{one}/lingue").text
    marks = dict(re.findall(r'name="(v:[^"]+)" value="([0-9a-f]+)"', page))
    names = {name.replace("v:", "t:"): "" for name in marks}
    theirs = names | {"t:title": "What is needed here?", f"t:{means.code}.text": "How do you get around?"}
    assert client.send(f"{one}/lingue", {"language": "en", **marks, **theirs}).status_code == 303
    # Another part, saved from the page as it was before: nothing of the first is emptied.
    mine = names | {f"t:{order.code}.text": "What comes first?"}
    assert client.send(f"{one}/lingue", {"language": "en", **marks, **mine}).status_code == 303
    page = client.get(f"{one}/lingue").text
    assert all(words in page for words in ("What is needed here?", "How do you get around?", "What comes first?"))
    stale = client.send(f"{one}/lingue", {"language": "en", **marks, **names, "t:title": "What does one need here?"})
    assert stale.status_code == 409
    assert "What is needed here?" in stale.text
    assert "What does one need here?" in stale.text
    # A condition is refused where the question was changed since it was opened.
    condition = {
        "mode": "any",
        "lines-0-group": "1",
        "lines-0-target": means.code,
        "lines-0-op": "equal",
        "lines-0-value": "Treno",
    }
    address = f"{one}/domande/{order.id}/condizione"
    assert client.send(address, condition | {"version": "1"}).status_code == 303
    assert client.send(address, condition | {"version": "1", "lines-0-value": "Auto"}).status_code == 409
    assert client.send(address, condition | {"version": "2", "lines-0-value": "Auto"}).status_code == 303
