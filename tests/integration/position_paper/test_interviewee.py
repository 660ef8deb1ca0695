"""The person who was interviewed: invited with an appointment, reads the quotes used, corrects, withdraws; it reaches the published paper."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import icalendar
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.core.errors import Conflict, Invalid
from consult.core.jobs import OutboxJob
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.listening.interviews import queries, services
from consult.listening.interviews.models import Interview, InterviewPassage
from consult.listening.interviews.rules import door_hash, door_token
from consult.listening.sources.models import Source
from consult.listening.sources.queries import of_unit
from consult.ports.mail import Letter, as_message
from consult.position_paper import queries as papers
from tests.conftest import Stage
from tests.integration.position_paper.test_publishing import public, quoted

NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)
WHOLE = services.Consent(may_record=True, may_transcribe=True, may_code=True, quote="role")


class Post:
    """Keeps letters."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> None:
        self.letters.append(letter)


def entry_of(letter: Letter) -> icalendar.Event:
    message: EmailMessage = as_message(letter, "Consult <no-reply@consult.example>")
    (part,) = [p for p in message.walk() if p.get_content_type() == "text/calendar"]
    assert part.get_param("method") == "REQUEST"
    (event,) = icalendar.Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    return event


def test_the_invitation_bears_one_appointment_that_moves(stage: Stage) -> None:
    world, client = stage.world, stage.client_as(Role.facilitator)
    with stage.work() as session:
        fields = services.InterviewFields(
            role="sindaca", email="sindaca@comune.example", meets_at=NOW, place="Municipio"
        )
        key = services.create_interview(session, process_id=world.process_id, fields=fields, actor=SYSTEM, now=NOW)
    post = Post()
    for moved in (0, 2):
        with stage.work() as session:
            session.execute(update(Interview).values(meets_at=NOW + timedelta(days=moved)))
        assert client.send(f"/scrivania/{world.slug}/interviste/{key}/invito", {}).status_code == 303
        with stage.work() as session, stage.app.test_request_context("/"):
            job = session.execute(
                select(OutboxJob)
                .where(OutboxJob.topic == "interviews.mail_invitation")
                .order_by(OutboxJob.id.desc())
                .limit(1)
            ).scalar_one()
            number = job.payload["number"]
            services.send_invitation(session, interview_id=key, number=number, mailer=post, secret="s" * 40, now=NOW)
            services.send_invitation(
                session, interview_id=key, number=number - 1, mailer=post, secret="s" * 40, now=NOW
            )
    first, second = map(entry_of, post.letters)
    assert first["uid"] == second["uid"]
    assert (int(first["sequence"]), int(second["sequence"])) == (0, 1)
    assert second.start - first.start == timedelta(days=2)
    token = door_token(key, "s" * 40)
    assert all(f"/intervista/{token}" in letter.text for letter in post.letters)
    assert stage.client_as(None).get(f"/intervista/{token}").status_code == 200
    assert stage.client_as(None).get("/intervista/altro").status_code == 404
    with stage.work() as session:
        assert session.get_one(Interview, key).status == "scheduled"


def test_consent_is_only_narrowed_and_every_change_is_kept(stage: Stage) -> None:
    here = {"process_id": stage.world.process_id, "now": NOW}
    with stage.work() as session:
        key = services.plan_interview(session, role="sindaca", actor=SYSTEM, **here)
        services.record_consent(session, interview_id=key, consent=WHOLE, actor=SYSTEM, **here)
        services.add_transcript(session, interview_id=key, text="R: Il treno.\n\nR: La scuola.", actor=SYSTEM, **here)
        session.get_one(Interview, key).door_hash = door_hash("porta")
        first = of_unit(session, unit_id=key)[0]
    client = stage.client_as(None)
    scopes = {"consent_record": "y", "consent_transcribe": "y", "consent_code": "y"}
    assert client.send("/intervista/porta/consenso", {**scopes, "consent_quote": "name"}).status_code == 422
    assert client.send("/intervista/porta/consenso", {**scopes, "consent_quote": "anonymous"}).status_code == 303
    # The page offers nothing that would be refused.
    page = client.get("/intervista/porta").get_data(as_text=True)
    assert re.findall(r'name="consent_quote"[^>]*value="(\w+)"', page) == ["none", "anonymous"]
    assert "Non consenti:" not in page
    assert client.send(f"/intervista/porta/passaggi/{first.id}", {"revision": 99, "text": "x"}).status_code == 409
    with stage.work() as session:
        first = of_unit(session, unit_id=key)[0]
        assert (first.quotable, first.attribution) == ("anonymous", "")
    fixed = {"revision": first.revision, "text": "Il treno delle sei."}
    assert client.send(f"/intervista/porta/passaggi/{first.id}", fixed).status_code == 303
    assert client.send(f"/intervista/porta/passaggi/{uuid.uuid4()}", fixed).status_code == 404
    assert client.send("/intervista/porta/conferma", {}).status_code == 303
    page = client.get("/intervista/porta").get_data(as_text=True)
    assert "Il treno delle sei." in page
    with stage.work() as session:
        assert session.get_one(Interview, key).status == "checked"
        history = queries.consent_history(session, interview_id=key)
        assert sorted((row.given_by, row.quote, row.text_version) for row in history) == [
            ("person", "anonymous", "1"),
            ("staff", "role", "1"),
        ]
        second = of_unit(session, unit_id=key)[1]
    assert client.send(f"/intervista/porta/passaggi/{second.id}/ritiro/{second.revision}", {}).status_code == 303
    with stage.work() as session:
        assert [card.state for card in of_unit(session, unit_id=key)] == ["live", "withdrawn"]


