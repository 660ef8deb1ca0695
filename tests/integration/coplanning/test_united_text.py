"""A new text that carries several proposals on: through the services, and through the form."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import queries, services
from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.services.telling import tell_regrouping
from consult.core.errors import Conflict, Invalid
from consult.core.vocabulary import Role, SpeakerKind
from tests.factories.proposals import TEXT, propose
from tests.factories.world import World
from tests.integration.coplanning.conftest import LIST, Room
from tests.integration.coplanning.test_regrouping import NOW, WHY, moderator, seen, support, undo


def anew(session: Session, world: World, *wholes: uuid.UUID, **more: object) -> uuid.UUID:
    values = {
        "title": "Treni e autobus in valle fino a sera", "text": f"Un testo solo per tutte: {TEXT}", "reason": WHY,
        "signature": "testo comune", "author_kind": SpeakerKind.association, "actor": moderator(world), "now": NOW, **more,
    }  # fmt: skip  # one row of values reads better so
    return services.merge_anew(session, process_id=world.process_id, from_ids=wholes, **values)  # type: ignore[arg-type]


def test_a_new_text_carries_several_on_and_goes_with_the_act(session: Session, world: World) -> None:
    one = propose(session, world, title="Più treni in valle la sera", zone_ids=[world.zones["2"]])
    two = propose(session, world, title="Più autobus in valle la sera", zone_ids=[world.zones["3"]])
    a, b, *_rest = world.others
    support(session, world, one, a, b)
    act = anew(session, world, one, two)
    found = queries.regrouping(session, process_id=world.process_id, regrouping_id=act)
    assert found is not None
    (born,) = [p.id for p in found.parts if p.role == "into"]
    shown = seen(session, world, born, a)
    assert (shown.title, shown.author, shown.supported_before) == (
        "Treni e autobus in valle fino a sera",
        "testo comune",
        True,
    )
    assert [code for code, _name in shown.zones] == ["2", "3"]
    assert {seen(session, world, key).state for key in (one, two)} == {"merged"}
    assert queries.followers(session, proposal_id=born) == [world.accounts[Role.account]], (
        "its authors go on being told"
    )
    assert tell_regrouping(session, regrouping_id=act, what="made", now=NOW) >= 2
    undo(session, world, act)
    assert [seen(session, world, key).state for key in (one, two, born)] == ["published", "published", "withdrawn"]
    again = anew(session, world, one, two, now=NOW + timedelta(seconds=1))
    parts = queries.regrouping(session, process_id=world.process_id, regrouping_id=again)
    assert parts is not None
    (kept,) = [p.id for p in parts.parts if p.role == "into"]
    support(session, world, kept, a)
    undo(session, world, again)
    assert seen(session, world, kept).state == "published", "what people took up meanwhile stays"


def test_a_new_text_takes_two_proposals_and_words_of_its_own(session: Session, world: World) -> None:
    one, two = (
        propose(session, world, title="Più treni in valle"),
        propose(session, world, title="Più treni in collina"),
    )
    with pytest.raises(Invalid) as alone:
        anew(session, world, one)
    assert "into" in alone.value.fields
    with pytest.raises(Invalid) as bare:
        anew(session, world, one, two, title="", text="Poco")
    assert set(bare.value.fields) == {"title", "text"}
    with pytest.raises(Conflict):
        anew(session, world, one, two, seen={one: 9})


def test_a_new_text_through_the_form(room: Room) -> None:
    with room.session() as session:
        one, two = (
            propose(session, room.world, title="Più treni in valle"),
            propose(session, room.world, title="Più treni in collina"),
        )
        session.commit()
    browser = room.browser(room.world.accounts[Role.moderator])
    url = f"/scrivania/{room.world.slug}/proposte/{one}/unisci"
    assert "Continua in un testo nuovo" in browser.get(url).text
    sent = {"unire": str(two), "into": "nuova", f"seen-{one}": "1", f"seen-{two}": "1", "riga": str(two), "reason": WHY}
    whole = {**sent, "title": "Treni in valle e in collina", "text": TEXT}
    assert "Scegli un tipo di voce." in browser.send(url, whole).text
    sent["author_kind"] = "municipality"
    refused = browser.send(url, {**sent, "title": "", "text": "Poco"})
    assert refused.status_code == 422
    assert '<details class="fold" open>' in refused.text
    done = browser.send(url, {**sent, **whole, "author_kind": "municipality"})
    assert done.status_code == 303, done.text
    with room.session() as session:
        kinds = dict(session.execute(select(Proposal.title, Proposal.author_kind)).all())
    assert kinds["Treni in valle e in collina"] == "municipality", (
        "the moderator's word, not that of the most supported"
    )
    assert "Treni in valle e in collina" in browser.get(LIST).text
