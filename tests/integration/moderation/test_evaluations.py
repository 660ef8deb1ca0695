"""Evaluations of proposals by several offices, and notes among staff: through the pages, by the person each is for."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update

from consult.app import personal_data
from consult.core.jobs import OutboxJob
from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from consult.framework.models import Provision, ReferencePlan
from consult.moderation import rules
from consult.moderation.models import Evaluation, EvaluationOverlap, InternalNote
from consult.moderation.queries import evaluations
from consult.moderation.services import evaluating, offices, reminding
from consult.moderation.types import Asked, Judgement
from consult.notices.models import Notification
from consult.process.models import Membership
from tests.conftest import Stage
from tests.factories.decisions import moderator, promote, submit
from tests.factories.world import counted_statements

CANARY = "Pareresegretissimo"


def desk(stage: Stage, rest: str = "") -> str:
    return f"/scrivania/{stage.world.slug}/valutazioni{rest}"


def fields(**changes: str) -> dict[str, str]:
    return {
        "competence": "shared", "competent_bodies": "Regione", "feasibility": "3", "cost_from": "150.000", "cost_to": "300.000 €",
        "opinion": f"Serve un accordo. {CANARY}", "outcome": "postponed", "reason_code": "needs_agreement", "version": "1",
        "azione": "consegna", **changes,
    }  # fmt: skip  # one row of values reads better so


def proposals(stage: Stage, number: int = 2, **more: str) -> list[uuid.UUID]:
    with stage.work() as session:
        return [submit(session, stage.world, title=f"Treni la sera {n}", **more) for n in range(number)]  # type: ignore[arg-type]


def second_evaluator(stage: Stage) -> uuid.UUID:
    key = stage.world.others[3]
    with stage.work() as session:
        session.add(Membership(process_id=stage.world.process_id, account_id=key, role=str(Role.evaluator)))
    return key


def ask(stage: Stage, keys: list[uuid.UUID], *of: Asked, days: int = 10) -> list[uuid.UUID]:
    """Ask about proposals; the keys of all evaluations there are, by proposal."""
    with stage.work() as session:
        now = datetime.now(UTC)
        evaluating.ask(
            session, process_id=stage.world.process_id, proposal_ids=keys, of=of or [Asked(stage.world.accounts[Role.evaluator])],
            due_at=now + timedelta(days=days), question="", actor=moderator(stage.world), now=now,
        )  # fmt: skip  # one row of values reads better so
        return list(session.execute(select(Evaluation.id).order_by(Evaluation.asked_at, Evaluation.id)).scalars())


def late(stage: Stage, key: uuid.UUID) -> None:
    with stage.work() as session:
        session.execute(
            update(Evaluation).where(Evaluation.id == key).values(due_at=datetime.now(UTC) - timedelta(days=1))
        )


def test_many_are_asked_at_once_told_once_and_never_twice(stage: Stage) -> None:
    keys = proposals(stage, 3)
    proposals(stage, 1, strategy="2.1")
    client, world = stage.client_as(Role.moderator), stage.world
    assert 'type="checkbox" id="people-0"' in client.get(desk(stage, "/uffici")).text, "more than one may work there"
    office = client.send(
        desk(stage, "/uffici"), {"name": "Ufficio mobilità", "people": str(world.accounts[Role.evaluator])}
    )
    assert office.status_code == 303, office.text
    page = client.get(desk(stage, f"/chiedi?strategia={world.strategies['2.2']}")).text
    assert all(str(key) in page for key in keys)
    chosen = re.search(r'value="(ufficio:[^"]+)"', page)
    assert chosen is not None
    due = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    sent = {
        "tutte": "1",
        "strategia": str(world.strategies["2.2"]),
        "evaluators": chosen[1],
        "due": due,
        "question": "I costi?",
    }
    answer = client.send(desk(stage, "/chiedi"), sent)
    assert answer.status_code == 303, answer.text
    assert "3 valutazioni chieste" in client.get(answer.location).text
    again = client.send(desk(stage, "/chiedi"), sent)
    assert "0 valutazioni chieste" in client.get(again.location).text.replace("0 valutazione", "0 valutazioni")
    with stage.work() as session:
        told = session.execute(select(Notification.subject, Notification.body)).all()
        assert [row.subject for row in told] == ["3 proposte da valutare"]
        assert "I costi?" in told[0].body
        assert session.execute(select(func.count()).select_from(Evaluation)).scalar_one() == 3
    assert client.send(desk(stage, "/chiedi"), {**sent, "evaluators": ""}).status_code == 422
    refused = client.send(desk(stage, "/chiedi"), {**sent, "due": "2020-01-01"})
    assert refused.status_code == 422
    assert "Il termine deve essere nel futuro" in refused.text


def test_the_worklist_shows_what_is_late_first_and_only_ones_own(stage: Stage) -> None:
    keys = proposals(stage)
    first, second = ask(stage, keys)
    other = second_evaluator(stage)
    (third,) = set(ask(stage, keys[:1], Asked(other))) - {first, second}
    with stage.work() as session:
        rows = evaluations.worklist(session, process_id=stage.world.process_id, account_id=None).rows
    titles, about = {row.id: row.title for row in rows}, {row.id: row.proposal_id for row in rows}
    late(stage, second)
    client = stage.client_as(Role.evaluator)
    page = client.get(desk(stage)).text
    assert page.index(titles[second]) < page.index(titles[first])
    assert "in ritardo" in page
    assert str(third) not in page
    assert client.get(desk(stage, f"/{third}")).status_code == 404
    assert client.send(desk(stage, f"/{third}"), fields()).status_code == 404
    assert stage.client_as(Role.moderator).get(desk(stage, f"/{first}")).status_code == 404
    assert stage.client_as(Role.account).get(desk(stage)).status_code == 404
    assert "2 proposte da valutare" in client.get("/scrivania").text
    with stage.work() as session:
        promote(session, stage.world, about[second])
    assert titles[second] not in client.get(desk(stage)).text, "what is decided waits for nobody"


def test_delivering_asks_for_what_is_missing_and_opens_the_next(stage: Stage) -> None:
    with stage.work() as session:
        plan = session.execute(
            select(ReferencePlan.id).where(ReferencePlan.frame_id == stage.world.frame_id)
        ).scalar_one()
        session.add(
            Provision(plan_id=plan, code="M1", text="Un treno ogni mezz'ora anche la sera sulla linea.", position=0)
        )
        session.add(Provision(plan_id=plan, code="M2", text="Panchine di legno nei parchi.", position=1))
    first, second = ask(stage, proposals(stage))
    client = stage.client_as(Role.evaluator)
    url = desk(stage, f"/{first}")
    page = client.get(url).text
    assert "PUMS M1" in page
    assert "PUMS M2" not in page
    suggested = re.search(r'value="(provision:[^"]+)"', page)
    assert suggested is not None
    missing = client.send(url, {"version": "1", "azione": "consegna", "competence": "shared", "opinion": "Mah"})
    assert missing.status_code == 422
    for sentence in ("Scrivi di quale ente", "Serve un giudizio", "bastano poche parole"):
        assert sentence in missing.text
    assert client.send(url, fields(cost_from="tanto")).status_code == 422
    assert client.send(url, fields(cost_from="9", cost_to="3")).status_code == 422
    assert client.send(url, fields(other_codes="9.9.9")).status_code == 422
    kept = client.send(url, {"version": "1", "azione": "salva", "opinion": "Da finire"})
    assert kept.status_code == 303
    assert kept.location.endswith(url)
    delivered = client.send(url, {**fields(version="2", other_codes="pums m2"), "sovrapposta": suggested[1]})
    assert delivered.status_code == 303, delivered.text
    assert delivered.location.endswith(str(second))
    with stage.work() as session:
        row = session.get_one(Evaluation, first)
        assert (row.state, row.cost_from, row.cost_to, row.proposal_version) == ("delivered", 150_000, 300_000, 1)
        found = {(o.origin, o.method) for o in session.execute(select(EvaluationOverlap)).scalars()}
        assert found == {("machine", "stems-1"), ("human", "")}


def test_two_people_of_an_office_who_save_the_same_evaluation(stage: Stage) -> None:
    other = second_evaluator(stage)
    with stage.work() as session:
        office = offices.keep_office(
            session, process_id=stage.world.process_id, office_id=None, name="Ufficio verde", actor=moderator(stage.world),
            account_ids=[other, stage.world.accounts[Role.evaluator]], now=datetime.now(UTC),
        )  # fmt: skip  # one row of values reads better so
    (key,) = ask(stage, proposals(stage, 1), Asked(office_id=office))
    with stage.work() as session:
        evaluating.save(
            session, process_id=stage.world.process_id, evaluation_id=key, version=1, judgement=Judgement(opinion="Il parere della collega"),
            overlaps={}, deliver=False, actor=Actor(account_id=other, name="collega"), now=datetime.now(UTC),
        )  # fmt: skip  # one row of values reads better so
    answer = stage.client_as(Role.evaluator).send(desk(stage, f"/{key}"), fields())
    assert answer.status_code == 409
    assert "Il parere della collega" in answer.text
    assert CANARY in answer.text
    with stage.work() as session:
        assert session.get_one(Evaluation, key).opinion == "Il parere della collega"


def test_who_has_not_answered_is_not_swayed_and_the_moderator_sees_all_side_by_side(stage: Stage) -> None:
    other = second_evaluator(stage)
    keys = proposals(stage, 1)
    ask(stage, keys, Asked(stage.world.accounts[Role.evaluator]), Asked(other))
    with stage.work() as session:
        by = {row.account_id: row.id for row in session.execute(select(Evaluation)).scalars()}
        evaluating.save(
            session, process_id=stage.world.process_id, evaluation_id=by[other], version=1,
            judgement=Judgement(competence="others", competent_bodies="Comuni", opinion=f"Spetta ai comuni. {CANARY}", outcome="not_competent"),
            overlaps={}, deliver=True, actor=Actor(account_id=other), now=datetime.now(UTC),
        )  # fmt: skip  # one row of values reads better so
    client = stage.client_as(Role.evaluator)
    url = desk(stage, f"/{by[stage.world.accounts[Role.evaluator]]}")
    assert CANARY not in client.get(url).text
    assert client.send(url, fields(opinion="Si può fare subito, costa poco.")).status_code == 303
    assert CANARY in client.get(url).text
    page = (
        stage.client_as(Role.moderator)
        .get(f"/scrivania/{stage.world.slug}/moderazione/proposte/{keys[0]}/valutazioni")
        .text
    )
    for words in (
        CANARY,
        "Si può fare subito, costa poco.",
        "da 150.000 a 300.000 euro",
        "non sono d’accordo",
        "esiti diversi",
    ):
        assert words in page, words
    draft = (
        stage.client_as(Role.moderator).get(f"/scrivania/{stage.world.slug}/moderazione/proposte/{keys[0]}/bozza").text
    )
    assert CANARY in draft
    assert CANARY not in draft[draft.index('name="public_reason"') :], (
        "an internal opinion is never taken up as the public reason"
    )


def test_moderators_hear_once_when_everyone_has_answered(stage: Stage) -> None:
    other = second_evaluator(stage)
    asked = ask(stage, proposals(stage, 1), Asked(stage.world.accounts[Role.evaluator]), Asked(other))
    def deliver(place: int, version: int = 1) -> None:
        with stage.work() as session:
            who = session.get_one(Evaluation, asked[place]).account_id
            evaluating.save(
                session, process_id=stage.world.process_id, evaluation_id=asked[place], version=version, overlaps={}, deliver=True,
                judgement=Judgement(competence="direct", feasibility=3, opinion="Si può fare, con calma."), actor=Actor(account_id=who, name="x"),
                now=datetime.now(UTC),
            )  # fmt: skip  # one call of named values reads better so

    def told() -> list[uuid.UUID]:
        with stage.work() as session:
            key = session.execute(select(Evaluation.proposal_id).limit(1)).scalar_one()
            reminding.tell_evaluated(session, proposal_id=key, now=datetime.now(UTC))
            return list(session.execute(select(Notification.account_id).where(Notification.kind == "evaluated")).scalars())

    deliver(0)
    assert told() == []
    deliver(1)
    with stage.work() as session:
        assert session.execute(select(func.count()).where(OutboxJob.topic == "moderation.tell_evaluated")).scalar_one() == 2
    assert told() == [stage.world.accounts[Role.moderator]]
    deliver(1, version=2)
    assert len(told()) == 1, "a correction is no news"


def test_handing_back_withdrawing_and_another_deadline(stage: Stage) -> None:
    keys = proposals(stage, 3)
    first, second, third = ask(stage, keys)
    client, desk_client = stage.client_as(Role.evaluator), stage.client_as(Role.moderator)
    assert client.send(desk(stage, f"/{first}/rimanda"), {"version": "1", "why": "no"}).status_code == 422
    assert (
        client.send(desk(stage, f"/{first}/rimanda"), {"version": "1", "why": "È del settore acque"}).status_code == 303
    )
    page = desk_client.get(desk(stage, "?elenco=tutte&stato=declined")).text
    assert "È del settore acque" in page
    assert client.send(desk(stage, f"/{first}"), fields(version="2")).status_code == 409
    late(stage, second)
    moved = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    answer = desk_client.send(desk(stage, "/richieste"), {"richiesta": str(second), "azione": "termine", "due": moved})
    assert answer.status_code == 303
    assert client.send(desk(stage, f"/{second}"), fields()).status_code == 303, (
        "a new deadline costs nobody what they typed"
    )
    assert desk_client.send(desk(stage, "/richieste"), {"richiesta": str(third), "azione": "ritira"}).status_code == 303
    assert client.get(desk(stage, f"/{third}")).status_code == 404
    assert set(ask(stage, keys)) == {first, second, third}, "asked again, the same evaluation comes back"
    assert client.get(desk(stage, f"/{third}")).status_code == 200
    with stage.work() as session:
        states = {row.id: row.state for row in session.execute(select(Evaluation)).scalars()}
    assert states == {first: "asked", second: "delivered", third: "asked"}


def test_reminders_go_out_once_before_and_once_after(stage: Stage) -> None:
    (first, _second) = ask(stage, proposals(stage), days=2)
    late(stage, first)
    world = stage.world
    with stage.work() as session:
        session.execute(Notification.__table__.delete())
    for _time in range(2):
        with stage.work() as session:
            reminding.remind(session, process_id=world.process_id, now=datetime.now(UTC))
    with stage.work() as session:
        subjects = sorted(session.execute(select(Notification.subject)).scalars())
        assert subjects == ["Manca poco: 1 proposta da valutare", "Termine passato: 1 proposta da valutare"]
        assert evaluations.processes_with_due(session, until=datetime.now(UTC)) == [world.process_id]


def test_notes_are_threaded_told_to_the_others_and_taken_back(stage: Stage) -> None:
    (key,) = proposals(stage, 1)
    url = f"/scrivania/{stage.world.slug}/moderazione/proposte/{key}"
    moderating, evaluator = stage.client_as(Role.moderator), stage.client_as(Role.evaluator)
    assert moderating.send(f"{url}/note", {"text": ""}).status_code == 422
    assert moderating.send(f"{url}/note", {"text": f"Sentire la Regione {CANARY}"}).status_code == 303
    with stage.work() as session:
        note = session.execute(select(InternalNote.id)).scalar_one()
    assert evaluator.send(f"{url}/note", {"text": "Lo faccio io", "risponde": str(note)}).status_code == 303
    with stage.work() as session:
        reply = session.execute(select(InternalNote.id).where(InternalNote.parent_id == note)).scalar_one()
        told = session.execute(select(Notification.account_id, Notification.body)).all()
        assert [row.account_id for row in told] == [stage.world.accounts[Role.moderator]]
        assert "Lo faccio io" not in told[0].body
    assert moderating.send(f"{url}/note", {"text": "Grazie", "risponde": str(reply)}).status_code == 303
    with stage.work() as session:
        assert session.execute(select(func.count()).where(InternalNote.parent_id == note)).scalar_one() == 2
    assert evaluator.send(f"{url}/note/{note}/ritira", {}).status_code == 403
    assert moderating.send(f"{url}/note/{note}/ritira", {}).status_code == 303
    page = evaluator.get(f"{url}/valutazioni").text
    assert CANARY not in page
    assert "Nota ritirata" in page
    assert "Lo faccio io" in page
    for role in (Role.account, Role.facilitator, Role.reviewer, None):
        assert stage.client_as(role).get(f"{url}/valutazioni").status_code in {302, 404}


def test_pages_cost_the_same_however_many_there_are(stage: Stage) -> None:
    keys = proposals(stage, 2)
    first = ask(stage, keys)[0]
    client, world = stage.client_as(Role.evaluator), stage.world
    urls = (desk(stage), desk(stage, f"/{first}"))
    costs = []
    for _round in range(2):
        with counted_statements(stage.engine) as sent:
            for url in urls:
                assert client.get(url).status_code == 200
        costs.append(len(sent))
        ask(stage, proposals(stage, 6), Asked(world.accounts[Role.evaluator]))
    assert costs[0] == costs[1] <= 30


def test_a_person_of_staff_takes_their_own_words_along_and_leaves(stage: Stage) -> None:
    (key,) = ask(stage, proposals(stage, 1))
    account = stage.world.accounts[Role.evaluator]
    stage.client_as(Role.evaluator).send(desk(stage, f"/{key}"), fields())
    room = next(r for r in personal_data() if r.name == "moderation")
    with stage.work() as session:
        assert [row["opinion"] for row in room.export(session, account_id=account)] == [fields()["opinion"]]
        room.erase(session, account_id=account, now=datetime.now(UTC))
        session.expire_all()
        row = session.get_one(Evaluation, key)
        assert (row.account_id, row.saved_by, row.state) == (None, None, "delivered")


def test_what_disagrees_and_what_is_missing() -> None:
    assert rules.disagree(["shared", "", "others"])
    assert not rules.disagree(["shared", "", "shared"])
    assert rules.wrong_in(Judgement(), delivering=False) == {}
    assert set(rules.wrong_in(Judgement(), delivering=True)) == {"competence", "opinion"}
    assert set(rules.wrong_in(Judgement(competence="none", opinion="Nessuno la può fare."), delivering=True)) == set()
    assert set(rules.wrong_in(Judgement(reason_code="needs_study"), delivering=False)) == {"reason_code"}
    assert set(rules.wrong_in(Judgement(cost_to=5), delivering=False)) == {"cost_from"}
    assert rules.whole_range(Judgement(cost_from=5)) == (5, 5)
