"""What the demonstration shows of co-planning beside proposals: merges and a split, a counted prioritisation round and an open one."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from consult.coplanning.priorities import services as priorities
from consult.coplanning.priorities.queries import options
from consult.coplanning.priorities.types import RoundAudience, RoundFields, RoundMethod
from consult.coplanning.proposals import queries, services
from consult.coplanning.proposals.types import ProposalOrigin, SplitPart
from consult.core.permissions import Actor
from consult.core.vocabulary import SpeakerKind, ThingKind
from consult.demo.places import Places
from consult.discussion import queries as discussion
from consult.discussion.types import ReactionKind

#: Proposals of the demonstration by their own names, and why they are regrouped.
_SAME_SCHOOLS = ("p3-06", "p6-05")
_SAME_BUSES = ("p3-03", "p3-02")
_TWO_THINGS = "p1-08"
_TICKET = (
    "Chi visita Torino resta in media poco e quasi mai esce dalla città. Propongo un **biglietto combinato da due giorni**: trasporto "
    "pubblico più ingresso a una trentina di castelli, abbazie, ecomusei e musei di fabbrica sparsi nelle undici zone.\n\n"
    "- Gratuito sotto i 18 anni, ridotto per chi abita nel territorio.\n"
    "- Un unico sito con gli orari veri, in quattro lingue.\n"
    "- Una quota di ogni biglietto va ai luoghi meno visitati, per pagare chi apre."
)
_SHUTTLES = (
    "Navette solo nei fine settimana, dalle stazioni ai castelli, alle abbazie e agli ecomusei, coordinate con gli orari di apertura.\n\n"
    'Io lavoro in un ufficio informazioni e ogni giorno rispondo "ci vuole la macchina". Vorrei smettere di dirlo.'
)


def regroup(
    session: Session,
    *,
    process_id: uuid.UUID,
    keys: Mapping[str, uuid.UUID],
    places: Places,
    moderator: Actor,
    now: datetime,
) -> None:
    """Merge and split a few proposals, as moderators and authors would over the last days."""
    cards = queries.cards(session, ids=list(keys.values()))

    def author(name: str) -> Actor:
        card = cards[keys[name]]
        return Actor(account_id=card.author_id, name=card.author or "")

    away, kept = _SAME_SCHOOLS
    act = services.merge(
        session,
        process_id=process_id,
        from_ids=[keys[away]],
        into_id=keys[kept],
        reason="Chiedono la stessa cosa: chiudere la via della scuola all'entrata e all'uscita. La seconda dice anche come misurare l'aria.",
        actor=moderator,
        now=now - timedelta(days=2),
    )
    services.object_to(
        session,
        process_id=process_id,
        regrouping_id=act,
        text="Va bene unirle, ma nella mia c'era il pedibus dai punti di sosta: non vorrei che andasse perso.",
        actor=author(away),
        now=now - timedelta(days=1),
    )
    asking, asked = _SAME_BUSES
    question = services.ask_to_merge(
        session,
        process_id=process_id,
        proposal_id=keys[asking],
        into_number=cards[keys[asked]].number,
        reason="Le nostre valli sono vicine e chiediamo lo stesso pulmino: con un solo servizio i conti tornano meglio.",
        actor=author(asking),
        now=now - timedelta(days=3),
    )
    services.agree(
        session, process_id=process_id, regrouping_id=question, actor=author(asked), now=now - timedelta(days=2)
    )
    session.expire_all()
    services.split(
        session,
        process_id=process_id,
        proposal_id=keys[_TWO_THINGS],
        version=queries.cards(session, ids=[keys[_TWO_THINGS]])[keys[_TWO_THINGS]].version,
        parts=[
            SplitPart("Un solo biglietto per treno, bus e luoghi della cultura", _TICKET, places.strategies["1.5"]),
            SplitPart("Navette del fine settimana dalle stazioni ai luoghi della cultura", _SHUTTLES, places.strategies["3.1"]),
        ],
        reason="Il biglietto riguarda la promozione culturale, le navette il trasporto: sono due strategie e due uffici diversi.",
        actor=moderator,
        now=now - timedelta(days=1),
    )  # fmt: skip  # one row of values reads better so


def amend(
    session: Session,
    *,
    process_id: uuid.UUID,
    keys: Mapping[str, uuid.UUID],
    resident: Actor,
    other: Actor,
    now: datetime,
) -> None:
    """A change that the resident proposes and that waits for its answer, and one of somebody else that was taken up."""

    def propose(
        name: str, old: str, new: str, reason: str, who: Actor, days: int
    ) -> tuple[uuid.UUID, queries.ProposalCard]:
        found = queries.source_words(session, process_id=process_id, proposal_id=keys[name])
        if found is None:
            raise LookupError(name)
        version, words = found
        key = services.propose_amendment(
            session, process_id=process_id, proposal_id=keys[name], base_version=version, title=words.title,
            text=words.text.replace(old, new), reason=reason, actor=who, now=now - timedelta(days=days),
        )  # fmt: skip  # one call of named values reads better so
        return key, queries.cards(session, ids=[keys[name]])[keys[name]]

    propose(
        "p2-01", "pergole e rampicanti", "pergole, rampicanti e una fontanella",
        "Dove non c'è ombra la gente cerca almeno l'acqua: costa poco e si fa insieme.", resident, 1,
    )  # fmt: skip  # one call reads better so
    key, card = propose(
        "p6-02", "strumenti collegati agli specialisti", "strumenti collegati agli specialisti, anche con la lingua dei segni",
        "Chi non sente oggi resta fuori dalle visite a distanza.", other, 3,
    )  # fmt: skip  # one call reads better so
    services.accept_amendment(
        session, process_id=process_id, amendment_id=key, version=1, proposal_version=card.version, answer="Giusto, mancava.",
        actor=Actor(account_id=card.author_id, name=card.author or ""), now=now - timedelta(days=2),
    )  # fmt: skip  # one call of named values reads better so


#: How often people of the demonstration speak as what.
_KINDS = (
    *(SpeakerKind.resident,) * 6, SpeakerKind.association, SpeakerKind.association, SpeakerKind.business, SpeakerKind.municipality,
    SpeakerKind.education,
)  # fmt: skip  # one list of kinds reads better so
#: Strategies that the demonstration's people care about more, by code.
_DEARER = {"3.2": 9, "6.1": 8, "3.1": 6, "2.1": 5, "5.4": 4, "1.1": 4, "4.1": 3}


def prioritise(
    session: Session,
    *,
    process_id: uuid.UUID,
    places: Places,
    manager: Actor,
    residents: Sequence[Actor],
    chance: random.Random,
    now: datetime,
) -> None:
    """A round on all strategies, counted; a round on the most supported proposals, open."""
    people = list({r.account_id: r for r in residents}.values())
    counted = _open(
        session,
        process_id=process_id,
        fields=RoundFields(
            "Che cosa viene prima nei prossimi tre anni?",
            "Il piano ha venticinque strategie e risorse che non bastano per tutte. Con **dieci punti** dì quali vengono prima per te.",
            RoundMethod.points, RoundAudience.registered, None, 10, 5,
        ),
        strategy_ids=list(places.strategies.values()),
        manager=manager,
        now=now,
    )  # fmt: skip  # one row of values reads better so
    weighed = options(session, round_id=counted)
    weights = [_DEARER.get(o.code, 1) for o in weighed]
    zones = list(places.zones.values())
    for i, person in enumerate(people):
        points: dict[uuid.UUID, int] = {}
        for option in chance.choices(weighed, weights=weights, k=5):
            points[option.id] = points.get(option.id, 0) + 2
        # Most people of the demonstration live in the first zones, a few in the smaller ones: those are too few to be shown.
        zone = zones[min(int(chance.expovariate(0.45)), len(zones) - 1)] if i % 9 else None
        _cast(session, process_id, counted, points, zone, chance.choice(_KINDS), person, now)
    priorities.close_round(session, process_id=process_id, round_id=counted, version=2, actor=manager, now=now)
    priorities.count_round(session, round_id=counted, now=now)
    numbers = sorted(
        card.number
        for card in _most_supported(session, process_id=process_id, places=places)
        if card.state == "published" and card.outcome is None
    )
    running = _open(
        session,
        process_id=process_id,
        fields=RoundFields(
            "Otto proposte molto sostenute: quale per prima?",
            "Sono tra le proposte con più sostegni. Metti in ordine le tre che vorresti vedere discusse per prime con gli uffici.",
            RoundMethod.ranking, RoundAudience.registered, None, 10, 3,
        ),
        numbers=numbers[:8],
        manager=manager,
        now=now,
    )  # fmt: skip  # one row of values reads better so
    listed = [o.id for o in options(session, round_id=running)]
    for person in people[1:24]:
        order = chance.sample(listed, 3)
        _cast(session, process_id, running, order, chance.choice(zones), chance.choice(_KINDS), person, now)


def _open(
    session: Session,
    *,
    process_id: uuid.UUID,
    fields: RoundFields,
    manager: Actor,
    now: datetime,
    strategy_ids: Sequence[uuid.UUID] = (),
    numbers: Sequence[int] = (),
) -> uuid.UUID:
    key = priorities.prepare_round(
        session, process_id=process_id, fields=fields, strategy_ids=strategy_ids, proposal_numbers=numbers, actor=manager, now=now
    )  # fmt: skip  # one call of named values reads better so
    evening = (now + timedelta(days=16)).replace(hour=17, minute=0, second=0, microsecond=0)
    priorities.open_round(
        session, process_id=process_id, round_id=key, version=1, closes_at=evening, actor=manager, now=now
    )
    return key


def _cast(
    session: Session,
    process_id: uuid.UUID,
    round_id: uuid.UUID,
    choices: Mapping[uuid.UUID, int] | Sequence[uuid.UUID],
    zone_id: uuid.UUID | None,
    kind: SpeakerKind,
    person: Actor,
    now: datetime,
) -> None:
    priorities.cast(
        session, process_id=process_id, round_id=round_id, choices=choices, zone_id=zone_id, speaker_kind=kind, actor=person, now=now
    )  # fmt: skip  # one call of named values reads better so


def _most_supported(session: Session, *, process_id: uuid.UUID, places: Places) -> list[queries.ProposalCard]:
    everything = [
        card
        for strategy_id in places.strategies.values()
        for card in queries.of_strategy(session, process_id=process_id, strategy_id=strategy_id)
    ]
    return sorted(everything, key=lambda card: (-card.supports_count, card.number))[:14]


def mark_and_enter(
    session: Session,
    *,
    process_id: uuid.UUID,
    places: Places,
    operator: Actor,
    residents: Sequence[Actor],
    chance: random.Random,
    now: datetime,
) -> None:
    """One-click words on some comments, and a proposal that came on paper."""
    people = list({r.account_id: r for r in residents}.values())
    for card in _most_supported(session, process_id=process_id, places=places):
        if card.state != "published":
            continue
        said = discussion.arguments(session, target_kind=ThingKind.proposal, target_id=card.id)
        for comment in (*said.in_favour, *said.against):
            for person in chance.sample(people, chance.randint(0, 6)):
                if person.account_id == comment.author_id:
                    continue
                services.react(
                    session, process_id=process_id, proposal_id=card.id, comment_id=comment.id, kind=chance.choice(list(ReactionKind)),
                    on=True, actor=person, now=now,
                )  # fmt: skip  # one call of named values reads better so
    services.enter_on_paper(
        session,
        process_id=process_id,
        title="Una panchina e una tettoia a ogni fermata del pullman",
        text="Ho ottantadue anni e aspetto il pullman in piedi, con la pioggia e con il sole. Chiedo **una panchina e una tettoia** a ogni "
        "fermata dove sale almeno una persona al giorno. Costano meno di una rotonda e durano di più.",
        strategy_id=places.strategies["3.3"],
        origin=ProposalOrigin.paper,
        signature="Rita, 82 anni",
        zone_ids=[places.zones["10"]] if "10" in places.zones else (),
        actor=operator,
        now=now - timedelta(hours=3),
    )
