"""A rich world for crawls: one object of every kind, public ones and secret ones, each carrying a mark of its own.

Built on the small world through the services that the pages use. `say(name)` gives the words that go into the object of
that name: canaries look for them where they must not be, attacks put markup into them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from config import ROOT, Settings
from consult.analytics.embedding import load_embedder
from consult.coplanning.proposals import services as proposals
from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.services import drafts
from consult.core.db import unit_of_work
from consult.core.permissions import Actor
from consult.core.vocabulary import Outcome, Role, SpeakerKind, Stance, ThingKind
from consult.demo import texts
from consult.discussion.types import ReportReason
from consult.evidence.models import RunShard, Theme
from consult.evidence.queries import themes_of
from consult.evidence.services import decisions, reduce, runs
from consult.files.models import StoredFile
from consult.framework.models import Provision, ReferencePlan
from consult.listening.contributions import services as contributions
from consult.listening.documents import services as documents
from consult.listening.interviews import services as interviews
from consult.listening.interviews.models import Interview
from consult.listening.interviews.rules import door_hash
from consult.listening.meetings import services as meetings
from consult.listening.meetings.models import Meeting, MeetingRegistration
from consult.listening.sources import services as sources
from consult.listening.sources.models import Source
from consult.listening.sources.rules import personal_token
from consult.listening.sources.types import ImportRow
from consult.moderation.services import dispositions, telling, visibility
from consult.moderation.types import Chosen
from consult.people.models import Account, OneTimeToken, Organisation
from consult.people.rules import Purpose, new_token, token_hash
from consult.plan import services as plan
from consult.plan.types import ActionFields, ActionOrigin
from consult.position_paper.models import Finding, Paper
from consult.position_paper.services import drafting, editing, publishing
from consult.process.models import Process
from tests.factories.amendments import add_amendments
from tests.factories.answers import told
from tests.factories.coding import add_coding
from tests.factories.opinions import conversations
from tests.factories.priorities import rounds
from tests.factories.regroupings import regroup
from tests.factories.rich_desk import add_files, review_paper
from tests.factories.rich_drafts import add_consultation
from tests.factories.rich_evaluations import add_evaluations
from tests.factories.rich_surveys import INVITED, add_questionnaires
from tests.factories.second_look import add_second_look
from tests.factories.waiting import add_waiting
from tests.factories.world import SLUG, World, load_world

DRAFT_SLUG = "processo-in-bozza"
Say = Callable[[str], str]


def plain(_name: str) -> str:
    """No mark at all."""
    return ""


@dataclass(slots=True)
class Rich:
    """The small world, and the keys of what stands in it by name."""

    world: World
    draft: World
    keys: dict[str, uuid.UUID] = field(default_factory=dict)
    action_code: str = ""
    receipt_code: str = ""
    tokens: dict[Purpose, str] = field(default_factory=dict)
    #: Link tokens of rooms, by the name of the blueprint.
    room_tokens: dict[str, str] = field(default_factory=dict)
    #: Values of single arguments of addresses that are no keys, by the argument's name.
    words: dict[str, str] = field(default_factory=dict)
    #: What only the database knows: an e-mail address each, which no page may show to others.
    addresses: list[str] = field(default_factory=list)

    def actor(self, role: Role) -> Actor:
        """The person of a role, as services want them."""
        return Actor(account_id=self.world.accounts[role], name=str(role))


def load_rich(sessions: sessionmaker[Session], say: Say = plain, *, publish: bool = True) -> Rich:
    """Write the rich world, each step in its own transaction as in life; with `publish` the paper is published too."""
    now = datetime.now(UTC)
    with unit_of_work(sessions) as session:
        world = load_world(session, others=6)
        draft = load_world(session, published=False, slug=DRAFT_SLUG)
        session.execute(
            update(Process)
            .where(Process.id == draft.process_id)
            .values(title=f"Bozza {say('draft_process')}"[:300], summary=say("draft_process"))
        )
        rich = Rich(world, draft)
        rich.addresses = [a for a in session.execute(select(Account.email).order_by(Account.email)).scalars() if a]
        _framework(session, rich, say)
    for step in (_listening, _coding, _aggregation, _decisions, _co_planning, _moderation, _plan):
        with unit_of_work(sessions) as session:
            step(session, rich, say, now)
    if publish:
        with unit_of_work(sessions) as session:
            publish_paper(session, rich, say)
    return rich


def publish_paper(session: Session, rich: Rich, say: Say = plain) -> None:
    """Put what was accepted in consultation, then publish it."""
    rich.keys |= add_consultation(session, world=rich.world, say=say, now=datetime.now(UTC))
    rich.words["form"] = "json"
    publishing.publish(
        session,
        process_id=rich.world.process_id,
        note="Prima versione",
        actor=rich.actor(Role.facilitator),
        now=datetime.now(UTC),
    )


def _framework(session: Session, rich: Rich, say: Say) -> None:
    reference = session.execute(select(ReferencePlan).where(ReferencePlan.frame_id == rich.world.frame_id)).scalar_one()
    session.add(
        Provision(plan_id=reference.id, code="M1", text=f"Corsie per gli autobus. {say('provision')}", position=0)
    )
    session.add(Organisation(name=f"Associazione del bosco {say('organisation')}"[:200], kind="association"))


def _listening(session: Session, rich: Rich, say: Say, now: datetime) -> None:
    world, facilitator = rich.world, rich.actor(Role.facilitator)
    process_id = world.process_id
    said = [s for s in texts.said() if s.channel in {"answer", "contribution"} and s.language == "it"][:60]
    zones = list(world.zones)
    sources.import_rows(
        session,
        process_id=process_id,
        rows=[ImportRow(line=i, text=s.text, zone=zones[i % 3], speaker=s.speaker) for i, s in enumerate(said)],
        actor=facilitator,
        now=now,
    )
    rich.keys["internal_source"] = sources.add_source(
        session,
        process_id=process_id,
        channel="answer",
        text=f"La sera l'ultimo treno parte troppo presto per chi lavora in fabbrica. {say('internal_source')}",
        quotable="none",
        actor=facilitator,
        now=now,
    )
    rich.keys["withdrawn_source"] = sources.add_source(
        session,
        process_id=process_id,
        channel="answer",
        text=f"Gli alberi lungo il fiume vanno curati. {say('withdrawn_source')}",
        visibility="public",
        actor=facilitator,
        now=now,
    )
    sources.change_source(
        session,
        process_id=process_id,
        source_id=rich.keys["withdrawn_source"],
        change="withdraw",
        reason_code="author_asked",
        actor=facilitator,
        now=now,
    )
    rich.keys["redacted_source"] = sources.add_source(
        session,
        process_id=process_id,
        channel="answer",
        text=f"Il medico {say('redacted_source')} non viene più in paese.",
        visibility="public",
        actor=facilitator,
        now=now,
    )
    sources.change_source(
        session,
        process_id=process_id,
        source_id=rich.keys["redacted_source"],
        change="redact",
        reason_code="personal_data",
        text="Il medico […] non viene più in paese.",
        actor=facilitator,
        now=now,
    )
    _interviews(session, rich, say, now)
    _meetings(session, rich, say, now)
    keys, rich.room_tokens["surveys"] = add_questionnaires(
        session, process_id=process_id, say=say, actor=facilitator, now=now
    )
    rich.keys |= keys
    rich.addresses.append(INVITED)
    rich.keys |= add_files(
        session, world=world, questionnaire_id=rich.keys["questionnaire"], say=say, actor=facilitator, now=now
    )
    given = contributions.submit(
        session,
        process_id=process_id,
        text=f"Serve un autobus che salga in valle anche la domenica mattina. {say('public_contribution')}",
        zone_id=world.zones["2"],
        publish=True,
        actor=Actor(),
        now=now,
    )
    rich.keys["contribution"], rich.keys["public_source"] = given.contribution_id, given.source_id
    rich.receipt_code = given.code
    kept = contributions.submit(
        session,
        process_id=process_id,
        text=f"La connessione cade ogni volta che piove. {say('private_contribution')}",
        actor=Actor(),
        now=now,
    )
    session.execute(update(Source).where(Source.id == kept.source_id).values(quotable="none"))
    rich.keys["private_source"] = kept.source_id
    paper = contributions.submit(
        session,
        process_id=process_id,
        text="Un marciapiede davanti alla scuola, per favore.",
        on_paper=True,
        actor=rich.actor(Role.operator),
        now=now,
    )
    rich.keys["paper_contribution"] = paper.contribution_id
    rich.keys["document"] = documents.add_document(
        session, process_id=process_id, title=f"Relazione sulla valle {say('document')}"[:300], author="Comunità montana", actor=facilitator, now=now
    )  # fmt: skip  # one call reads better so
    documents.add_passages(
        session,
        process_id=process_id,
        document_id=rich.keys["document"],
        text="La strada chiude due volte ogni inverno.\n\nI giovani partono per studiare.",
        actor=facilitator,
        now=now,
    )


def _interviews(session: Session, rich: Rich, say: Say, now: datetime) -> None:
    """Two interviews with passages; the second then takes its consent back."""
    facilitator, process_id = rich.actor(Role.facilitator), rich.world.process_id
    fields = interviews.InterviewFields(
        role="Responsabile di una cooperativa",
        organisation=f"Cooperativa {say('interview_organisation')}"[:200],
        person_name=f"Persona {say('interview_name')}"[:120],
        notes=f"Chiedere dei trasporti. {say('interview_notes')}",
        speaker_kind=str(SpeakerKind.business),
        zone_id=rich.world.zones["1"],
        status="held",
        consent_record=True,
        consent_transcribe=True,
        consent_code=True,
        consent_quote="anonymous",
        consent_text="1",
        consent_on=now.date(),
    )
    for name, passage in (("interview", "passage"), ("withdrawn_interview", "withdrawn_passage")):
        key = interviews.create_interview(session, process_id=process_id, fields=fields, actor=facilitator, now=now)
        rich.keys[name] = key
        interviews.add_transcript(
            session,
            process_id=process_id,
            interview_id=key,
            text=f"D: Che cosa manca?\n\nR: Mancano operai formati per le nostre officine. {say(passage)}\n\nR: I corsi sono lontani da qui.",
            actor=facilitator,
            now=now,
        )
    interviews.edit_interview(
        session,
        process_id=process_id,
        interview_id=rich.keys["withdrawn_interview"],
        version=session.get_one(Interview, rich.keys["withdrawn_interview"]).version,
        fields=replace(fields, consent_transcribe=False, consent_code=False, consent_quote="none"),
        actor=facilitator,
        now=now,
    )


def _coding(session: Session, rich: Rich, say: Say, now: datetime) -> None:
    interview_id = rich.keys["interview"]
    actor = rich.actor(Role.facilitator)
    rich.keys |= add_coding(session, world=rich.world, interview_id=interview_id, say=say, actor=actor, now=now)
    rich.room_tokens["interviews"] = rich.room_tokens["interview_doors"] = door = "porta-di-prova-0123456789"
    session.get_one(Interview, interview_id).door_hash = door_hash(door)


def _meetings(session: Session, rich: Rich, say: Say, now: datetime) -> None:
    facilitator, process_id = rich.actor(Role.facilitator), rich.world.process_id

    def meeting(name: str, title: str, **more: object) -> uuid.UUID:
        fields = meetings.MeetingFields(title=title[:200], place="Sala civica", address="Piazza 1", **more)  # type: ignore[arg-type]  # Each call names real fields.
        rich.keys[name] = meetings.create_meeting(
            session, process_id=process_id, fields=fields, actor=facilitator, now=now
        )
        return rich.keys[name]

    held = meeting(
        "meeting",
        f"Incontro in valle {say('public_meeting')}",
        starts_at=now - timedelta(hours=5),
        ends_at=now - timedelta(hours=3),
        summary="Si è parlato di strade.",
        minutes=f"Verbale non ancora pubblicato. {say('minutes')}",
        zone_ids=[rich.world.zones["2"]],
    )
    coming = meeting(
        "coming_meeting", "Incontro in collina", starts_at=now + timedelta(days=5), registration=True, capacity=40
    )
    meeting("draft_meeting", f"Incontro da decidere {say('draft_meeting')}", starts_at=now + timedelta(days=9))
    for key in (held, coming):
        meetings.set_state(
            session, process_id=process_id, meeting_id=key, state="published", actor=facilitator, now=now
        )
    meetings.register(
        session,
        process_id=process_id,
        meeting_id=coming,
        email="iscritta@example.org",
        name=f"Iscritta {say('registration')}"[:120],
        organisation=say("registration_organisation")[:200],
        notice_id=None,
        actor=Actor(),
        now=now,
    )
    rich.addresses.append("iscritta@example.org")
    rich.keys["note"] = meetings.add_note(
        session,
        process_id=process_id,
        meeting_id=held,
        note=meetings.NewNote(
            text=f"Più corse la sera tra la valle e la città. {say('meeting_note')}",
            kind="need",
            speaker_kind="resident",
            agreed=12,
        ),
        actor=facilitator,
        now=now,
    )
    _working_meeting(session, rich, say, now)


def _working_meeting(session: Session, rich: Rich, say: Say, now: datetime) -> None:
    """Tables, a ballot of one, minutes in review with a remark: at the meeting that was held, whose minutes are not public."""
    facilitator, process_id, held = rich.actor(Role.facilitator), rich.world.process_id, rich.keys["meeting"]
    rich.keys["table"] = meetings.save_table(
        session, process_id=process_id, meeting_id=held, table_id=None, number=1, title="Muoversi", zone_id=rich.world.zones["2"],
        facilitator_id=facilitator.account_id, seats=12, actor=facilitator, now=now,
    )  # fmt: skip  # one call reads better so
    meetings.set_table_ballot(
        session, process_id=process_id, meeting_id=held, table_id=rich.keys["table"], strategies=[rich.world.strategies["2.2"]],
        zone_id=None, people=9, actor=facilitator, now=now,
    )  # fmt: skip  # one call reads better so
    meetings.start_review(
        session, process_id=process_id, meeting_id=held, until=now + timedelta(days=9), actor=facilitator, now=now
    )
    rich.keys["remark"] = meetings.remark(
        session, process_id=process_id, meeting_id=held, source_id=None, text=f"Manca la strada. {say('remark')}", name=say("remark_name")[:120],
        now=now,
    )  # fmt: skip  # one call reads better so
    secret = Settings(database_url="").secret_key
    rich.words["review_token"] = personal_token("review", held, secret)
    rich.words["join_code"] = session.execute(select(Meeting.join_code).where(Meeting.id == held)).scalar_one()
    registration = session.execute(
        select(MeetingRegistration.id).order_by(MeetingRegistration.id).limit(1)
    ).scalar_one()
    rich.keys["registration"] = registration
    rich.room_tokens["meetings"] = personal_token("registration", registration, secret)


def _aggregation(session: Session, rich: Rich, _say: Say, now: datetime) -> None:
    embedder = load_embedder(ROOT / "var" / "model")
    run_id = runs.start_run(
        session, process_id=rich.world.process_id, actor=rich.actor(Role.facilitator), now=now, through_queue=False
    )
    for number in session.execute(select(RunShard.number).where(RunShard.run_id == run_id)).scalars().all():
        runs.prepare_shard(session, run_id=run_id, number=number, embedder=embedder)
    reduce.reduce_run(session, run_id=run_id, embedder=embedder, now=now)
    drafting.draft_paper(session, run_id=run_id, now=now)
    rich.keys["run"] = run_id


def _decisions(session: Session, rich: Rich, say: Say, now: datetime) -> None:
    """Accept a theme and the findings on it; leave one finding in draft and refuse one theme, each marked."""
    actor, process_id = rich.actor(Role.facilitator), rich.world.process_id
    findings = list(
        session.execute(
            select(Finding)
            .join(Paper, Paper.id == Finding.paper_id)
            .where(Paper.process_id == process_id, Finding.theme_id.is_not(None))
            .order_by(Finding.number)
        ).scalars()
    )
    if len(findings) < 2:
        raise AssertionError(
            f"the rich world needs two findings to show one and hide one, the draft has {len(findings)}"
        )
    open_one, secret = findings[0], findings[-1]
    rich.keys |= {"finding": open_one.id, "draft_finding": secret.id, "section": open_one.section_id}
    for finding in findings[:-1]:
        if finding.theme_id is not None:
            _accept_theme(session, process_id, finding.theme_id, actor, now)
        editing.set_state(
            session,
            process_id=process_id,
            finding_id=finding.id,
            version=finding.version,
            state="accepted",
            actor=actor,
            now=now,
        )
        session.refresh(finding)
    rich.keys["theme"] = open_one.theme_id or uuid.uuid4()
    editing.save_finding(
        session,
        process_id=process_id,
        finding_id=secret.id,
        version=secret.version,
        title=f"Bozza {say('draft_finding')}"[:200],
        statement=f"Questa frase non è ancora decisa. {say('draft_finding')}",
        strategy_id=secret.strategy_id,
        actor=actor,
        now=now,
    )
    rich.keys |= review_paper(
        session, world=rich.world, finding_id=open_one.id, section_id=open_one.section_id, say=say, actor=actor, now=now
    )
    if secret.theme_id is not None and secret.theme_id != open_one.theme_id:
        rich.keys["draft_theme"] = secret.theme_id
        session.execute(
            update(Theme).where(Theme.id == secret.theme_id).values(label=f"Tema {say('draft_theme')}"[:200])
        )


def _accept_theme(session: Session, process_id: uuid.UUID, theme_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    theme = themes_of(session, process_id=process_id, theme_ids=[theme_id], include_gone=True)[0]
    if theme.state == "proposed":
        decisions.set_state(
            session,
            process_id=process_id,
            theme_id=theme_id,
            version=theme.version,
            state="accepted",
            actor=actor,
            now=now,
        )


def _co_planning(session: Session, rich: Rich, say: Say, now: datetime) -> None:
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


def _moderation(session: Session, rich: Rich, say: Say, now: datetime) -> None:
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
    rich.keys |= {"action": made.action_id, "disposition": made.disposition_ids[0]}
    rich.action_code = made.code


def _plan(session: Session, rich: Rich, say: Say, now: datetime) -> None:
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
    telling.tell(session, disposition_id=rich.keys["disposition"], now=now + timedelta(minutes=5))
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


__all__ = ["DRAFT_SLUG", "SLUG", "Rich", "load_rich", "plain", "publish_paper"]
