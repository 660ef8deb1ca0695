"""Texts that a moderator reads first: nowhere to be seen by anybody but their author, then published or refused with one key."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import url_for
from sqlalchemy import func, select, update

from consult.coplanning.proposals import services as proposals
from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.services import telling as proposals_telling
from consult.core.jobs import OutboxJob
from consult.core.permissions import Actor
from consult.core.vocabulary import Role, Stance, ThingKind
from consult.discussion import services as discussion
from consult.discussion.models import Comment
from consult.discussion.types import ReportReason
from consult.listening.contributions import queries as contributions
from consult.listening.contributions import services as giving
from consult.listening.sources.models import Source
from consult.moderation.models import ModerationAct
from consult.moderation.queries import flags
from consult.moderation.services import screening, telling, together, visibility
from consult.moderation.types import Verb
from consult.notices.models import Notification
from tests.conftest import Stage
from tests.factories.decisions import TEXT, submit
from tests.factories.post import bench_for
from tests.factories.waiting import EVERY, add_waiting, read_first
from tests.factories.world import Client

CANARY = "zibaldonissimo"


def desk(stage: Stage, rest: str = "") -> str:
    return f"/scrivania/{stage.world.slug}/moderazione{rest}"


def site(stage: Stage, rest: str = "") -> str:
    return f"/processi/{stage.world.slug}{rest}"


@pytest.fixture
def waiting(stage: Stage) -> tuple[Stage, uuid.UUID, dict[str, uuid.UUID]]:
    """A published proposal, and a proposal, a comment on it and a contribution that wait, each with the canary."""
    now = datetime.now(UTC)
    with stage.work() as session:
        about = submit(session, stage.world, title="Treni della valle in orario")
        keys = add_waiting(session, stage.world, about, lambda _name: CANARY, now)
    return stage, about, keys


def decide(client: Client, stage: Stage, kind: str, key: uuid.UUID, reason: str = "") -> Any:
    return client.send(desk(stage, f"/{kind}/{key}/leggi"), {"motivo": reason, "version": "1", "elenco": "in-attesa"})


def last_act(stage: Stage) -> uuid.UUID:
    with stage.work() as session:
        return session.execute(select(ModerationAct.id).order_by(ModerationAct.acted_at.desc()).limit(1)).scalar_one()


def test_nobody_but_the_author_sees_what_waits(waiting: tuple[Stage, uuid.UUID, dict[str, uuid.UUID]]) -> None:
    stage, about, keys = waiting
    own, base = keys["waiting_proposal"], site(stage, "/proposte")
    surfaces = [
        base, f"{base}?q={CANARY}", f"{base}?ordine=sostenute", f"{base}/feed.atom", f"{base}/dati.csv", f"{base}/dati.json",
        f"{base}/{about}", f"{base}/{about}/commenti", site(stage), "/", site(stage, "/esiti"), site(stage, "/dati/proposte.csv"),
        site(stage, "/dati/fonti.csv"),
    ]  # fmt: skip  # one list of pages reads better so
    gone = [
        f"{base}/{own}", f"{base}/{own}/versioni", f"{base}/{own}/commenti", site(stage, f"/filo/proposal/{own}"),
        site(stage, f"/fonti/{keys['waiting_source']}"), f"{base}/{about}/commenti/{keys['waiting_comment']}",
    ]  # fmt: skip  # one list of pages reads better so
    for who in (None, Role.account, Role.facilitator, Role.administrator):
        client = stage.client_as(who)
        for url in surfaces:
            assert CANARY not in client.get(url).text.replace(f'value="{CANARY}"', "").replace(f"q={CANARY}", ""), (
                who,
                url,
            )
        for url in gone:
            answer = client.get(url)
            assert answer.status_code == 404, (who, url)
            assert CANARY not in answer.text
    facilitator = stage.client_as(Role.facilitator)
    assert CANARY not in facilitator.get(f"/scrivania/{stage.world.slug}/fonti?stato=all").text
    other = stage.client_of(stage.world.others[1])
    for act, data in {
        "sostieni": {"text_version": "1"},
        "segui": {},
        "commenti": {"stance": "neutral", "text": "ciao"},
    }.items():
        assert other.send(f"{base}/{own}/{act}", data).status_code == 404, act
    similar = other.post(f"{base}/nuova/simili", data={"title": f"Una sala per suonare {CANARY}", "text": TEXT}).text
    assert CANARY not in similar
    with stage.work() as session:
        row = session.get_one(Proposal, about)
        assert row.comments_count == 0
        assert contributions.count(session, process_id=stage.world.process_id) == 0
        assert session.execute(select(Source.id).where(Source.state == "live")).all() == []
        topics = set(session.execute(select(OutboxJob.topic)).scalars())
        assert "coplanning.tell_comment" not in topics
    author = stage.client_of(stage.world.others[2])
    page = author.get(f"{base}/{own}").text
    assert "Aspetta un moderatore" in page
    assert CANARY in page
    assert 'action="' + f"{base}/{own}/sostieni" not in page
    assert author.get("/io").text.count("aspetta un moderatore") >= 3


def test_the_author_changes_it_or_takes_it_back_unread(waiting: tuple[Stage, uuid.UUID, dict[str, uuid.UUID]]) -> None:
    stage, about, keys = waiting
    author, base = stage.client_of(stage.world.others[2]), site(stage, "/proposte")
    own = keys["waiting_proposal"]
    assert author.get(f"{base}/{own}/modifica").status_code == 200
    taken = author.send(f"{base}/{about}/commenti/{keys['waiting_comment']}/ritira", {})
    assert taken.status_code == 303, taken.text
    assert author.send(f"{base}/{own}/ritira", {"version": "1"}).status_code == 303
    for who in (None, Role.account, Role.moderator):
        assert stage.client_as(who).get(f"{base}/{own}").status_code == 404
    assert "ritirata prima di comparire" in author.get("/io").text
    with stage.work() as session:
        assert session.get_one(Proposal, own).state == "dropped"
        assert session.get_one(Comment, keys["waiting_comment"]).state == "withdrawn"
        assert session.get_one(Proposal, about).comments_count == 0


def test_published_with_one_key_told_once_and_undone(waiting: tuple[Stage, uuid.UUID, dict[str, uuid.UUID]]) -> None:
    stage, about, keys = waiting
    moderating, public = stage.client_as(Role.moderator), stage.client_as(None)
    page = moderating.get(desk(stage, "?elenco=in-attesa")).text
    assert 'data-key="p"' in page
    assert 'data-key="9"' in page
    own, base = keys["waiting_proposal"], site(stage, "/proposte")
    assert decide(moderating, stage, "proposal", own).status_code == 303
    assert CANARY in public.get(base).text
    act = last_act(stage)
    assert moderating.send(desk(stage, f"/annulla/{act}"), {}).status_code == 303
    assert CANARY not in public.get(base).text
    with stage.work() as session:
        assert telling.tell_read(session, act_id=act, now=datetime.now(UTC)) == 0, "what was undone is told to nobody"
        version = session.get_one(Proposal, own).version
    again = moderating.send(desk(stage, f"/proposal/{own}/leggi"), {"motivo": "", "version": str(version)})
    assert again.status_code == 303, again.text
    assert decide(moderating, stage, "comment", keys["waiting_comment"]).status_code == 303
    comment_act = last_act(stage)
    assert decide(moderating, stage, "comment", keys["waiting_comment"]).status_code == 404
    with stage.work() as session:
        for _time in range(2):
            telling.tell_read(session, act_id=comment_act, now=datetime.now(UTC))
            proposals_telling.tell_comment(session, comment_id=keys["waiting_comment"], now=datetime.now(UTC))
        told = session.execute(
            select(Notification.account_id, Notification.subject).order_by(Notification.subject)
        ).all()
        assert len(told) == 2
        assert (stage.world.others[2], "Il tuo commento è pubblicato") in [tuple(row) for row in told]
        assert session.get_one(Proposal, about).comments_count == 1
        waits = session.execute(
            select(OutboxJob.not_before).where(OutboxJob.topic == "coplanning.tell_comment")
        ).scalar_one()
        assert waits is not None
    assert CANARY in public.get(f"{base}/{about}/commenti").text


def test_who_wrote_several_that_were_refused_together_gets_one_letter(waiting: tuple[Stage, uuid.UUID, dict[str, uuid.UUID]]) -> None:
    stage, _about, keys = waiting
    now = datetime.now(UTC)
    things = [(kind, keys[f"waiting_{kind}"], 1) for kind in (ThingKind.proposal, ThingKind.comment, ThingKind.source)]
    moderator = Actor(account_id=stage.world.accounts[Role.moderator], name="Moderatrice")
    with stage.work() as session:
        batch = together.decide_together(
            session, process_id=stage.world.process_id, things=things, verb=Verb.refused, reason_code="advertising", actor=moderator, now=now
        )
        asked = session.execute(select(OutboxJob.payload).where(OutboxJob.topic == "moderation.tell_read")).scalars().all()
        assert asked == [{"batch_id": str(batch)}]
        session.execute(update(OutboxJob).values(not_before=None))
    with bench_for(stage.app) as bench:
        bench.work("moderation.tell_read", "notices.send")
        (letter,) = bench.post.letters
    assert letter.subject.endswith(", e altri 2 avvisi")
    assert letter.text.count("Pubblicità") == 3
    assert letter.text.count("/moderazione/decisioni/") == 3, "each with its own way to appeal"


def test_of_a_mixed_choice_each_author_is_told_what_happened_to_their_text_and_who_is_kept_nothing(
    waiting: tuple[Stage, uuid.UUID, dict[str, uuid.UUID]],
) -> None:
    stage, about, keys = waiting
    world, now = stage.world, datetime.now(UTC)
    common: dict[str, Any] = {"process_id": world.process_id, "actor": Actor(account_id=world.accounts[Role.moderator], name="Moderatrice")}
    them = Actor(account_id=world.others[1], name="persona")
    with stage.work() as session:
        # One that anyone reads, by an author of its own, for each thing that can be done to it.
        kept, hidden = (
            proposals.comment(
                session, process_id=world.process_id, proposal_id=about, text="Anche la domenica.", stance=Stance.neutral, actor=actor, now=now
            )
            for actor in (them, Actor(account_id=world.others[3], name="persona"))
        )
        for key in (kept, hidden):
            proposals.report_comment(
                session, process_id=world.process_id, proposal_id=about, comment_id=key, reason=ReportReason.insult, note="Non va.",
                actor=Actor(account_id=world.accounts[Role.account], name="persona"), now=now,
            )  # fmt: skip  # one call of named values reads better so
        left = together.decide_together(
            session, things=[(ThingKind.proposal, keys["waiting_proposal"], 1), (ThingKind.comment, kept, 1)], verb=Verb.kept, reason_code="",
            now=now, **common,
        )  # fmt: skip  # one call of named values reads better so
        taken = together.decide_together(
            session, things=[(ThingKind.source, keys["waiting_source"], 1), (ThingKind.comment, hidden, 1)], verb=Verb.hidden,
            reason_code="advertising", now=now, **common,
        )  # fmt: skip  # one call of named values reads better so
        appeared = together.decide_together(
            session, things=[(ThingKind.comment, keys["waiting_comment"], 1)], verb=Verb.published, reason_code="", now=now, **common
        )
        verbs = set(session.execute(select(ModerationAct.verb)).scalars())
        assert verbs == {"published", "kept", "refused", "hidden"}
    with stage.work() as session:
        # What was published, then reported and left as it is before the letter went, was published all the same.
        later = now + timedelta(seconds=2)
        discussion.report(
            session, process_id=world.process_id, target_kind=ThingKind.proposal, target_id=keys["waiting_proposal"],
            reason=ReportReason.other, actor=them, now=later,
        )  # fmt: skip  # one call of named values reads better so
        visibility.keep(session, kind=ThingKind.proposal, thing_id=keys["waiting_proposal"], now=later, **common)
        session.flush()
        for _time in range(2):
            done = [telling.tell_read_together(session, batch_id=batch, now=later) for batch in (left, taken, appeared)]
            assert done == ([1, 2, 1] if not _time else [0, 0, 0])
    with stage.work() as session:
        rows = session.execute(
            select(Notification.account_id, Notification.subject, Notification.link_endpoint, Notification.link_values).where(
                Notification.kind == "moderation"
            )
        ).all()
    assert {(row[0], row[1]) for row in rows} == {
        (world.others[2], "La tua proposta è pubblicata"), (world.others[2], "Il tuo commento è pubblicato"),
        (world.others[2], "Il tuo contributo non è stato accolto"), (world.others[3], "Il tuo commento è stato nascosto"),
    }  # fmt: skip  # one person and sentence per phrase reads better so
    for account, subject, endpoint, values in rows:
        with stage.app.test_request_context():
            link = url_for(endpoint, **values)
        assert stage.client_of(account).get(link).status_code == 200, subject


def test_what_waits_is_given_to_a_moderator_and_decided_with_what_is_read_already(waiting: tuple[Stage, uuid.UUID, dict[str, uuid.UUID]]) -> None:
    stage, about, keys = waiting
    me = stage.world.accounts[Role.moderator]
    client = stage.client_as(Role.moderator)
    things = [f"proposal:{keys['waiting_proposal']}:1", f"comment:{keys['waiting_comment']}:1"]
    here = {"elenco": "in-attesa", "cosa": things, "act": "assign", "account": str(me)}
    assert client.send(desk(stage, "/insieme"), here).status_code == 303
    assert CANARY in client.get(desk(stage, "?elenco=mie")).text
    with stage.work() as session:
        assert flags.counts(session, process_id=stage.world.process_id, account_id=me)[1] == 2
    # Hidden with a published one: what nobody has read yet is refused, never shown for lack of a reason.
    mixed = {"elenco": "mie", "cosa": [*things, f"proposal:{about}:1"], "act": "hide", "reason": ""}
    assert client.send(desk(stage, "/insieme"), mixed).status_code == 422
    assert client.send(desk(stage, "/insieme"), {**mixed, "reason": "advertising"}).status_code == 303
    with stage.work() as session:
        verbs = session.execute(select(ModerationAct.thing_id, ModerationAct.verb)).all()
        assert dict(tuple(row) for row in verbs) == {
            keys["waiting_proposal"]: "refused", keys["waiting_comment"]: "refused", about: "hidden"
        }  # fmt: skip  # one row per text reads better so


def test_refused_with_a_reason_that_the_author_reads(waiting: tuple[Stage, uuid.UUID, dict[str, uuid.UUID]]) -> None:
    stage, _about, keys = waiting
    client = stage.client_as(Role.moderator)
    assert decide(client, stage, "proposal", keys["waiting_proposal"], "nonsense").status_code == 422
    assert decide(client, stage, "proposal", keys["waiting_proposal"], "advertising").status_code == 303
    act = last_act(stage)
    with stage.work() as session:
        assert telling.tell_read(session, act_id=act, now=datetime.now(UTC)) == 1
        body = session.execute(select(Notification.body)).scalar_one()
        assert "Pubblicità" in body
        assert session.get_one(Proposal, keys["waiting_proposal"]).state == "hidden"
    page = stage.client_as(None).get(site(stage, "/moderazione")).text
    assert "I testi compaiono subito" in page
    assert (
        client.send(desk(stage, f"/proposal/{keys['waiting_proposal']}/ripristina"), {"version": "2"}).status_code
        == 303
    )
    assert CANARY in stage.client_as(None).get(site(stage, "/proposte")).text


def test_several_at_once_contributions_too_and_back(waiting: tuple[Stage, uuid.UUID, dict[str, uuid.UUID]]) -> None:
    stage, _about, keys = waiting
    client = stage.client_as(Role.moderator)
    page = client.get(desk(stage, "/insieme?elenco=in-attesa")).text
    things = [f"proposal:{keys['waiting_proposal']}:1", f"source:{keys['waiting_source']}:1"]
    assert all(thing in page for thing in things)
    assert "rifiuta" in page
    bare = client.send(desk(stage, "/insieme"), {"elenco": "in-attesa", "act": "refuse", "cosa": things})
    assert bare.status_code == 422
    done = client.send(desk(stage, "/insieme"), {"elenco": "in-attesa", "act": "publish", "cosa": things})
    assert done.status_code == 303, done.text
    with stage.work() as session:
        assert session.get_one(Source, keys["waiting_source"]).state == "live"
        batch = session.execute(select(ModerationAct.batch_id).limit(1)).scalar_one()
    assert client.send(desk(stage, f"/annulla/{batch}"), {}).status_code == 303
    with stage.work() as session:
        assert session.get_one(Source, keys["waiting_source"]).state == "waiting"
        assert session.get_one(Proposal, keys["waiting_proposal"]).state == "waiting"


def test_a_receipt_says_that_it_waits_and_the_rules_look_at_it(stage: Stage) -> None:
    now = datetime.now(UTC)
    with stage.work() as session:
        read_first(session, stage.world, EVERY, now)
        given = giving.submit(
            session, process_id=stage.world.process_id, text="Chiamatemi al 333 1234567 per il ponte chiuso.", publish=True,
            actor=Actor(), now=now,
        )  # fmt: skip  # one row of values reads better so
    page = stage.client_as(None).post("/ricevuta", data={"codice": given.code}).text
    assert "aspetta un moderatore" in page
    assert "Segui il filo" not in page
    with stage.work() as session:
        screening.screen(session, process_id=stage.world.process_id, period=1, part=0)
    desk_page = stage.client_as(Role.moderator).get(desk(stage, "?elenco=in-attesa")).text
    assert "forse dati personali" in desk_page


def test_the_setting_is_the_managers_and_switching_it_off_loses_nothing(stage: Stage) -> None:
    manager, url = stage.client_as(Role.manager), f"/scrivania/{stage.world.slug}/impostazioni"
    assert stage.client_as(Role.moderator).send(f"{url}/lettura", {"kinds": "proposal"}).status_code == 404
    assert manager.send(f"{url}/lettura", {"kinds": ["proposal", "comment"]}).status_code == 303
    author = stage.client_of(stage.world.others[0])
    sent = author.send(
        site(stage, "/proposte/nuova"),
        {
            "title": "Una sala per suonare",
            "text": TEXT,
            "strategy_id": str(stage.world.strategies["2.2"]),
            "author_kind": "resident",
            "signature": "nome",
        },
    )
    assert sent.status_code == 303, sent.text
    assert "la legge un moderatore" in author.get(sent.location).text
    assert "Un moderatore legge prima" in stage.client_as(None).get(site(stage, "/moderazione")).text
    assert "1 testo da leggere" in stage.client_as(Role.moderator).get("/scrivania").text
    assert manager.send(f"{url}/lettura", {}).status_code == 303
    with stage.work() as session:
        assert session.execute(select(Proposal.state)).scalars().all() == ["waiting"], "nothing is published unread"
        submit(session, stage.world, title="Subito visibile a tutti")
        assert session.execute(select(func.count()).where(Proposal.state == "published")).scalar_one() == 1
    assert "Una sala per suonare" in stage.client_as(Role.moderator).get(desk(stage, "?elenco=in-attesa")).text


def test_a_reply_that_waits_is_not_counted_until_it_appears(stage: Stage) -> None:
    world, now = stage.world, datetime.now(UTC)
    with stage.work() as session:
        about = submit(session, world)
        comment = proposals.comment(
            session, process_id=world.process_id, proposal_id=about, text="Sono d'accordo.", stance="in_favour",  # type: ignore[arg-type]
            actor=Actor(account_id=world.others[1]), now=now,
        )  # fmt: skip  # one row of values reads better so
        read_first(session, world, (ThingKind.comment,), now)
        session.flush()
        reply = proposals.reply(
            session, process_id=world.process_id, proposal_id=about, comment_id=comment, text="Anche io.",
            actor=Actor(account_id=world.others[2]), now=now + timedelta(seconds=1),
        )  # fmt: skip  # one row of values reads better so
        session.expire_all()
        assert (session.get_one(Comment, comment).replies_count, session.get_one(Proposal, about).comments_count) == (
            0,
            1,
        )
    assert decide(stage.client_as(Role.moderator), stage, "comment", reply).status_code == 303
    with stage.work() as session:
        assert (session.get_one(Comment, comment).replies_count, session.get_one(Proposal, about).comments_count) == (
            1,
            2,
        )


def test_a_reply_stands_on_the_desk_below_what_it_answers(stage: Stage) -> None:
    now, people = datetime.now(UTC), [Actor(account_id=key, name="persona") for key in stage.world.others[:2]]
    with stage.work() as session:
        about = submit(session, stage.world, title="Treni della valle in orario")
        on = {"process_id": stage.world.process_id, "proposal_id": about, "now": now}
        first = proposals.comment(session, text="Le corse della sera sono vuote.", stance=Stance.against, actor=people[0], **on)
        read_first(session, stage.world, EVERY, now)
        reply = proposals.reply(session, comment_id=first, text="Ma che cosa vuoi saperne?", actor=people[1], **on)
        other = proposals.comment(session, text="Servono, eccome.", stance=Stance.in_favour, actor=people[1], **on)
    client = stage.client_as(Role.moderator)
    shown = client.get(desk(stage, f"?elenco=in-attesa&voce=comment:{reply}")).text
    assert shown.index("Risponde a questo commento") < shown.index("Le corse della sera sono vuote.")
    together = client.get(desk(stage, "/insieme?elenco=in-attesa")).text
    assert together.count("Le corse della sera sono vuote.") == 1
    shown = client.get(desk(stage, f"?elenco=in-attesa&voce=comment:{other}")).text
    assert "Risponde a questo commento" not in shown
    assert "<dt>Parere</dt><dd>a favore</dd>" in shown
