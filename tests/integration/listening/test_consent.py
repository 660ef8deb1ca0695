"""Consent of who was interviewed: what goes with it, what comes back with it, and what else keeps a passage away."""

from __future__ import annotations

import html
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from consult.core.errors import Invalid, NotFound
from consult.core.jobs import OutboxJob
from consult.core.permissions import SYSTEM, Actor
from consult.core.vocabulary import Role, ThingKind
from consult.listening.interviews import services
from consult.listening.interviews.models import Interview
from consult.listening.sources.models import Source
from consult.listening.sources.queries import of_unit
from consult.listening.sources.services import change_source
from consult.moderation.models import ModerationAct
from consult.moderation.services import visibility as moderation
from tests.conftest import Stage
from tests.factories.voices import facilitator
from tests.factories.world import World
from tests.integration.listening.conftest import NOW


def test_narrowed_and_withdrawn_consent_reaches_every_passage(stage: Stage, interview: uuid.UUID) -> None:
    def consent(**scopes: object) -> None:
        with stage.work() as session:
            services.record_consent(
                session, process_id=stage.world.process_id, interview_id=interview, actor=SYSTEM, now=NOW,
                consent=services.Consent(**{"may_transcribe": True, "may_code": True, **scopes}),  # type: ignore[arg-type]
            )  # fmt: skip

    def seen() -> list[tuple[str, str, str]]:
        with stage.work() as session:
            return [(c.quotable, c.attribution, c.state) for c in of_unit(session, unit_id=interview)]

    consent(quote="anonymous")
    assert seen() == [("anonymous", "", "live")] * 2
    consent(quote="role", embargo_until=date(2026, 12, 1))
    assert seen()[0][0] == "none"
    with stage.work() as session:
        # The embargo ends with the authority's midnight: an hour before that of the database.
        for hour, asked in ((22, 0), (23, 1)):
            now = datetime(2026, 11, 30, hour, 2, tzinfo=UTC)
            services.ask_for_due(session, timezone="Europe/Rome", now=now)
            services.ask_for_due(session, timezone="Europe/Rome", now=now)
            jobs = session.execute(select(OutboxJob.payload).where(OutboxJob.topic == "interviews.follow_dates")).all()
            assert len(jobs) == asked
            assert services.follow_dates(session, timezone="Europe/Rome", now=now) == asked
        assert services.follow_dates(session, timezone="Europe/Rome", now=now) == 0
    assert seen()[0][0] == "role"
    # What nobody followed is followed when the clock looks: here an embargo that was written past every form.
    with stage.work() as session:
        session.execute(update(Interview).where(Interview.id == interview).values(embargo_until=date(2027, 3, 1)))
        assert services.follow_dates(session, timezone="Europe/Rome", now=NOW) == 1
    assert seen()[0][0] == "none"
    # Twice within one hour, too: a job that is done holds back no other, one that waits does.
    with stage.work() as session:
        moment = datetime.now(UTC)

        def asked(minutes: int) -> int:
            services.ask_for_due(session, timezone="Europe/Rome", now=moment + timedelta(minutes=minutes))
            return session.execute(
                select(func.count()).select_from(OutboxJob).where(OutboxJob.topic == "interviews.follow_dates")
            ).scalar_one()

        session.execute(update(OutboxJob).values(done_at=func.clock_timestamp()))
        there = asked(0)
        for minutes, day in ((1, date(2020, 1, 1)), (5, date(2999, 1, 1))):
            session.execute(update(Interview).where(Interview.id == interview).values(embargo_until=day))
            there += 1
            assert asked(minutes) == asked(minutes + 2) == there
            assert services.follow_dates(session, timezone="Europe/Rome", now=moment) == 1
            session.execute(update(OutboxJob).values(done_at=func.clock_timestamp()))
            assert asked(minutes + 3) == there
    assert seen()[0][0] == "none"
    consent(may_code=False)
    assert [state for _q, _a, state in seen()] == ["withdrawn"] * 2


