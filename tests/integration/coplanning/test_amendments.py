"""Changes proposed to others' words: yes and no, older words, two at once, who is told, who may, what is hidden, what leaves with a person."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.coplanning.proposals import queries, services
from consult.coplanning.proposals.models import Amendment, Proposal, ProposalCoauthor
from consult.coplanning.proposals.services.telling_amendments import tell_amendment
from consult.core.errors import Conflict, Forbidden, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import Outcome, Role, ThingKind
from consult.moderation.services import undo, visibility
from consult.notices.models import Notification
from consult.people.models import Account
from tests.factories.amendments import WHY, accept, amend, words_of
from tests.factories.proposals import TEXT, actor_of, author, propose
from tests.factories.waiting import read_first
from tests.factories.world import World, app_engine, counted_statements
from tests.integration.coplanning.conftest import LIST, Room
from tests.integration.coplanning.test_races import together

NOW = datetime.now(UTC)
LONG = "Chiediamo treni ogni mezz'ora. La sera l'ultimo parte alle otto.\n\n- anche la domenica\n- anche d'estate"


def other(world: World, place: int = 0) -> Actor:
    return actor_of(world.others[place], f"Persona {place}")


def moderator(world: World) -> Actor:
    return actor_of(world.accounts[Role.moderator], "Moderatrice")


def show(session: Session, world: World, key: uuid.UUID) -> queries.ShownProposal:
    session.expire_all()
    found = queries.show(session, process_id=world.process_id, proposal_id=key, viewer_id=None)
    assert found is not None
    return found


def one(session: Session, world: World, proposal: uuid.UUID, key: uuid.UUID, viewer: uuid.UUID | None = None) -> queries.ShownAmendment | None:
    session.expire_all()
    return queries.amendment(session, process_id=world.process_id, proposal_id=proposal, amendment_id=key, viewer_id=viewer)


def subjects(session: Session, account: uuid.UUID) -> list[str]:
    rows = session.execute(
        select(Notification.subject).where(Notification.account_id == account, Notification.kind == "amendment").order_by(Notification.subject)
    )
    return list(rows.scalars())


def test_yes_makes_a_version_and_a_co_author_and_everyone_concerned_hears_of_it_once(session: Session, world: World) -> None:
    key = propose(session, world, title="Treni ogni mezz'ora")
    near = world.others[3]
    services.support(session, process_id=world.process_id, proposal_id=key, actor=actor_of(near), now=NOW)
    change = amend(session, world, key, by=other(world), show_name=False, pseudonym="Un pendolare", add="Anche il **sabato**.")
    for _twice in range(2):
        tell_amendment(session, amendment_id=change, what="new", now=NOW)
    assert subjects(session, world.accounts[Role.account]) == ["Una modifica proposta al testo di «Treni ogni mezz'ora»"]
    with pytest.raises(Forbidden):
        accept(session, world, change, by=other(world, 1))
    assert accept(session, world, change, by=author(world)) == 2
    shown = show(session, world, key)
    assert (shown.text_version, shown.coauthors, shown.amended) == (2, ["Un pendolare"], [0, 1, 0, 0])
    assert "<strong>sabato</strong>" in shown.html
    past = queries.versions(session, process_id=world.process_id, proposal_id=key)
    assert past is not None
    first, before = past.rows
    assert (before.text, first.amendment_id, before.amendment_id) == (TEXT, change, None)
    assert tell_amendment(session, amendment_id=change, what="new", now=NOW) == 0, "what is answered is no news any more"
    tell_amendment(session, amendment_id=change, what="accepted", now=NOW)
    assert subjects(session, world.others[0]) == ["La tua modifica è stata accolta: ora sei tra chi ha scritto «Treni ogni mezz'ora»"]
    assert subjects(session, near) == ["È cambiato il testo di «Treni ogni mezz'ora», che sostieni o segui"]
    assert world.others[0] in queries.followers(session, proposal_id=key), "a co-author goes on being told"
    again = amend(session, world, key, by=other(world), add="E la domenica.")
    accept(session, world, again, by=author(world))
    assert show(session, world, key).coauthors == ["Un pendolare"], "once is enough"


def test_no_takes_a_sentence_and_leaves_the_words(session: Session, world: World) -> None:
    key = propose(session, world)
    change = amend(session, world, key, by=other(world))
    no = {"process_id": world.process_id, "amendment_id": change, "actor": author(world), "now": NOW}
    with pytest.raises(Invalid) as short:
        services.decline_amendment(session, version=1, answer="No.", **no)
    assert set(short.value.fields) == {"answer"}
    with pytest.raises(Conflict):
        services.decline_amendment(session, version=7, answer="Preferisco restare sulle ultime corse.", **no)
    services.decline_amendment(session, version=1, answer="Preferisco restare sulle ultime corse.", **no)
    shown = show(session, world, key)
    assert (shown.text_version, shown.coauthors, shown.amended) == (1, [], [0, 0, 1, 0])
    tell_amendment(session, amendment_id=change, what="declined", now=NOW)
    assert subjects(session, world.others[0]) == ["Una risposta alla modifica che hai proposto a «Treni ogni mezz'ora»"]
    with pytest.raises(Conflict):
        accept(session, world, change, by=author(world))


def test_what_was_written_on_older_words_is_carried_over_or_says_so(session: Session, world: World) -> None:
    key = propose(session, world, text=LONG)
    evening = amend(session, world, key, by=other(world), text=LONG.replace("alle otto", "alle dieci"))
    summer = amend(session, world, key, by=other(world, 1), text=LONG.replace("anche d'estate", "anche d'agosto"))
    night = amend(session, world, key, by=other(world, 2), text=LONG.replace("alle otto", "a mezzanotte"))
    accept(session, world, evening, by=author(world))
    moved = one(session, world, key, summer)
    assert moved is not None
    assert moved.moved
    assert moved.carried is not None
    assert moved.carried.text == LONG.replace("alle otto", "alle dieci").replace("d'estate", "d'agosto")
    stale = show(session, world, key).version - 1
    with pytest.raises(Conflict):
        accept(session, world, summer, by=author(world), proposal_version=stale)
    accept(session, world, summer, by=author(world))
    assert words_of(session, key)[2] == moved.carried.text
    clash = one(session, world, key, night)
    assert clash is not None
    assert clash.carried is None, "both changed the same sentence"
    with pytest.raises(Conflict):
        accept(session, world, night, by=author(world))
    version, title, text = words_of(session, key)
    services.edit_amendment(
        session, process_id=world.process_id, amendment_id=night, version=1, base_version=version, title=title,
        text=text.replace("alle dieci", "a mezzanotte"), reason=WHY, actor=other(world, 2), now=NOW,
    )  # fmt: skip  # one call reads better so
    accept(session, world, night, by=author(world))
    assert "a mezzanotte" in words_of(session, key)[2]
    assert len(show(session, world, key).coauthors) == 3


def test_who_may_propose_what(session: Session, world: World) -> None:
    key = propose(session, world)
    with pytest.raises(Conflict):
        amend(session, world, key, by=author(world))
    version, title, text = words_of(session, key)
    with pytest.raises(Invalid) as wrong:
        amend(session, world, key, by=other(world), text=text, reason="Boh")
    assert set(wrong.value.fields) == {"text", "reason"}
    with pytest.raises(Invalid):
        amend(session, world, key, by=other(world), base_version=version + 3)
    session.execute(update(Account).where(Account.id == world.others[3]).values(email_verified_at=None))
    with pytest.raises(Forbidden):
        amend(session, world, key, by=other(world, 3))
    amend(session, world, key, by=other(world))
    with pytest.raises(Conflict) as second:
        amend(session, world, key, by=other(world), title=f"{title} e oltre")
    assert second.value.link_endpoint == "proposals.amendment"
    services.record_outcome(session, proposal_id=key, outcome=Outcome.rejected, reason="No", body="Cabina", actor=moderator(world), now=NOW)
    with pytest.raises(Conflict):
        amend(session, world, key, by=other(world, 1))


def test_hidden_withdrawn_and_waiting_ones_are_nobodys_to_read(session: Session, world: World) -> None:
    key = propose(session, world)
    me = world.others[0]
    change = amend(session, world, key, by=other(world))
    tell_amendment(session, amendment_id=change, what="new", now=NOW)
    act = visibility.hide(
        session, process_id=world.process_id, kind=ThingKind.amendment, thing_id=change, version=1, reason_code="insult",
        actor=moderator(world), now=NOW,
    )  # fmt: skip  # one call reads better so
    assert one(session, world, key, change) is None
    assert show(session, world, key).amended == [0, 0, 0, 0]
    with pytest.raises(Conflict):
        accept(session, world, change, by=author(world))
    with pytest.raises(NotFound):
        services.withdraw_amendment(session, process_id=world.process_id, amendment_id=change, version=2, actor=other(world), now=NOW)
    assert tell_amendment(session, amendment_id=change, what="new", now=NOW) == 0
    undo.undo(session, process_id=world.process_id, act_id=act, actor=moderator(world), now=NOW + timedelta(seconds=5))
    assert one(session, world, key, change) is not None
    services.withdraw_amendment(session, process_id=world.process_id, amendment_id=change, version=3, actor=other(world), now=NOW)
    assert one(session, world, key, change) is None
    assert one(session, world, key, change, me) is not None
    read_first(session, world, [ThingKind.proposal], NOW)
    waiting = amend(session, world, key, by=other(world))
    assert one(session, world, key, waiting) is None
    assert one(session, world, key, waiting, me) is not None
    visibility.decide_waiting(
        session, process_id=world.process_id, kind=ThingKind.amendment, thing_id=waiting, version=1, reason_code="",
        actor=moderator(world), now=NOW,
    )  # fmt: skip  # one call reads better so
    assert one(session, world, key, waiting) is not None


def test_a_person_takes_their_changes_along_and_leaves(session: Session, world: World) -> None:
    key = propose(session, world)
    change = amend(session, world, key, by=other(world), show_name=False, pseudonym="Un pendolare")
    accept(session, world, change, by=author(world), answer="Mi hai convinta.")
    mine = services.PERSONAL_DATA.export(session, account_id=world.others[0])
    assert [(r["state"], r["reason"]) for r in mine if r["kind"] == "amendment"] == [("accepted", WHY)]
    hers = services.PERSONAL_DATA.export(session, account_id=world.accounts[Role.account])
    assert [r["text"] for r in hers if r["kind"] == "answer_to_amendment"] == ["Mi hai convinta."]
    services.PERSONAL_DATA.erase(session, account_id=world.others[0], now=NOW)
    session.flush()
    row = session.execute(select(Amendment).where(Amendment.id == change)).scalar_one()
    session.refresh(row)
    assert (row.author_id, row.pseudonym, row.show_name) == (None, "", False)
    assert show(session, world, key).coauthors == [None]
    assert session.execute(select(ProposalCoauthor.account_id)).scalars().all() == [None]


def test_yes_and_no_at_the_same_moment_leave_one_answer(room: Room) -> None:
    with room.session() as session:
        key = propose(session, room.world)
        change = amend(session, room.world, key, by=other(room.world))
        session.commit()
    url = f"{LIST}/{key}/modifiche/{change}/rispondi"
    seen = {"version": "1", "proposal_version": "1", "answer": "Una frase che basta a tutti e due."}
    browsers = [room.browser(room.world.accounts[Role.account]) for _ in range(2)]
    codes = together(
        [
            lambda: browsers[0].send(url, {**seen, "azione": "accogli"}).status_code,
            lambda: browsers[1].send(url, {**seen, "azione": "rifiuta"}).status_code,
        ]
    )
    assert sorted(codes) == [303, 409]
    with room.session() as session:
        state = session.execute(select(Amendment.state)).scalar_one()
        version = session.execute(select(Proposal.text_version).where(Proposal.id == key)).scalar_one()
    assert version == (2 if state == "accepted" else 1)


def test_the_pages(room: Room) -> None:
    with room.session() as session:
        key = propose(session, room.world, text=LONG)
        session.commit()
    page = f"{LIST}/{key}"
    person, writer, desk = (room.browser(k) for k in (room.world.others[0], room.world.accounts[Role.account], room.world.accounts[Role.moderator]))
    form = person.get(f"{page}/modifiche/nuova").text
    assert "I tuoi dati" in form
    assert "alle otto." in form
    sent = {"base_version": "1", "title": "Treni ogni mezz'ora", "text": LONG, "reason": WHY}
    same = person.send(f"{page}/modifiche/nuova", sent)
    assert same.status_code == 422
    assert "uguale a quello di adesso" in same.text
    sent["text"] = LONG.replace("alle otto", "alle <b>dieci</b>")
    shown = person.send(f"{page}/modifiche/differenze", sent).text
    assert '<del><span class="visually-hidden">[tolto: </span>otto.' in shown
    assert "&lt;b&gt;dieci&lt;/b&gt;" in shown
    done = person.send(f"{page}/modifiche/nuova", sent)
    assert done.status_code == 303, done.text
    change = done.location.rsplit("/", 1)[1]
    assert person.get(f"{page}/modifiche/nuova").status_code == 303, "one at a time"
    assert "1 aspetta risposta" in room.browser(None).get(page).text
    answer = writer.get(f"{page}/modifiche/{change}").text
    assert "Accetto: cambia il testo" in answer
    assert "Accetto" not in person.get(f"{page}/modifiche/{change}").text
    assert person.send(f"{page}/modifiche/{change}/segnala", {"reason": "off_topic", "note": ""}).status_code == 303
    reported = desk.get(f"/scrivania/{room.world.slug}/moderazione?elenco=segnalate").text
    assert "modifica proposta" in reported
    assert "[aggiunto: " in reported
    fields = {name: re.search(rf'name="{name}"[^>]*value="(\d+)"', answer)[1] for name in ("version", "proposal_version")}  # type: ignore[index]
    assert writer.send(f"{page}/modifiche/{change}/rispondi", {**fields, "azione": "rifiuta", "answer": ""}).status_code == 422
    assert writer.send(f"{page}/modifiche/{change}/rispondi", {**fields, "azione": "accogli", "answer": ""}).status_code == 303
    for browser in (room.browser(None), writer):
        text = browser.get(page).text
        assert "1 accolta" in text
        assert "· con <bdi>" in text
    assert f"{page}/modifiche/{change}" in person.get(f"{page}/versioni").text
    assert person.get(f"/processi/{room.world.slug}/filo/proposal/{key}").text.count("<bdi>") >= 2
    assert "accolta" in person.get("/io").text
    with counted_statements(app_engine(room.app)) as few:
        room.browser(None).get(page)
    with room.session() as session:
        for place in range(1, 7):
            amend(session, room.world, uuid.UUID(str(key)), by=other(room.world, place))
        session.commit()
    with counted_statements(app_engine(room.app)) as many:
        room.browser(None).get(page)
    assert len(many) == len(few)