def test_a_withdrawal_by_the_person_reaches_quotes_findings_and_the_published_paper(published: Stage) -> None:
    stage = published
    finding_id, source_id, words = quoted(stage)
    here = {"process_id": stage.world.process_id, "now": NOW}
    with stage.work() as session:
        key = services.plan_interview(session, role="sindaca", actor=SYSTEM, **here)
        services.record_consent(session, interview_id=key, consent=WHOLE, actor=SYSTEM, **here)
        # The quoted passage was said in this interview.
        said = {"unit_id": key, "unit_kind": "interview", "visibility": "internal", "quotable": "role"}
        session.execute(update(Source).where(Source.id == source_id).values(**said))
        session.add(InterviewPassage(interview_id=key, position=1, speaker="R", source_id=source_id))
        session.get_one(Interview, key).door_hash = door_hash("porta")
    client = stage.client_as(None)
    assert words in public(stage)
    own = client.get("/intervista/porta").get_data(as_text=True)
    assert f"<q>{words}</q>" in own.replace("&#39;", "'")
    assert "pubblicato" in own
    assert client.send("/intervista/porta/consenso", {"consent_quote": "none"}).status_code == 303
    assert words not in public(stage)
    assert words not in client.get(f"/processi/{stage.world.slug}/position-paper/risultanze/{finding_id}").get_data(
        as_text=True
    )
    own = client.get("/intervista/porta").get_data(as_text=True)
    assert words not in own
    assert "Non consenti: registrare, trascrivere, leggere, classificare e contare." in own
    assert 'name="consent_code"' not in own
    for kind in ("pdf", "html"):
        assert client.get(f"/processi/{stage.world.slug}/position-paper/versioni/1/{kind}").status_code == 302
    with stage.work() as session:
        finding = papers.finding(session, process_id=stage.world.process_id, finding_id=finding_id)
        assert finding is not None
        cited = papers.cited_sources(session, finding_ids=[finding_id])[finding_id]
        assert any(row.source_id == source_id and row.stale for row in cited)


def test_the_guide_names_what_it_asks_about_and_coverage_who_is_missing(stage: Stage) -> None:
    client, slug = stage.client_as(Role.facilitator), stage.world.slug
    code = next(iter(stage.world.strategies))
    guide = f"/scrivania/{slug}/interviste/traccia"
    assert client.send(guide, {"questions": "Che cosa manca? [99.9]"}).status_code == 422
    assert client.send(guide, {"questions": f"Che cosa manca? [{code}]\nE poi?"}).status_code == 303
    with stage.work() as session:
        assert [(q.text, q.mark) for q in queries.guide(session, process_id=stage.world.process_id)] == [
            ("Che cosa manca?", code),
            ("E poi?", ""),
        ]
        services.plan_interview(
            session, process_id=stage.world.process_id, role="sindaca", zone_id=stage.world.zones["1"], speaker_kind="municipality",
            status="held", actor=SYSTEM, now=NOW,
        )  # fmt: skip  # one row of values reads better so
    page = client.get(f"/scrivania/{slug}/interviste").get_data(as_text=True)
    assert "1 di 1" in page
    assert "nessuno in elenco" in page


@pytest.mark.parametrize("consent", [services.Consent(may_transcribe=True), services.Consent(may_code=True)])
def test_without_the_scope_the_use_is_impossible(session: Session, world: object, consent: services.Consent) -> None:
    process_id = world.process_id  # type: ignore[attr-defined]
    key = services.plan_interview(session, process_id=process_id, role="prof", actor=SYSTEM, now=NOW)
    services.record_consent(session, process_id=process_id, interview_id=key, consent=consent, actor=SYSTEM, now=NOW)
    with pytest.raises((Invalid, Conflict)):
        services.add_transcript(session, process_id=process_id, interview_id=key, text="R: Sì.", actor=SYSTEM, now=NOW)