def test_what_went_with_consent_comes_back_only_with_it(stage: Stage, interview: uuid.UUID) -> None:
    client = stage.client_as(Role.facilitator)
    with stage.work() as session:
        first, second = (card.id for card in of_unit(session, unit_id=interview))
        # The person takes one passage back; then consent goes, which takes the other.
        services.correct_passage(
            session, process_id=stage.world.process_id, interview_id=interview, source_id=first, text=None, seen_revision=1, now=NOW
        )

    def consent(**scopes: object) -> None:
        with stage.work() as session:
            services.record_consent(
                session, process_id=stage.world.process_id, interview_id=interview, actor=facilitator(stage.world), now=NOW,
                consent=services.Consent(**scopes),  # type: ignore[arg-type]
            )  # fmt: skip  # one call reads better so

    def states() -> list[str]:
        with stage.work() as session:
            return [card.state for card in of_unit(session, unit_id=interview)]

    def by_hand(source_id: uuid.UUID, change: str, reason: str = "mistake") -> tuple[int, str]:
        with stage.work() as session:
            revision = session.get_one(Source, source_id).revision
        form = {"change": change, "reason": reason, "revision": str(revision)}
        answer = client.send(f"/scrivania/piano-di-prova/fonti/{source_id}", form)
        return answer.status_code, html.unescape(answer.text)

    consent(may_transcribe=True)
    assert states() == ["withdrawn", "withdrawn"]
    # By hand neither comes back, nor is it hidden into the sight of who moderates.
    for key, why in ((first, "L’ha ritirata chi l’ha scritta o detta"), (second, "Manca il consenso di chi l’ha detta")):
        status, page = by_hand(key, "restore")
        assert status == 422
        assert why in page
        assert by_hand(key, "hide")[0] == 303
    assert states() == ["withdrawn", "withdrawn"]
    # A passage that is in use, or hidden, past every form without consent is found by the clock.
    for state in ("hidden", "live"):
        with stage.work() as session:
            session.execute(update(Source).where(Source.id == second).values(state=state, consented=True))
            assert services.follow_dates(session, timezone="Europe/Rome", now=NOW) == 1
            assert services.follow_dates(session, timezone="Europe/Rome", now=NOW) == 0
    assert states() == ["withdrawn", "withdrawn"]
    consent(may_transcribe=True, may_code=True)
    assert states() == ["withdrawn", "live"]
    # What a facilitator withdrew by mistake they may put back.
    assert by_hand(second, "withdraw")[0] == 303
    assert by_hand(second, "restore")[0] == 303
    assert states() == ["withdrawn", "live"]
    # Withdrawn by hand for want of consent it stays so, while the interview's own consent stands and is saved again; who withdrew it
    # may put it back, nobody else; and nobody may say that the program did it.
    assert by_hand(second, "withdraw", "consent_lapsed")[0] == 422
    assert by_hand(second, "withdraw", "consent_withdrawn")[0] == 303
    consent(may_transcribe=True, may_code=True, quote="role")
    assert states() == ["withdrawn", "withdrawn"]
    consent(may_transcribe=True)
    consent(may_transcribe=True, may_code=True)
    assert states() == ["withdrawn", "withdrawn"]
    page = stage.client_as(Role.reader).get(f"/scrivania/piano-di-prova/fonti/{second}").text
    assert "può rimetterla solo chi l’ha ritirata" in html.unescape(page)
    assert by_hand(second, "restore")[0] == 303
    # What is hidden goes with consent too, and comes back hidden.
    assert by_hand(second, "hide", "offence")[0] == 303
    consent(may_transcribe=True)
    assert states() == ["withdrawn", "withdrawn"]
    assert by_hand(second, "restore")[0] == 422
    consent(may_transcribe=True, may_code=True)
    assert states() == ["withdrawn", "hidden"]


def test_a_passage_that_went_for_another_reason_comes_back_only_while_consent_stands_and_as_it_was_left(
    stage: Stage, interview: uuid.UUID
) -> None:
    client, here = stage.client_as(Role.facilitator), {"process_id": stage.world.process_id, "now": NOW}
    with stage.work() as session:
        first, second = (card.id for card in of_unit(session, unit_id=interview))

    def consent(*, code: bool) -> None:
        with stage.work() as session:
            services.record_consent(
                session, interview_id=interview, actor=SYSTEM, consent=services.Consent(may_transcribe=True, may_code=code), **here
            )

    def states() -> list[str]:
        with stage.work() as session:
            return [card.state for card in of_unit(session, unit_id=interview)]

    def by_hand(source_id: uuid.UUID, change: str, reason: str = "mistake") -> tuple[int, str]:
        with stage.work() as session:
            revision = session.get_one(Source, source_id).revision
        answer = client.send(
            f"/scrivania/piano-di-prova/fonti/{source_id}", {"change": change, "reason": reason, "revision": str(revision)}
        )
        return answer.status_code, html.unescape(answer.text)

    def page(source_id: uuid.UUID) -> str:
        return html.unescape(client.get(f"/scrivania/piano-di-prova/fonti/{source_id}").text)

    # Withdrawn by mistake, then consent goes: who withdrew it may not put it back, is told why, and nothing else is lost.
    assert by_hand(first, "withdraw")[0] == 303
    consent(code=False)
    status, said = by_hand(first, "restore")
    assert (status, states()) == (422, ["withdrawn", "withdrawn"])
    assert "si può rimettere quando il consenso si registra di nuovo" in said
    with pytest.raises(IntegrityError, match="consented_in_use"), stage.work() as session:
        session.execute(update(Source).where(Source.id == first).values(state="live"))
    # What somebody hides meanwhile comes back hidden; what its author takes back meanwhile does not come back.
    moderator = Actor(account_id=stage.world.accounts[Role.moderator])
    with stage.work() as session:
        of_source = {"kind": ThingKind.source, "thing_id": second, "version": None, "actor": moderator, **here}
        act = moderation.hide(session, reason_code="insult", **of_source)
    assert "Quando torna resta nascosta" in page(second)
    consent(code=True)
    assert states() == ["withdrawn", "hidden"]
    assert by_hand(first, "restore")[0] == 303
    assert states() == ["live", "hidden"]
    with stage.work() as session:
        moderation.restore(session, **of_source)
    assert states() == ["live", "live"]
    consent(code=False)
    with stage.work() as session:
        act = moderation.hide(session, reason_code="insult", **of_source)
        # Undone within ten seconds: it stays gone, and comes back as it was.
        moderation.take_back(session, session.get_one(ModerationAct, act), actor=moderator, now=NOW)
    assert states() == ["withdrawn", "withdrawn"]
    assert by_hand(first, "withdraw", "author_asked")[0] == 303
    consent(code=True)
    assert states() == ["withdrawn", "live"]
    assert "non si può rimettere" not in page(first)
    assert "non si può rimettere" in html.unescape(
        stage.client_as(Role.reader).get(f"/scrivania/piano-di-prova/fonti/{first}").text
    )


