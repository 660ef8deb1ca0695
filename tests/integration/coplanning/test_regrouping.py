"""Merging and splitting: lineage both ways, inherited supports, who is told, objections, undoing, two at the same moment."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import queries, services
from consult.coplanning.proposals.models import Proposal, ProposalSupport, Regrouping
from consult.coplanning.proposals.services.telling import tell_regrouping
from consult.coplanning.proposals.types import ProposalState, SplitPart
from consult.core.errors import Conflict, Forbidden, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import Outcome, Role
from consult.notices.models import Notification
from tests.factories.proposals import TEXT, actor_of, author, propose
from tests.factories.second_look import more_moderators
from tests.factories.world import Client, World, counted_statements
from tests.integration.coplanning.conftest import LIST, Room
from tests.integration.coplanning.test_races import together

NOW = datetime.now(UTC)


WHY = "Chiedono la stessa cosa, con parole diverse."


def moderator(world: World) -> Actor:
    return actor_of(world.accounts[Role.moderator], "Moderatrice")


def merge(session: Session, world: World, into: uuid.UUID, *wholes: uuid.UUID, **more: object) -> uuid.UUID:
    values = {"reason": WHY, "actor": moderator(world), "now": NOW, **more}
    return services.merge(session, process_id=world.process_id, from_ids=wholes, into_id=into, **values)  # type: ignore[arg-type]


def support(session: Session, world: World, key: uuid.UUID, *people: uuid.UUID) -> None:
    for person in people:
        services.support(session, process_id=world.process_id, proposal_id=key, actor=actor_of(person), now=NOW)


def seen(session: Session, world: World, key: uuid.UUID, viewer: uuid.UUID | None = None) -> queries.ShownProposal:
    session.expire_all()
    found = queries.show(session, process_id=world.process_id, proposal_id=key, viewer_id=viewer)
    assert found is not None
    return found


def undo(session: Session, world: World, act: uuid.UUID) -> None:
    services.undo(
        session,
        process_id=world.process_id,
        regrouping_id=act,
        why="È stato un errore: sono due cose.",
        actor=moderator(world),
        now=NOW,
    )


def subjects(session: Session, account: uuid.UUID) -> list[str]:
    rows = session.execute(
        select(Notification.subject).where(Notification.account_id == account, Notification.kind == "regrouping")
    )
    return sorted(rows.scalars())


def test_a_merge_leaves_both_traces_inherits_each_person_once_and_can_be_undone(session: Session, world: World) -> None:
    kept, one, two, later = (propose(session, world, title=f"Più treni in valle {i}") for i in range(4))
    a, b, c, _d = world.others
    support(session, world, kept, a)
    support(session, world, one, a, b)
    support(session, world, two, b, c)
    act = merge(session, world, kept, one, two)
    there, here = seen(session, world, kept, b), seen(session, world, one)
    assert [(r.number, r.earlier, r.kind) for r in there.relatives] == [(2, True, "merged"), (3, True, "merged")]
    assert [(r.number, r.earlier) for r in here.relatives] == [(1, False)]
    assert (here.state, here.supports_count, there.supports_count, there.supported_before) == ("merged", 2, 1, True)
    # b supports both earlier ones and counts once; a supports the kept one already and is not counted again.
    assert queries.inherited_supports(session, proposal_id=kept) == 2
    second = merge(session, world, later, kept)
    assert queries.inherited_supports(session, proposal_id=later) == 3
    with pytest.raises(Conflict):
        merge(session, world, later, one)
    undo(session, world, second)
    undo(session, world, act)
    assert [seen(session, world, key).state for key in (kept, one, two)] == ["published"] * 3
    assert list(seen(session, world, kept).relatives) == []
    with pytest.raises(Conflict):
        undo(session, world, act)
    again = merge(session, world, kept, one)
    assert [r.regrouping_id for r in seen(session, world, one).relatives] == [str(again)]


def test_wrong_choices_short_reasons_and_decided_proposals_are_refused(session: Session, world: World) -> None:
    one, two, three = (propose(session, world, title=f"Treni della sera {i}") for i in range(3))
    for wholes, into in (([one], one), ([], two)):
        with pytest.raises(Invalid):
            merge(session, world, into, *wholes)
    with pytest.raises(Invalid) as refused:
        merge(session, world, two, one, reason="Uguali")
    assert "reason" in refused.value.fields
    with pytest.raises(NotFound):
        merge(session, world, two, uuid.uuid4())
    with pytest.raises(Conflict):
        merge(session, world, two, one, seen={one: 7})
    services.change_state(
        session, proposal_id=one, version=1, state=ProposalState.hidden, actor=moderator(world), now=NOW
    )
    services.record_outcome(
        session, proposal_id=three, outcome=Outcome.adopted, reason="Sì", body="Cabina", actor=moderator(world), now=NOW
    )
    for key in (one, three):
        with pytest.raises(Conflict):
            merge(session, world, two, key)


def test_what_was_hidden_while_others_carried_it_on_comes_back_as_merged(session: Session, world: World) -> None:
    kept, gone = propose(session, world), propose(session, world, title="Treni anche di notte")
    merge(session, world, kept, gone)
    for state in (ProposalState.hidden, ProposalState.published):
        version = session.execute(select(Proposal.version).where(Proposal.id == gone)).scalar_one()
        services.change_state(session, proposal_id=gone, version=version, state=state, actor=moderator(world), now=NOW)
        session.expire_all()
    assert seen(session, world, gone).state == "merged"


def split(session: Session, world: World, key: uuid.UUID, *titles: str) -> uuid.UUID:
    return services.split(
        session,
        process_id=world.process_id,
        proposal_id=key,
        version=seen(session, world, key).version,
        parts=[SplitPart(title, TEXT, world.strategies["1.1"]) for title in titles],
        reason="Parla di due strategie diverse.",
        actor=moderator(world),
        now=NOW,
    )


def test_a_split_gives_its_author_two_proposals_and_undoing_it_loses_no_support(session: Session, world: World) -> None:
    key = propose(
        session, world, zone_ids=[world.zones["2"]], organisation="Comitato", show_name=False, pseudonym="Lupo"
    )
    support(session, world, key, *world.others[:2])
    with pytest.raises(Invalid) as refused:
        split(session, world, key, "Fibra in valle", "No")
    assert "title_2" in refused.value.fields
    act = split(session, world, key, "Fibra in valle", "Treni in valle")
    whole = seen(session, world, key, world.others[0])
    parts = [seen(session, world, r.id, world.others[0]) for r in whole.relatives]
    assert (whole.state, [p.number for p in parts]) == ("split", [2, 3])
    assert {(p.author, p.organisation, p.strategy_code, tuple(z[0] for z in p.zones)) for p in parts} == {
        ("Lupo", "Comitato", "1.1", ("2",))
    }
    assert all(p.supported_before and not p.supported and p.supports_count == 0 for p in parts)
    assert queries.inherited_supports(session, proposal_id=parts[0].id) == 2
    assert [card.outcome for card in queries.cards(session, ids=[p.id for p in parts]).values()] == [None, None]
    support(session, world, parts[0].id, world.others[3])
    undo(session, world, act)
    again = seen(session, world, key)
    assert (again.state, sorted(r.earlier for r in again.relatives)) == ("published", [True, True])
    assert seen(session, world, parts[0].id).state == "merged"
    assert queries.inherited_supports(session, proposal_id=key) == 1


def test_a_split_whose_part_was_decided_is_not_undone(session: Session, world: World) -> None:
    key = propose(session, world)
    act = split(session, world, key, "Fibra in valle", "Treni in valle")
    part = seen(session, world, key).relatives[0].id
    services.record_outcome(
        session, proposal_id=part, outcome=Outcome.rejected, reason="No", body="Cabina", actor=moderator(world), now=NOW
    )
    with pytest.raises(Conflict):
        undo(session, world, act)


def test_people_are_told_once_each_and_an_objection_that_is_right_undoes_the_merge(
    session: Session, world: World
) -> None:
    mine, theirs = (
        propose(session, world),
        propose(session, world, title="Treni anche di notte", by=actor_of(world.others[0])),
    )
    support(session, world, theirs, *world.others[1:3])
    act = merge(session, world, mine, theirs)
    me, other = author(world), actor_of(world.others[0])
    assert me.account_id is not None
    for expected in (4, 0):
        assert tell_regrouping(session, regrouping_id=act, what="made", now=NOW) == expected
    assert subjects(session, world.others[0]) == ["La tua proposta «Treni anche di notte» è stata unita a un’altra"]
    assert subjects(session, me.account_id) == ["Alla proposta «Treni ogni mezz'ora» ne è stata unita un’altra"]
    assert "continua in un’altra proposta" in subjects(session, world.others[1])[0]
    common = {"process_id": world.process_id, "regrouping_id": act, "now": NOW}
    words = "Io parlo della notte, l'altra proposta del giorno."
    with pytest.raises(Forbidden):
        services.object_to(session, text=words, actor=actor_of(world.others[3]), **common)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        services.object_to(session, text=words, actor=other, **(common | {"now": NOW + timedelta(days=15)}))  # type: ignore[arg-type]
    services.object_to(session, text=words, actor=other, **common)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        services.object_to(session, text=words, actor=other, **common)  # type: ignore[arg-type]
    assert len(queries.regroupings(session, process_id=world.process_id, contested=True).rows) == 1
    (second,) = more_moderators(session, world, 1)
    right = {"proposal_id": theirs, "upheld": True, "answer": "Ha ragione: la notte è un'altra cosa."}
    # Nobody judges their own decision.
    with pytest.raises(Forbidden):
        services.answer_objection(session, actor=moderator(world), **right, **common)  # type: ignore[arg-type]
    services.answer_objection(session, actor=actor_of(second), **right, **common)  # type: ignore[arg-type]
    assert seen(session, world, theirs).state == "published"
    assert queries.regroupings(session, process_id=world.process_id, contested=True).rows == []
    row = session.get_one(Regrouping, act)
    row.ended_at = NOW + timedelta(minutes=5)
    session.flush()
    assert tell_regrouping(session, regrouping_id=act, what="undone", now=NOW) == 4
    with pytest.raises(Conflict):
        services.answer_objection(
            session, proposal_id=theirs, upheld=False, answer="No, resta unita com'è adesso.", actor=actor_of(second), **common  # type: ignore[arg-type]
        )  # fmt: skip  # one call of named values reads better so


def test_authors_merge_by_agreement_only(session: Session, world: World) -> None:
    me, other, stranger = author(world), actor_of(world.others[0]), actor_of(world.others[1])
    mine, theirs = propose(session, world), propose(session, world, title="Treni anche di notte", by=other)
    common = {"process_id": world.process_id, "now": NOW}
    ask = {"proposal_id": mine, "into_number": 2, "reason": "Diciamo la stessa cosa, meglio insieme."}
    with pytest.raises(Forbidden):
        services.ask_to_merge(session, actor=stranger, **ask, **common)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        services.ask_to_merge(session, actor=me, **(ask | {"into_number": 99}), **common)  # type: ignore[arg-type]
    act = services.ask_to_merge(session, actor=me, **ask, **common)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        services.ask_to_merge(session, actor=me, **ask, **common)  # type: ignore[arg-type]
    assert tell_regrouping(session, regrouping_id=act, what="asked", now=NOW) == 1
    assert seen(session, world, mine).state == "published"
    assert [q.id for q in queries.questions_about(session, proposal_id=theirs)] == [act]
    for nobody in (me, stranger):
        with pytest.raises(Forbidden):
            services.agree(session, regrouping_id=act, actor=nobody, **common)  # type: ignore[arg-type]
    services.agree(session, regrouping_id=act, actor=other, **common)  # type: ignore[arg-type]
    assert seen(session, world, mine).state == "merged"
    with pytest.raises(Conflict):
        services.decline(session, regrouping_id=act, why="", actor=other, **common)  # type: ignore[arg-type]
    # What both agreed to is not objected to.
    with pytest.raises(Conflict):
        services.object_to(session, regrouping_id=act, text="Adesso però non mi va più.", actor=me, **common)  # type: ignore[arg-type]
    assert me.account_id is not None
    services.PERSONAL_DATA.erase(session, account_id=me.account_id, now=NOW)
    session.expire_all()
    assert session.get_one(Regrouping, act).asked_by is None


def test_two_moderators_and_a_supporter_at_the_same_moment(room: Room) -> None:
    world = room.world
    desk = f"/scrivania/{world.slug}/proposte"
    for _ in range(6):
        with room.session() as session:
            one, two = propose(session, world), propose(session, world, title="Treni anche di notte")
            session.commit()
        form = {"reason": WHY, f"seen-{one}": "1", f"seen-{two}": "1"}
        first, second = (room.browser(world.accounts[Role.moderator]) for _ in range(2))
        statuses = together(
            [
                partial(_send, first, f"{desk}/{one}/unisci", {**form, "unire": str(two), "into": str(one)}),
                partial(_send, second, f"{desk}/{two}/unisci", {**form, "unire": str(one), "into": str(two)}),
                partial(_send, room.browser(world.others[0]), f"{LIST}/{two}/sostieni", {"text_version": "1"}),
            ]
        )
        assert set(statuses) <= {303, 404, 409}
        with room.session() as session:
            rows = list(session.execute(select(Proposal).where(Proposal.id.in_([one, two]))).scalars())
            given = select(func.count()).where(ProposalSupport.proposal_id == two)
            assert sorted(p.state for p in rows) == ["merged", "published"]
            assert sum(p.supports_count for p in rows) == session.execute(given).scalar_one()
    with room.session() as session:
        assert session.execute(select(func.count()).select_from(Regrouping)).scalar_one() == 6


def _send(browser: Client, url: str, data: dict[str, str]) -> int:
    return browser.send(url, data).status_code


def test_pages_of_moderators_authors_and_anyone(room: Room) -> None:
    world = room.world
    with room.session() as session:
        mine = propose(session, world, title="Treni della valle ogni mezz'ora")
        theirs = propose(session, world, title="Treni della valle anche di notte", by=actor_of(world.others[0]))
        other = propose(session, world, title="Fibra nelle scuole e treni più puliti")
        support(session, world, theirs, *world.others[1:9])
        session.commit()
    desk, anyone = f"/scrivania/{world.slug}/proposte", room.browser(None)
    moderating, writer = room.browser(world.accounts[Role.moderator]), room.browser(world.others[0])
    page = moderating.get(f"{desk}/{mine}/unisci").get_data(as_text=True)
    assert "Treni della valle anche di notte" in page
    assert "Fibra nelle scuole e treni" in moderating.get(f"{desk}/{mine}/unisci?numeri=3").get_data(as_text=True)
    refused = moderating.send(f"{desk}/{mine}/unisci", {"reason": "no", "unire": str(theirs), "into": str(mine)})
    assert refused.status_code == 422
    seen_now = {f"seen-{mine}": "1", f"seen-{theirs}": "1"}
    done = moderating.send(
        f"{desk}/{mine}/unisci", {"reason": WHY, "unire": str(theirs), "into": str(mine), **seen_now}
    )
    assert done.status_code == 303
    here = str(done.location)
    assert (
        moderating.send(
            f"{desk}/{mine}/unisci", {"reason": WHY, "unire": str(theirs), "into": str(mine), **seen_now}
        ).status_code
        == 409
    )
    assert WHY in anyone.get(here).get_data(as_text=True)
    shown = anyone.get(f"{LIST}/{mine}").get_data(as_text=True)
    assert "e 8 persone che sostengono le proposte da cui viene" in shown
    assert "continua in" in anyone.get(f"{LIST}/{theirs}").get_data(as_text=True)
    assert "Non sei d’accordo?" in writer.get(here).get_data(as_text=True)
    assert writer.send(f"{here}/obiezione", {"text": "La notte è un'altra cosa, davvero."}).status_code == 303
    assert "La notte è" not in anyone.get(here).get_data(as_text=True)
    assert "obiezione da leggere" in moderating.get(f"{desk}/unioni?elenco=contestate").get_data(as_text=True)
    act = here.rsplit("/", 1)[1]
    answer = {"upheld": "no", "answer": "Il testo della prima comprende già la notte."}
    assert moderating.send(f"{desk}/unioni/{act}/obiezioni/{theirs}", answer).status_code == 403, (
        "nobody judges their own decision"
    )
    with room.session() as session:
        (second,) = more_moderators(session, world, 1)
        session.commit()
    assert room.browser(second).send(f"{desk}/unioni/{act}/obiezioni/{theirs}", answer).status_code == 303
    assert "La notte è" in anyone.get(here).get_data(as_text=True)
    assert (
        moderating.send(f"{desk}/unioni/{act}/annulla", {"why": "Abbiamo cambiato idea su questo."}).status_code == 303
    )
    form = {"version": "1", "reason": "Parla di due cose diverse.", "title_1": "Fibra nelle scuole", "text_1": TEXT}
    form |= {f"strategy_{n}": str(world.strategies["1.1"]) for n in range(1, 5)}
    assert moderating.send(f"{desk}/{other}/dividi", form).status_code == 422
    done = moderating.send(f"{desk}/{other}/dividi", {**form, "title_2": "Treni più puliti", "text_2": TEXT})
    assert done.status_code == 303
    assert "divisa in più proposte" in anyone.get(LIST).get_data(as_text=True)
    owner = room.browser(world.accounts[Role.account])
    assert owner.get(f"{LIST}/{mine}/unisci").status_code == 200
    assert writer.get(f"{LIST}/{mine}/unisci").status_code == 404
    asked = owner.send(f"{LIST}/{mine}/unisci", {"number": "2", "reason": "Diciamo la stessa cosa, insieme."})
    assert asked.status_code == 303
    assert anyone.get(str(asked.location)).status_code == 404
    assert "Leggi e rispondi" in writer.get(f"{LIST}/{theirs}").get_data(as_text=True)
    assert writer.send(f"{asked.location}/accetta").status_code == 303
    assert "Deciso insieme" in anyone.get(str(asked.location)).get_data(as_text=True)


def test_the_page_of_a_merged_proposal_costs_one_statement_more(room: Room) -> None:
    world = room.world
    with room.session() as session:
        kept = propose(session, world)
        session.commit()
    browser = room.browser(None)
    browser.get(f"{LIST}/{kept}")
    with counted_statements(room.app.extensions["consult"].sessions.kw["bind"]) as alone:
        browser.get(f"{LIST}/{kept}")
    with room.session() as session:
        merge(session, world, kept, *(propose(session, world, title=f"Treni in valle {i}") for i in range(12)))
        session.commit()
    with counted_statements(room.app.extensions["consult"].sessions.kw["bind"]) as merged:
        browser.get(f"{LIST}/{kept}")
    assert len(merged) == len(alone) + 1
