"""Results on the page: words of other answers, zone and kind together, tables, what only the invitation says, publication that closes."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from consult.analytics.results import Result
from consult.audit.models import AuditEvent
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.listening.sources.models import Source
from consult.listening.surveys import queries, services
from consult.listening.surveys.models import Answer, PublishedResult, Questionnaire
from consult.listening.surveys.services.building import lock_key
from consult.listening.surveys.types import PREFER_NOT
from tests.conftest import Stage
from tests.factories.survey_pages import DESK, MEANS, OPEN, ORDER, PLACE, POINTS, SPEAKER, code_of, send
from tests.factories.surveys import make_questionnaire


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


def test_what_was_published_under_older_rules_is_not_read_until_it_is_published_anew(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=(MEANS, replace(MEANS, text="E la sera?", code="")))
    for _ in range(7):
        assert send(stage, made, **{made.questions[0].field: "o1", made.questions[1].field: "o2"}) == 303
    with stage.work() as session:
        past = datetime.now(UTC) - timedelta(minutes=5)
        session.execute(update(Questionnaire).where(Questionnaire.id == made.id).values(closes_at=past))
    client, anybody = stage.client_as(Role.facilitator), stage.client_as(None)
    assert client.send(f"{DESK}/{made.id}/risultati/{made.questions[0].id}/pubblica").status_code == 303
    assert "pubblicato di nuovo" not in client.get(f"{DESK}/{made.id}/risultati").text
    assert "7 di 7 hanno risposto" in anybody.get(f"{OPEN}/{made.id}/risultati").text
    with stage.work() as session:
        kept = session.execute(select(PublishedResult)).scalar_one()
        kept.content = {name: value for name, value in kept.content.items() if name != "rules"}
    public = anybody.get(f"{OPEN}/{made.id}/risultati")
    assert public.status_code == 200
    assert "hanno risposto" not in public.text
    assert "si conta di nuovo" in public.text
    page = client.get(f"{DESK}/{made.id}/risultati").text
    assert "1 risultato pubblico va pubblicato di nuovo" in page
    assert client.send(f"{DESK}/{made.id}/risultati/pubblica", {"di_nuovo": "y"}).status_code == 303
    assert "7 di 7 hanno risposto" in anybody.get(f"{OPEN}/{made.id}/risultati").text
    with stage.work() as session:
        assert list(queries.published(session, questionnaire_id=made.id)) == [made.questions[0].id], "and nothing else with it"
    assert "va pubblicato di nuovo" not in client.get(f"{DESK}/{made.id}/risultati").text
    # Too few answers are left: counted again, the result is taken back, and that is on record.
    with stage.work() as session:
        few = session.execute(select(Answer.id).order_by(Answer.id).limit(4)).scalars().all()
        session.execute(delete(Answer).where(Answer.id.in_(few)))
    assert client.send(f"{DESK}/{made.id}/risultati/pubblica", {"di_nuovo": "y"}).status_code == 303
    with stage.work() as session:
        assert not queries.published(session, questionnaire_id=made.id)
        withdrawn = select(AuditEvent.meta).where(AuditEvent.action == "questionnaire.result_withdrawn")
        assert session.execute(withdrawn).scalars().all() == [{"question": str(made.questions[0].id), "by": "count"}]
