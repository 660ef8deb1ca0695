"""What the demonstration shows of answers: proposals decided with reasons, some of them part of draft actions, and what an office was asked."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from consult.coplanning.proposals import queries
from consult.core.permissions import Actor
from consult.core.vocabulary import Outcome
from consult.demo.places import Places
from consult.moderation.queries.evaluations import of_proposal
from consult.moderation.services import dispositions, evaluating, notes, offices
from consult.moderation.types import Asked, Chosen, Judgement
from consult.plan.types import ActionFields, Competence

#: Who decides in the demonstration.
BODY = "Unità di progetto del piano"
#: Proposals that lead to no action: their own name, outcome, reason's code, the reason in words, days ago.
_WITHOUT_ACTION = (
    (
        "p2-07", Outcome.rejected, "against_strategy",
        "La strategia 2.3 punta sulle energie rinnovabili, prodotte vicino a chi le usa. Un reattore va nella direzione opposta, e la scelta "
        "spetta allo Stato. Il dibattito che la proposta chiede, invece, si può fare: se ne parla nei prossimi incontri di zona.", 3,
    ),
    (
        "p1-10", Outcome.not_competent, "state_or_region",
        "IVA e contributi li decide lo Stato. La richiesta formale con i numeri delle chiusure, che la proposta chiede in subordine, viene "
        "preparata con i sindaci delle zone di montagna.", 3,
    ),
    (
        "p4-10", Outcome.not_competent, "state_or_region",
        "Gli insegnanti li assume lo Stato. Per gli alloggi a chi si trasferisce in valle si veda la proposta sulla garanzia per gli affitti.", 2,
    ),
    (
        "p3-05", Outcome.postponed, "needs_agreement",
        "Prima di pagare lo studio serve un accordo con chi gestisce la rete: i binari sono suoi. L'incontro è chiesto, e se ne riparla "
        "nell'aggiornamento del prossimo anno.", 2,
    ),
)  # fmt: skip  # one row of values reads better so
_OPINION = (
    "Le ore di guida ci sono: le due corse di linea viaggiano con tre persone in media. Il centralino può stare nella sede che risponde già "
    "per il servizio serale. Lo scuolabus invece è dei comuni e serve una convenzione. Suggeriamo di cominciare da due comuni, non da tre."
)


def answer(
    session: Session,
    *,
    process_id: uuid.UUID,
    keys: Mapping[str, uuid.UUID],
    places: Places,
    moderator: Actor,
    evaluator: Actor,
    now: datetime,
) -> None:
    """Decide some proposals as moderators would over the last days, and ask an office about others."""
    _promote(
        session, process_id, keys,
        {"p3-01": "**attesa fino a 10 minuti** per le ultime due corse della sera"},
        Outcome.adopted, "answers_need",
        "Chi torna in valle la sera lo ha detto in tutti gli incontri, e non servono opere: basta scriverlo nei contratti. Si comincia da "
        "un capolinea, per un anno, con i numeri pubblicati ogni tre mesi.",
        ActionFields(
            title="Coincidenze garantite tra ultimo treno e ultimo pullman",
            text="Nei contratti di servizio entra l'attesa garantita per le ultime due corse della sera. Un anno di prova in un capolinea, "
            "poi nelle altre valli. Ogni tre mesi si pubblica quante coincidenze sono saltate e perché.",
            competence=Competence.shared, lead_body="Ufficio mobilità", partners="Agenzia della mobilità, gestori di treni e pullman",
            period="2024-2025", zone_ids=_zones(places, "5", "6"), strategy_ids=(places.strategies["3.2"],),
        ),
        moderator, now - timedelta(days=3),
    )  # fmt: skip  # one row of values reads better so
    _promote(
        session, process_id, keys,
        {
            "p5-06": "copra fino a dodici mesi di canone non pagato e le spese legali",
            "p5-07": "rimborso dei mesi non pagati, fino a un anno",
        },
        Outcome.adopted_in_part, "part_feasible",
        "Le due proposte chiedono la stessa garanzia: si fa, con un fondo solo per tutte le zone. Gli anticipi per i lavori restano fuori dal "
        "primo anno, perché le risorse bastano per i canoni.",
        ActionFields(
            title="Fondo metropolitano di garanzia per chi affitta case vuote",
            text="Un fondo copre fino a dodici mesi di canone non pagato, per contratti di almeno quattro anni a chi prende la residenza. Un "
            "operatore segue ogni contratto. Obiettivo: cento case riaperte in tre anni.",
            competence=Competence.shared, lead_body="Ufficio abitare", partners="Comuni, associazioni di inquilini e proprietari",
            period="2024-2026", zone_ids=_zones(places, "5", "6", "7", "8", "9"),
        ),
        moderator, now - timedelta(days=2),
    )  # fmt: skip  # one row of values reads better so
    _promote(
        session, process_id, keys,
        {"p5-10": "**un catalogo in linea** di beni e servizi, con prezzi, tempi e referenze"},
        Outcome.adopted, "fits_strategy",
        "È quello che la strategia chiede, e i capitolati tipo aiutano i comuni piccoli. Il conteggio pubblico delle assunzioni entra "
        "tra gli indicatori del piano.",
        ActionFields(
            title="Catalogo metropolitano degli acquisti socialmente utili",
            text="Un catalogo in linea di beni e servizi di chi dà lavoro a persone fragili, con capitolati tipo da copiare e un incontro "
            "all'anno tra chi compra e chi fornisce.",
            lead_body="Ufficio acquisti", partners="Comuni, cooperative di inserimento lavorativo", period="2025-2026",
        ),
        moderator, now - timedelta(days=1),
    )  # fmt: skip  # one row of values reads better so
    for name, outcome, code, reason, days in _WITHOUT_ACTION:
        card = queries.cards(session, ids=[keys[name]])[keys[name]]
        dispositions.decide(
            session, process_id=process_id, proposal_id=card.id, version=card.version, outcome=outcome, reason_code=code,
            public_reason=reason, body=BODY, actor=moderator, now=now - timedelta(days=days),
        )  # fmt: skip  # one call of named values reads better so
    _ask(session, process_id, keys, moderator, evaluator, now)


def _promote(
    session: Session,
    process_id: uuid.UUID,
    keys: Mapping[str, uuid.UUID],
    passages: Mapping[str, str],
    outcome: Outcome,
    code: str,
    reason: str,
    action: ActionFields,
    moderator: Actor,
    at: datetime,
) -> None:
    cards = queries.cards(session, ids=[keys[name] for name in passages])
    chosen = [Chosen(keys[name], cards[keys[name]].version, passage) for name, passage in passages.items()]
    dispositions.promote(
        session, process_id=process_id, chosen=chosen, outcome=outcome, reason_code=code, public_reason=reason, body=BODY,
        new_action=action, actor=moderator, now=at,
    )  # fmt: skip  # one call of named values reads better so


def _ask(
    session: Session,
    process_id: uuid.UUID,
    keys: Mapping[str, uuid.UUID],
    moderator: Actor,
    evaluator: Actor,
    now: datetime,
) -> None:
    """An office delivers one of two evaluations; the other waits on its list."""
    office = offices.keep_office(
        session, process_id=process_id, office_id=None, name="Ufficio mobilità", account_ids=_who(evaluator), actor=moderator,
        now=now - timedelta(days=4),
    )  # fmt: skip  # one call of named values reads better so
    evaluating.ask(
        session, process_id=process_id, proposal_ids=[keys["p3-02"], keys["p3-04"]], of=[Asked(office_id=office)],
        due_at=(now + timedelta(days=12)).replace(hour=17, minute=0, second=0, microsecond=0),
        question="Si può fare con i servizi che ci sono già? Quanto costerebbe all'anno?", actor=moderator, now=now - timedelta(days=4),
    )  # fmt: skip  # one call of named values reads better so
    (asked,) = of_proposal(session, process_id=process_id, proposal_id=keys["p3-02"])
    evaluating.save(
        session, process_id=process_id, evaluation_id=asked.id, version=1, overlaps={}, deliver=True, actor=evaluator,
        judgement=Judgement(
            competence="shared", competent_bodies="Agenzia della mobilità e comuni", feasibility=4,
            feasibility_words="Con le ore di guida di oggi.", cost_from=60_000, cost_to=90_000,
            cost_words="All'anno, soprattutto per il centralino.", opinion=_OPINION, outcome="adopted_in_part", reason_code="part_feasible",
        ), now=now - timedelta(days=1),
    )  # fmt: skip  # one call of named values reads better so
    notes.write_note(
        session, process_id=process_id, proposal_id=keys["p3-02"],
        text="I due comuni da cui cominciare: quelli con la borgata più alta. Sentiamo i sindaci prima di decidere?", actor=moderator,
        now=now - timedelta(hours=20),
    )  # fmt: skip  # one call of named values reads better so


def _who(person: Actor) -> list[uuid.UUID]:
    return [person.account_id] if person.account_id else []


def _zones(places: Places, *codes: str) -> tuple[uuid.UUID, ...]:
    return tuple(places.zones[code] for code in codes if code in places.zones)
