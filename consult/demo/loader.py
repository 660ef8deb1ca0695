"""Bringing the demonstration in: frame, territory, people, process, then everything said and proposed, with dates around today."""

from __future__ import annotations

import random
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from config import Settings
from consult.coplanning.proposals import services as proposals
from consult.core.errors import Invalid
from consult.core.permissions import SYSTEM, Actor
from consult.core.vocabulary import PhaseKind, Role, SpeakerKind, Stance
from consult.demo import texts
from consult.demo.answers import answer
from consult.demo.co_planning import amend, mark_and_enter, prioritise, regroup
from consult.demo.coding import code_interviews
from consult.demo.listening import load_listening
from consult.demo.moderating import moderate
from consult.demo.opinions import converse
from consult.demo.places import Places, read_places
from consult.demo.printed import bring_printed
from consult.framework import queries
from consult.framework import services as framework
from consult.notices import services as notices
from consult.people import services as people
from consult.process import services as process

SLUG = "psm-2024-2026"
PASSWORD = "prova-di-ascolto-24"  # noqa: S105  # Demonstration accounts exist only in embedded mode, and the terminal prints it.
RESIDENTS = 72
#: People who only answer statements.
ANSWERING = 12


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """An account to sign in with in the demonstration."""

    email: str
    name: str
    role: Role | None = None
    administrator: bool = False


PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson("residente@prova.example", "Una residente"),
    DemoPerson("facilitatore@prova.example", "Facilitatore", Role.facilitator),
    DemoPerson("moderatrice@prova.example", "Moderatrice", Role.moderator),
    DemoPerson("moderatore@prova.example", "Altro moderatore", Role.moderator),
    DemoPerson("operatrice@prova.example", "Operatrice di sportello", Role.operator),
    DemoPerson("responsabile@prova.example", "Responsabile del processo", Role.manager),
    DemoPerson("valutatore@prova.example", "Ufficio mobilità (valutatore)", Role.evaluator),
    DemoPerson("revisore@prova.example", "Unità di progetto (revisore)", Role.reviewer),
    DemoPerson("amministratore@prova.example", "Amministratore della piattaforma", administrator=True),
)

SUMMARY = (
    "Ogni tre anni la Città metropolitana scrive il suo piano strategico. Prima di scriverlo chiede al territorio che cosa serve, "
    "e poi costruisce le azioni insieme a chi ci vive e ci lavora. Qui si può dire la propria, leggere che cosa è stato detto e "
    "seguire che cosa ne nasce."
)
NOTICE = (
    "I dati che lasci servono solo a questa consultazione. Li legge chi cura l'ascolto per conto dell'autorità. Il tuo nome non è "
    "richiesto per lasciare un contributo. Solo se lo permetti, quello che scrivi si può leggere sul sito e citare senza il tuo nome. "
    "I dati del tuo account restano finché non lo cancelli: puoi scaricarli e cancellarli da solo in ogni momento. Non scrivere nomi o dati di "
    "altre persone."
)


