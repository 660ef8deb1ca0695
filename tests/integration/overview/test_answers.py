"""What became of what I said: of a person, an organisation, a receipt of every kind, over the whole thread."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime

from consult.coplanning.proposals import services as proposals
from consult.coplanning.proposals.types import ProposalOrigin
from consult.core.permissions import Actor
from consult.core.vocabulary import Role, SpeakerKind, ThingKind
from consult.listening.contributions import services as contributions
from consult.listening.meetings import services as meetings
from consult.moderation.services import visibility
from consult.people import services as people
from tests.conftest import Stage
from tests.factories.answers import (
    NOTE,
    NOTE_PASSAGE,
    ORGANISATION,
    code_of,
    facilitator,
    speaks_for,
    take_up,
    told_meeting,
)
from tests.factories.decisions import REASON, TEXT, moderator, promote, publish_finding, submit
from tests.factories.world import counted_statements

SAID = "Di sera mancano i treni per tornare dalla valle."


def order(page: str, *words: str) -> None:
    places = [page.index(w) for w in words]
    assert places == sorted(places), words


def test_a_person_and_a_receipt_see_the_whole_thread(stage: Stage) -> None:
    me = stage.world.others[0]
    with stage.work() as session:
        given = contributions.submit(
            session, process_id=stage.world.process_id, text=SAID, publish=True, actor=Actor(account_id=me), now=datetime.now(UTC)
        )
        finding = publish_finding(session, stage.world, [given.source_id])
        promote(session, stage.world, submit(session, stage.world, author=me, finding_id=finding))
        take_up(session, stage.world, ThingKind.finding, finding, passage="La sera mancano i treni", title="Navetta della sera")
    client = stage.client_of(me)
    mine = client.get("/io").text
    order(mine[mine.index("I miei contributi") :], SAID, "position paper, versione 1", "La sera mancano i treni", "accolta", "Treni la sera", "2.2.1")
    assert REASON in mine
    assert "2.2.2 Navetta della sera" in mine
    receipt = stage.client_as(None).send("/ricevuta", {"codice": given.code}).text
    order(receipt, "position paper, versione 1", "La sera mancano i treni", "Treni la sera", "2.2.1")
    assert SAID not in receipt
    with counted_statements(stage.engine) as few:
        client.get("/io")
    with stage.work() as session:
        for n in range(6):
            more = contributions.submit(
                session, process_id=stage.world.process_id, text=f"{SAID} Ancora {n}.", publish=True, actor=Actor(account_id=me),
                now=datetime.now(UTC),
            )  # fmt: skip  # one row of values reads better so
            publish_finding(session, stage.world, [more.source_id], title=f"Risultanza {n}", number=10 + n)
            promote(session, stage.world, submit(session, stage.world, author=me, title=f"Proposta sui treni {n}"))
    with counted_statements(stage.engine) as many:
        client.get("/io")
    assert len(many) == len(few)


def test_a_paper_proposal_is_answered_by_its_receipt_and_hidden_it_says_so(stage: Stage) -> None:
    with stage.work() as session:
        entered = proposals.enter_on_paper(
            session, process_id=stage.world.process_id, title="Una navetta per il mercato", text=TEXT,
            strategy_id=stage.world.strategies["2.2"], origin=ProposalOrigin.paper,
            actor=Actor(account_id=stage.world.accounts[Role.operator]), now=datetime.now(UTC), received_on=date(2026, 1, 2),
        )  # fmt: skip  # one row of values reads better so
        promote(session, stage.world, entered.proposal_id)
    nobody = stage.client_as(None)
    page = nobody.send("/ricevuta", {"codice": entered.code.lower().replace("-", " ")}).text
    order(page, "accolta", REASON, "2.2.1")
    with stage.work() as session:
        visibility.hide(
            session, process_id=stage.world.process_id, kind=ThingKind.proposal, thing_id=entered.proposal_id, version=2,
            reason_code="insult", actor=moderator(stage.world), now=datetime.now(UTC),
        )  # fmt: skip  # one row of values reads better so
    hidden = nobody.send("/ricevuta", {"codice": entered.code}).text
    assert "Una navetta per il mercato" not in hidden
    assert "non rispettava le regole" in hidden
    assert nobody.send("/ricevuta", {"codice": "0000-0000-0000-0000"}).status_code == 422


def test_a_meetings_code_tells_what_became_of_it_once_the_minutes_are_public(stage: Stage) -> None:
    with stage.work() as session:
        key, note = told_meeting(session, stage.world)
        take_up(session, stage.world, ThingKind.source, note, passage=NOTE_PASSAGE)
        code = code_of(session, key)
    nobody = stage.client_as(None)
    page = nobody.send("/ricevuta", {"codice": code.lower()}).text.replace("&#39;", "'")
    order(page, "Incontro sulla sera", NOTE[:60], "2.2.1")
    thread = nobody.get(f"/processi/{stage.world.slug}/filo/meeting/{key}")
    assert thread.status_code == 200
    assert "2.2.1" in thread.text
    with stage.work() as session:
        meetings.publish_minutes(
            session, process_id=stage.world.process_id, meeting_id=key, public=False, actor=facilitator(stage.world), now=datetime.now(UTC)
        )
    closed = nobody.send("/ricevuta", {"codice": code}).text
    assert "non è ancora pubblicato" in closed
    assert "navetta" not in closed
    assert nobody.get(f"/processi/{stage.world.slug}/filo/meeting/{key}").status_code == 404


def test_an_organisations_page_is_for_who_is_confirmed_to_speak_for_it(stage: Stage) -> None:
    me, colleague, other = stage.world.others[:3]
    with stage.work() as session:
        key = speaks_for(session, stage.world, me)
        speaks_for(session, stage.world, other, confirmed=False)
        for author, title in ((me, "Treni la sera"), (colleague, "Scritta da altri")):
            proposals.submit(
                session, process_id=stage.world.process_id, title=title, text=TEXT, strategy_id=stage.world.strategies["2.2"],
                actor=Actor(account_id=author), now=datetime.now(UTC), author_kind=SpeakerKind.association,
                organisation=f"  {ORGANISATION.upper()}" if author == colleague else ORGANISATION,
            )  # fmt: skip  # one row of values reads better so
    url = f"/io/organizzazioni/{key}"
    page = stage.client_of(me).get(url).text
    assert "Treni la sera" in page
    assert page.count("scritta da chi qui non risulta") == 1
    for client in (stage.client_of(other), stage.client_of(colleague)):
        assert client.get(url).status_code == 404
    manager = stage.client_as(Role.manager)
    desk = f"/scrivania/{stage.world.slug}/organizzazioni"
    assert ORGANISATION in manager.get(desk).text
    assert manager.send(f"{desk}/{key}/{other}", {"risposta": "si"}).status_code == 303
    assert stage.client_of(other).get(url).status_code == 200
    assert manager.send(f"{desk}/{key}/{uuid.uuid4()}", {"risposta": "si"}).status_code == 404
    asking = stage.client_of(colleague)
    assert asking.send("/io/organizzazioni", {"name": ORGANISATION.lower(), "kind": "association"}).status_code == 303
    assert asking.send("/io/organizzazioni", {"name": "X", "kind": "resident"}).status_code == 422
    assert "in attesa di conferma" in asking.get("/io/organizzazioni").text
    assert "1 persona chiede di parlare per un" in stage.client_as(Role.manager).get("/scrivania").text
    assert "chiede di parlare" not in stage.client_as(Role.moderator).get("/scrivania").text
    assert asking.send(f"/io/organizzazioni/{key}/lascia").status_code == 303
    with stage.work() as session:
        people.leave_organisation(session, organisation_id=key, account_id=other, actor=Actor(account_id=other), now=datetime.now(UTC))
    assert stage.client_of(other).get(url).status_code == 404
