"""Texts found by the rules, decided several at once, given to people; the rules' versions; the public numbers; closing the phases."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update

from consult.coplanning.proposals.models import Proposal
from consult.core.vocabulary import Role, ThingKind
from consult.listening.sources.models import Source
from consult.moderation import rules
from consult.moderation.models import ModerationAct, ModerationPolicy, TextScreening
from consult.moderation.queries import flags, log
from consult.moderation.services import screening, visibility
from consult.moderation.types import Flag, Policy
from consult.process.models import Phase
from tests.conftest import Stage
from tests.factories.decisions import BODY, REASON, moderator, say, submit
from tests.factories.waiting import read_first

CALM = "Serve una panchina alla fermata del bus, perché chi aspetta possa sedersi."


def desk(stage: Stage) -> str:
    return f"/scrivania/{stage.world.slug}/moderazione"


def look(stage: Stage) -> int:
    with stage.work() as session:
        return screening.screen(session, process_id=stage.world.process_id, period=1, part=0)


def new_rules(stage: Stage, **changes: str) -> int:
    """Send the form of the rules as the manager; the status of the answer."""
    fields = {
        "words": "Si scrive con rispetto e di cose che riguardano il piano.", "insults": "zuccone\nTesta di Rapa", "most_links": "1",
        "burst_count": "0", "burst_minutes": "10", "version": "0",
    }  # fmt: skip  # one row of values reads better so
    return stage.client_as(Role.manager).send(f"{desk(stage)}/regole", {**fields, **changes}).status_code


def test_the_rules_find_whole_words_links_persons_and_bursts() -> None:
    policy = Policy(insults=("rapa", "testa di rapa"), most_links=1, burst_count=3)
    assert rules.flags_of(CALM, policy) == ()
    assert rules.flags_of("Vendono rapanelli al mercato della piazza.", policy) == ()
    assert rules.flags_of("Il sindaco è una TESTA  di rapa!", policy) == (Flag.insult,)
    assert rules.flags_of("Si veda https://uno.example e www.due.example", policy) == (Flag.links,)
    assert Flag.personal_data in rules.flags_of("Scrivetemi a maria.bianchi@example.org", policy)
    assert rules.flags_of(CALM, policy, lately=3) == (Flag.burst,)


def test_a_text_found_by_the_rules_waits_until_somebody_decides_and_again_after_undo(stage: Stage) -> None:
    assert new_rules(stage) == 303
    with stage.work() as session:
        rude = submit(session, stage.world, title="Una proposta brusca", text=f"{CALM} Chi dice di no è uno zuccone.")
        submit(session, stage.world, title="Una proposta calma", text=CALM)
        source = say(session, stage.world, "Chiamatemi al 333 1234567 per i dettagli, per favore.")
    assert look(stage) == 3
    assert look(stage) == 0
    client = stage.client_as(Role.moderator)
    page = client.get(f"{desk(stage)}?elenco=da-controllare").text
    assert "Una proposta brusca" in page
    assert "Una proposta calma" not in page
    assert client.get(f"{desk(stage)}?elenco=da-controllare&voce=source:{source}").text.count("333 1234567") >= 1
    kept = client.send(f"{desk(stage)}/proposal/{rude}/tieni", {"elenco": "da-controllare"})
    assert kept.status_code == 303
    assert client.send(f"{desk(stage)}/proposal/{rude}/tieni", {}).status_code == 404
    assert "Una proposta brusca" not in client.get(f"{desk(stage)}?elenco=da-controllare").text
    with stage.work() as session:
        act = session.execute(select(ModerationAct.id)).scalar_one()
    assert client.send(f"{desk(stage)}/annulla/{act}", {}).status_code == 303
    assert "Una proposta brusca" in client.get(f"{desk(stage)}?elenco=da-controllare").text


def test_new_rules_look_again_and_leave_in_peace_what_was_dealt_with(stage: Stage) -> None:
    with stage.work() as session:
        key = submit(session, stage.world, text=f"{CALM} https://a.example https://b.example https://c.example")
    look(stage)
    with stage.work() as session:
        visibility.keep(
            session, process_id=stage.world.process_id, kind=ThingKind.proposal, thing_id=key, actor=moderator(stage.world),
            now=datetime.now(UTC),
        )  # fmt: skip  # one row of values reads better so
    assert new_rules(stage) == 303
    assert new_rules(stage) == 422, "a version written on an old one is refused"
    assert look(stage) == 1
    with stage.work() as session:
        assert not flags.care_of(session, kind="proposal", thing_id=key).open
    assert new_rules(stage, version="1", insults="panchina") == 303
    assert look(stage) == 1
    with stage.work() as session:
        care = flags.care_of(session, kind="proposal", thing_id=key)
        assert (care.open, set(care.flags)) == (True, {"insult", "links"})
        assert session.execute(select(func.count()).select_from(ModerationPolicy)).scalar_one() == 2
    page = stage.client_as(None).get(f"/processi/{stage.world.slug}/moderazione").text
    assert "Versione 2" in page
    assert "Versione 1" in page
    assert "panchina" not in page


def test_a_contribution_leaves_no_moment_on_the_desk(stage: Stage) -> None:
    """What is kept of a contribution's screening has no time, and its key is the source's random one."""
    assert not [c.name for c in TextScreening.__table__.columns if c.name.endswith("_at") or c.name.endswith("_on")]
    with stage.work() as session:
        key = say(session, stage.world, "Il mio codice fiscale è RSSMRA80A01L219M, usatelo.")
        session.get_one(Source, key).said_on = None
    look(stage)
    answer = stage.client_as(Role.moderator).get(f"{desk(stage)}?elenco=da-controllare")
    assert answer.status_code == 200
    assert "RSSMRA80A01L219M" in answer.text


def test_several_are_hidden_with_one_reason_all_or_none_and_undone_together(stage: Stage) -> None:
    with stage.work() as session:
        keys = [submit(session, stage.world, title=f"Offerta {n}", text=f"{CALM} tel. 333 765432{n}") for n in range(3)]
    look(stage)
    client = stage.client_as(Role.moderator)
    page = client.get(f"{desk(stage)}/insieme?elenco=da-controllare").text
    things = [f"proposal:{key}:1" for key in keys]
    assert all(thing in page for thing in things)
    form = {"elenco": "da-controllare", "act": "hide", "reason": "advertising"}
    assert client.send(f"{desk(stage)}/insieme", {**form, "cosa": []}).status_code == 422
    assert client.send(f"{desk(stage)}/insieme", {**form, "reason": "", "cosa": things}).status_code == 422
    stale = [*things[:2], f"proposal:{keys[2]}:7"]
    assert client.send(f"{desk(stage)}/insieme", {**form, "cosa": stale}).status_code == 409
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(ModerationAct)).scalar_one() == 0
    done = client.send(f"{desk(stage)}/insieme", {**form, "cosa": things})
    assert done.status_code == 303
    public = stage.client_as(None)
    assert [public.get(f"/processi/{stage.world.slug}/proposte/{key}").status_code for key in keys] != [200] * 3
    batch = done.headers["Location"].split("annulla=")[1].split("#")[0].split("&")[0]
    assert client.send(f"{desk(stage)}/annulla/{batch}", {}).status_code == 303
    assert [public.get(f"/processi/{stage.world.slug}/proposte/{key}").status_code for key in keys] == [200] * 3


def test_a_text_given_to_me_is_on_my_list_until_it_is_decided(stage: Stage) -> None:
    with stage.work() as session:
        key = submit(session, stage.world, title="Da affidare")
    client = stage.client_as(Role.moderator)
    me = str(stage.world.accounts[Role.moderator])
    stranger = str(stage.world.others[0])
    url = f"{desk(stage)}/proposal/{key}/affida"
    assert client.send(url, {"account": stranger}).status_code == 404
    assert client.send(f"{desk(stage)}/proposal/{uuid.uuid4()}/affida", {"account": me}).status_code == 404
    assert client.send(url, {"account": me}).status_code == 303
    assert "Da affidare" in client.get(f"{desk(stage)}?elenco=mie").text
    sent = {"outcome": "postponed", "reason": "needs_study", "public_reason": REASON, "body": BODY, "version": "1"}
    assert client.send(f"{desk(stage)}/proposte/{key}/esito", sent).status_code == 303
    assert "Da affidare" not in client.get(f"{desk(stage)}?elenco=mie").text


def test_the_public_numbers_leave_small_cells_out(stage: Stage) -> None:
    now = datetime.now(UTC)
    with stage.work() as session:
        for n in range(9):
            key = submit(session, stage.world, title=f"Numero {n}", zones=("1",) if n < 6 else ("2",))
            visibility.hide(
                session, process_id=stage.world.process_id, kind=ThingKind.proposal, thing_id=key, version=1,
                reason_code="insult" if n < 7 else "off_topic", actor=moderator(stage.world), now=now,
            )  # fmt: skip  # one row of values reads better so
        found = log.hidden(session, process_id=stage.world.process_id)
    assert found.total == 9
    assert found.by_zone.columns == ["1", "2"]
    shown = {n for _code, cells, total in found.by_zone.rows for n in (*cells, total) if n}
    assert not shown & {1, 2, 3, 4}, "no small number stands in the table"
    assert not set(found.by_zone.sums) & {3}
    assert stage.client_as(None).get(f"/processi/{stage.world.slug}/moderazione").status_code == 200


def test_co_planning_does_not_close_while_a_proposal_has_no_outcome(stage: Stage) -> None:
    with stage.work() as session:
        key = submit(session, stage.world, title="Senza risposta")
        phase = session.execute(
            select(Phase).where(Phase.process_id == stage.world.process_id, Phase.kind == "co_planning")
        ).scalar_one()
        opened, planned = phase.opens_at, phase.closes_at
    assert opened
    manager = stage.client_as(Role.manager)
    ended = datetime.now(UTC) - timedelta(minutes=5)
    sent = {
        "co_planning-opens_at": (ended - timedelta(days=9)).strftime("%Y-%m-%dT%H:%M"),
        "co_planning-closes_at": ended.strftime("%Y-%m-%dT%H:%M"),
        "co_planning-sure": "y",
    }
    url = f"/scrivania/{stage.world.slug}/fasi/co_planning"
    sent["co_planning-closes_at"] = (ended - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    refused = manager.send(url, sent)
    assert refused.status_code == 409
    assert f"{desk(stage)}/chiusura" in refused.text
    with stage.work() as session:
        assert session.get_one(Phase, phase.id).closes_at == planned
    with stage.work() as session:
        read_first(session, stage.world, [ThingKind.proposal], datetime.now(UTC))
        unread = submit(session, stage.world, title="Nessuno l'ha ancora letta")
        read_first(session, stage.world, [], datetime.now(UTC))
    page = manager.get(f"{desk(stage)}/chiusura").text
    assert "1 proposta è ancora senza esito" in page
    assert "1 proposta aspetta di essere letta" in page
    assert page.index("Senza risposta") < page.index("ancora letta")
    with stage.work() as session:
        session.execute(update(Proposal).where(Proposal.id == unread).values(state="dropped"))
    decision = {"outcome": "postponed", "reason": "needs_study", "public_reason": REASON, "body": BODY, "version": "1"}
    assert stage.client_as(Role.moderator).send(f"{desk(stage)}/proposte/{key}/esito", decision).status_code == 303
    assert "Senza risposta" not in manager.get(f"{desk(stage)}/chiusura").text
    assert manager.send(url, sent).status_code == 303