def load(session: Session, *, now: datetime, sign_in: bool = True, settings: Settings | None = None) -> uuid.UUID:
    """Load everything in the transaction of `session`; returns the key of the process. Same texts, same order, every time.

    With `settings`, which say where files are kept, a document comes as a file, typeset here.

    Without `sign_in` its people have no password and are no demonstration accounts: on servers that are not our own nobody enters as them.
    """
    chance = random.Random(20240101)  # noqa: S311  # The demonstration must be the same every time; nothing secret comes of it.
    frame_id = framework.import_frame(session, data=_frame(), actor=SYSTEM, now=now)
    territory_id = framework.import_territory(session, data=texts.territory(), actor=SYSTEM, now=now)
    # A little apart in time, so that the page of signing in shows them in this order.
    accounts = {
        p.email: _open(session, p, sign_in=sign_in, now=now + timedelta(milliseconds=i)) for i, p in enumerate(PEOPLE)
    }
    process_id = _open_process(session, frame_id=frame_id, territory_id=territory_id, accounts=accounts, now=now)
    places = read_places(session, frame_id=frame_id, territory_id=territory_id)
    facilitator = Actor(account_id=accounts["facilitatore@prova.example"], name="Facilitatore")
    load_listening(session, process_id=process_id, places=places, actor=facilitator, now=now)
    if settings is not None:
        bring_printed(session, process_id=process_id, settings=settings, actor=facilitator, now=now)
    code_interviews(session, process_id=process_id, actor=facilitator, now=now)
    residents = _open_residents(session, now=now)
    # The resident whom a newcomer may be has proposals of their own to follow.
    residents[0] = residents[11] = Actor(account_id=accounts["residente@prova.example"], name="Una residente")
    keys = _propose(session, process_id=process_id, places=places, residents=residents, chance=chance, now=now)
    moderator = Actor(account_id=accounts["moderatrice@prova.example"], name="Moderatrice")
    regroup(session, process_id=process_id, keys=keys, places=places, moderator=moderator, now=now)
    amend(session, process_id=process_id, keys=keys, resident=residents[0], other=residents[5], now=now)
    evaluator = Actor(account_id=accounts["valutatore@prova.example"], name="Ufficio mobilità (valutatore)")
    answer(session, process_id=process_id, keys=keys, places=places, moderator=moderator, evaluator=evaluator, now=now)
    manager = Actor(account_id=accounts["responsabile@prova.example"], name="Responsabile del processo")
    operator = Actor(account_id=accounts["operatrice@prova.example"], name="Operatrice di sportello")
    mark_and_enter(
        session, process_id=process_id, places=places, operator=operator, residents=residents, chance=chance, now=now
    )
    prioritise(
        session, process_id=process_id, places=places, manager=manager, residents=residents, chance=chance, now=now
    )
    other = Actor(account_id=accounts["moderatore@prova.example"], name="Altro moderatore")
    moderate(
        session,
        process_id=process_id,
        keys=keys,
        first=moderator,
        second=other,
        resident=residents[0],
        people=residents[1:11] + residents[12:],
        now=now,
    )
    # Some answer statements who have done nothing else. The resident whom a newcomer may be has not answered yet.
    newcomer = accounts["residente@prova.example"]
    speakers = [r for r in dict.fromkeys(residents) if r.account_id != newcomer]
    converse(
        session,
        process_id=process_id,
        keys=keys,
        facilitator=facilitator,
        moderator=moderator,
        people=[*speakers, *_open_residents(session, now=now, first=RESIDENTS + 1, number=ANSWERING)],
        chance=chance,
        now=now,
    )
    session.flush()
    return process_id


def open_blank(session: Session, *, slug: str, now: datetime) -> uuid.UUID:
    """A process with nothing in it, not published, on the first frame and territory there are, or on those that come with the program.

    Raises Invalid for a name that can't stand in an address.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,58}", slug):
        raise Invalid("Il nome del processo può avere solo lettere minuscole, cifre e trattini, da 2 a 59.")
    frames, territories = queries.frames(session), queries.territories(session)
    frame_id = frames[0].id if frames else framework.import_frame(session, data=_frame(), actor=SYSTEM, now=now)
    territory_id = (
        territories[0].id
        if territories
        else framework.import_territory(session, data=texts.territory(), actor=SYSTEM, now=now)
    )
    plan = process.PhasePlan(PhaseKind.listening, "Ascolto", now, None)
    return process.open_process(
        session,
        slug=slug,
        title=slug,
        frame_id=frame_id,
        territory_id=territory_id,
        phases=[plan],
        actor=SYSTEM,
        now=now,
    )


def _frame() -> dict[str, object]:
    """The frame with the strategies' everyday words beside their titles."""
    frame = texts.frame()
    words = texts.descriptions()
    for axis in frame["axes"]:
        for strategy in axis["strategies"]:
            strategy.update(words.get(strategy["code"], {}))
    return frame


def _open(session: Session, person: DemoPerson, *, sign_in: bool, now: datetime) -> uuid.UUID:
    return people.open_account(
        session,
        email=person.email,
        display_name=person.name,
        password=PASSWORD if sign_in else None,
        verified=True,
        administrator=person.administrator and sign_in,
        demonstration=sign_in,
        actor=SYSTEM,
        now=now,
    )


def _open_residents(session: Session, *, now: datetime, first: int = 1, number: int = RESIDENTS) -> list[Actor]:
    """People who propose, support, comment and answer: pseudonyms, without password and without mails."""
    found: list[Actor] = []
    for place in range(first, first + number):
        name = f"Partecipante {place}"
        account_id = people.open_account(
            session,
            email=f"partecipante{place}@prova.example",
            display_name=name,
            password=None,
            verified=True,
            administrator=False,
            demonstration=False,
            actor=SYSTEM,
            now=now,
        )
        notices.set_preference(session, account_id=account_id, digest="none", actor=SYSTEM, now=now)
        found.append(Actor(account_id=account_id, name=name))
    return found


