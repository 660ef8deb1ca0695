"""What followed in the rich world: proposals with all that hangs on them, moderation, draft actions."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import services as proposals
from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.services import drafts
from consult.core.permissions import Actor
from consult.core.vocabulary import Outcome, Role, SpeakerKind, Stance, ThingKind
from consult.discussion.types import ReportReason
from consult.files.models import StoredFile
from consult.moderation.services import dispositions, telling, visibility
from consult.moderation.types import Chosen
from consult.people.models import OneTimeToken
from consult.people.rules import Purpose, new_token, token_hash
from consult.plan import services as plan
from consult.plan.types import ActionFields, ActionOrigin
from tests.factories.amendments import add_amendments
from tests.factories.answers import told
from tests.factories.opinions import conversations
from tests.factories.priorities import rounds
from tests.factories.regroupings import regroup
from tests.factories.rich_evaluations import add_evaluations
from tests.factories.rich_world import Rich, Say
from tests.factories.second_look import add_second_look
from tests.factories.waiting import add_waiting


def add_proposals(session: Session, rich: Rich, say: Say, now: datetime) -> None:
    world = rich.world
    author = rich.actor(Role.account)
    people = [Actor(account_id=key, name="persona") for key in world.others]

    def propose(name: str, title: str, who: Actor, **more: object) -> uuid.UUID:
        rich.keys[name] = proposals.submit(
            session,
            process_id=world.process_id,
            title=f"{title} {say(name)}"[:200],
            text=f"{title}: chi lavora la sera resta a piedi, e chi studia deve partire un'ora prima.\n\n{say(name)}",
            strategy_id=world.strategies["2.2"],
            zone_ids=[world.zones["2"]],
            actor=who,
            now=now - timedelta(hours=2),
            **more,  # type: ignore[arg-type]  # Each call names real fields.
        )
        return rich.keys[name]

    propose("editable_proposal", "Panchine alla fermata", author)
    own = propose("own_proposal", "Treni la sera nella valle", author)
    lead = propose(
        "proposal", "Un autobus notturno fino al capolinea", people[0], author_kind=SpeakerKind.association,
        organisation=f"Comitato {say('public_organisation')}"[:200],
    )  # fmt: skip  # one call reads better so
    second = propose(
        "second_proposal",
        "Corse serali coordinate con le fabbriche",
        people[1],
        show_name=False,
        pseudonym="Un pendolare",
    )
    hidden = propose("hidden_proposal", "Vendo biciclette usate", people[2])
    withdrawn = propose("withdrawn_proposal", "Una piscina in ogni paese", people[3])
    for proposal_id in (own, lead, second):
        for person in people[2:5]:
            proposals.support(session, process_id=world.process_id, proposal_id=proposal_id, actor=person, now=now)
    proposals.follow(session, process_id=world.process_id, proposal_id=lead, actor=author, now=now)
    rich.keys["comment"] = proposals.comment(
        session,
        process_id=world.process_id,
        proposal_id=own,
        text=f"Sono d'accordo, l'ho visto ogni giorno. {say('public_comment')}",
        stance=Stance.in_favour,
        actor=people[4],
        now=now,
    )
    proposals.reply(
        session,
        process_id=world.process_id,
        proposal_id=own,
        comment_id=rich.keys["comment"],
        text="Grazie, portiamo i numeri.",
        actor=author,
        now=now,
    )
    rich.keys["own_comment"] = proposals.comment(
        session,
        process_id=world.process_id,
        proposal_id=lead,
        text="E il sabato?",
        stance=Stance.neutral,
        actor=author,
        now=now,
    )
    for name in ("hidden_comment", "withdrawn_comment", "reported_comment"):
        rich.keys[name] = proposals.comment(
            session,
            process_id=world.process_id,
            proposal_id=own,
            text=f"Parole di troppo. {say(name) if name != 'reported_comment' else ''}",
            stance=Stance.against,
            actor=people[5],
            now=now,
        )
    proposals.withdraw_comment(
        session,
        process_id=world.process_id,
        proposal_id=own,
        comment_id=rich.keys["withdrawn_comment"],
        actor=people[5],
        now=now,
    )
    proposals.report_comment(
        session,
        process_id=world.process_id,
        proposal_id=own,
        comment_id=rich.keys["reported_comment"],
        reason=next(iter(ReportReason)),
        note=f"Mi offende. {say('report_note')}",
        actor=people[0],
        now=now,
    )
    proposals.withdraw(
        session,
        process_id=world.process_id,
        proposal_id=withdrawn,
        version=_version(session, withdrawn),
        actor=people[3],
        now=now,
    )
    drafts.keep_draft(
        session,
        account_id=world.others[0],
        place=f"proposals.new:{world.process_id}",
        fields={"title": f"Non ancora {say('kept_draft')}", "text": say("kept_draft")},
        title=f"Non ancora {say('kept_draft')}"[:300],
        now=now,
    )
    rich.keys["hidden_target"] = hidden


def add_moderation(session: Session, rich: Rich, say: Say, now: datetime) -> None:
    moderator, process_id = rich.actor(Role.moderator), rich.world.process_id
    for kind, name in ((ThingKind.proposal, "hidden_proposal"), (ThingKind.comment, "hidden_comment")):
        rich.keys["act"] = visibility.hide(
            session,
            process_id=process_id,
            kind=kind,
            thing_id=rich.keys[name],
            version=_version(session, rich.keys[name]) if kind is ThingKind.proposal else None,
            reason_code="advertising",
            note=f"Visto due volte. {say('moderation_note')}",
            actor=moderator,
            now=now,
        )
    made = dispositions.promote(
        session,
        process_id=process_id,
        chosen=[
            Chosen(rich.keys[name], _version(session, rich.keys[name]), "chi lavora la sera resta a piedi")
            for name in ("proposal", "second_proposal")
        ],
        outcome=Outcome.adopted,
        reason_code="fits_strategy",
        public_reason=f"Risponde a un bisogno chiaro. {say('public_reason')}",
        body="Ufficio piano",
        new_action=ActionFields(
            title=f"Trasporto serale {say('public_action')}"[:200], text="Corse fino a mezzanotte."
        ),
        actor=moderator,
        now=now,
    )
    rich.keys |= regroup(session, rich.world, moderator, say)
    rich.keys |= rounds(session, rich.world, say)
    rich.keys |= conversations(session, rich.world, say, rich.keys["own_proposal"])
    rich.keys |= add_second_look(session, rich.world, rich.keys["own_proposal"], say, now)
    rich.keys |= add_evaluations(session, rich.world, rich.keys["editable_proposal"], say, now)
    rich.keys |= add_amendments(session, rich.world, rich.keys["own_proposal"], say, now)
    rich.keys |= add_waiting(session, rich.world, rich.keys["own_proposal"], say, now)
    rich.keys |= {"action": made.action_id, "disposition": made.disposition_ids[0], "decided_act": made.act_id}
    rich.action_code = made.code


def add_actions(session: Session, rich: Rich, say: Say, now: datetime) -> None:
    manager, process_id = rich.actor(Role.manager), rich.world.process_id
    rich.keys["typed_action"], _code = plan.create_action(
        session,
        process_id=process_id,
        strategy_id=rich.world.strategies["1.1"],
        fields=ActionFields(title="Fibra nelle scuole"),
        origin=ActionOrigin.typed,
        actor=manager,
        now=now,
    )
    rich.keys["withdrawn_action"], _code = plan.create_action(
        session,
        process_id=process_id,
        strategy_id=rich.world.strategies["1.1"],
        fields=ActionFields(title=f"Azione da lasciare {say('withdrawn_action')}"[:200], text=say("withdrawn_action")),
        origin=ActionOrigin.typed,
        actor=manager,
        now=now,
    )
    plan.withdraw(
        session,
        process_id=process_id,
        action_id=rich.keys["withdrawn_action"],
        version=1,
        actor=manager,
        now=now,
        note=say("plan_note"),
    )
    rich.keys |= told(session, rich.world, say)
    telling.tell(session, act_id=rich.keys["decided_act"], now=now + timedelta(minutes=5))
    name = f"verbale {say('file')}"[:200]
    session.add(
        StoredFile(process_id=process_id, storage_key=uuid.uuid4().hex, name=name, kind="csv", size=3, digest=b"0" * 32)
    )
    for purpose in Purpose:
        rich.tokens[purpose] = new_token()
        session.add(
            OneTimeToken(
                token_hash=token_hash(rich.tokens[purpose]),
                account_id=rich.world.others[1],
                purpose=str(purpose),
                expires_at=now + timedelta(days=1),
            )
        )


def _version(session: Session, proposal_id: uuid.UUID) -> int:
    session.expire_all()
    return session.execute(select(Proposal.version).where(Proposal.id == proposal_id)).scalar_one()