#: What may happen to a passage, by whom: F and M are two facilitators, P is who said it, Q who moderates.
ACTS = ("off", "on", "P takes", "F mistake", "F asked", "M consent", "F back", "M back", "Q hides", "Q shows", "F redacts", "clock")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(ACTS), min_size=3, max_size=9))
def test_whatever_happens_a_passage_is_in_use_only_with_consent_and_comes_back_as_it_was_left(
    session: Session, world: World, acts: list[str]
) -> None:
    # A passage is gone while consent is missing or while somebody took it; `under` is what it is when it is not.
    people = {name: Actor(account_id=uuid.uuid4()) for name in "FMQ"}
    here: dict[str, Any] = {"process_id": world.process_id, "now": NOW}
    consented, takings, under = True, set[tuple[str, str]](), "live"
    with session.begin_nested() as undone:
        key = services.plan_interview(session, role="sindaca", actor=SYSTEM, **here)
        agreed = {name: services.Consent(may_transcribe=name == "on", may_code=True, quote="role") for name in ("on", "off")}
        services.record_consent(session, interview_id=key, consent=agreed["on"], actor=SYSTEM, **here)
        services.add_transcript(session, interview_id=key, text="R: Un treno.", actor=SYSTEM, **here)
        (card,) = of_unit(session, unit_id=key)

        def change(who: str, change: str, reason: str = "mistake") -> bool:
            try:
                change_source(session, source_id=card.id, change=change, reason_code=reason, actor=people[who], text="Tolto.", **here)
            except Invalid:
                return False
            return True

        for act in acts:
            gone = not consented or bool(takings)
            who, _blank, what = act.partition(" ")
            held = {(name, reason) for name, reason in takings if reason != "mistake" and name != who}
            if act in agreed:
                services.record_consent(session, interview_id=key, consent=agreed[act], actor=SYSTEM, **here)
                consented = act == "on"
            elif act == "clock":
                assert services.follow_dates(session, timezone="Europe/Rome", now=NOW) == 0
            elif act == "P takes":
                taken: dict[str, Any] = {"source_id": card.id, "interview_id": key, "text": None}
                try:
                    revision = session.get_one(Source, card.id, populate_existing=True).revision
                    services.correct_passage(session, seen_revision=revision, **taken, **here)
                    assert not gone
                    assert under == "live"
                    takings.add(("P", "author_asked"))
                except NotFound:
                    assert gone or under != "live"
            elif what in {"mistake", "asked", "consent"}:
                reason = {"asked": "author_asked", "consent": "consent_withdrawn"}.get(what, what)
                assert change(who, "withdraw", reason)
                takings.add((who, reason))
            elif what == "back" or (what == "shows" and under == "live"):
                done = change(who, "restore" if what == "back" else "publish")
                assert done == (not gone or (consented and not held))
                under = under if gone else "live"
                takings = set() if done and gone else takings
            elif what in {"hides", "shows"}:
                assert change(who, "hide" if what == "hides" else "publish", "offence")
                under = "hidden" if what == "hides" else "live"
            else:
                assert change(who, "redact", "personal_data")
            session.expire_all()
            row = session.get_one(Source, card.id)
            assert (act, row.state, row.consented) == (act, "withdrawn" if not consented or takings else under, consented)
        undone.rollback()