def _open_process(
    session: Session, *, frame_id: uuid.UUID, territory_id: uuid.UUID, accounts: dict[str, uuid.UUID], now: datetime
) -> uuid.UUID:
    """The process with listening and co-planning both open today."""
    data = texts.frame()
    day = timedelta(days=1)
    # Phases open in the morning and close at the end of an office day.
    morning = now.replace(hour=8, minute=0, second=0, microsecond=0)
    evening = now.replace(hour=17, minute=0, second=0, microsecond=0)
    dates: dict[PhaseKind, tuple[datetime | None, datetime | None]] = {
        PhaseKind.preliminary: (morning - 150 * day, evening - 62 * day),
        PhaseKind.listening: (morning - 60 * day, evening + 26 * day),
        PhaseKind.co_planning: (morning - 12 * day, evening + 40 * day),
        PhaseKind.drafting: (morning + 41 * day, evening + 95 * day),
    }
    plans = []
    for phase in data["phases"]:
        kind = PhaseKind(phase["kind"])
        opens_at, closes_at = dates.get(kind, (None, None))
        plans.append(process.PhasePlan(kind, phase["title"], opens_at, closes_at, "; ".join(phase.get("work", []))))
    administrator = Actor(account_id=accounts["amministratore@prova.example"], name="Amministratore")
    process_id = process.open_process(
        session,
        slug=SLUG,
        title=data["title"],
        name=data["name"],
        summary=SUMMARY,
        frame_id=frame_id,
        territory_id=territory_id,
        phases=plans,
        start_year=data["period"]["start_year"],
        end_year=data["period"]["end_year"],
        actor=administrator,
        now=now,
    )
    for person in PEOPLE:
        if person.role:
            process.give_role(
                session,
                process_id=process_id,
                account_id=accounts[person.email],
                role=person.role,
                actor=administrator,
                now=now,
            )
    for kind in (PhaseKind.listening, PhaseKind.co_planning):
        process.publish_notice(session, process_id=process_id, kind=kind, text=NOTICE, actor=administrator, now=now)
    process.publish_process(session, process_id=process_id, actor=administrator, now=now)
    return process_id


def _propose(
    session: Session,
    *,
    process_id: uuid.UUID,
    places: Places,
    residents: list[Actor],
    chance: random.Random,
    now: datetime,
) -> dict[str, uuid.UUID]:
    """Proposals spread over the last ten days, each with its supports and comments from different people."""
    ideas = texts.ideas()
    chance.shuffle(ideas)
    keys: dict[str, uuid.UUID] = {}
    for number, idea in enumerate(ideas):
        author = residents[number % len(residents)]
        said_at = now - timedelta(days=10) + timedelta(hours=230 * number / len(ideas))
        key = proposals.submit(
            session,
            process_id=process_id,
            title=idea.title,
            text=idea.text,
            strategy_id=places.strategies[idea.strategy],
            zone_ids=[places.zones[z] for z in idea.zones],
            author_kind=SpeakerKind(idea.author_kind),
            organisation=idea.organisation or "",
            show_name=idea.organisation is None,
            actor=author,
            now=said_at,
        )
        keys[idea.id] = key
        others = [r for r in dict.fromkeys(residents) if r.account_id != author.account_id]
        for person in chance.sample(others, min(idea.supports, len(others))):
            proposals.support(
                session, process_id=process_id, proposal_id=key, actor=person, now=said_at + timedelta(hours=5)
            )
        speakers = chance.sample(others, len(idea.comments))
        for place, (remark, person) in enumerate(zip(idea.comments, speakers, strict=True)):
            at = min(now, said_at + timedelta(hours=7 + 3 * place))
            comment_id = proposals.comment(
                session,
                process_id=process_id,
                proposal_id=key,
                text=remark.text,
                stance=Stance(remark.stance),
                actor=person,
                now=at,
            )
            if remark.reply:
                proposals.reply(
                    session,
                    process_id=process_id,
                    proposal_id=key,
                    comment_id=comment_id,
                    text=remark.reply,
                    actor=author,
                    now=at,
                )
    return keys
