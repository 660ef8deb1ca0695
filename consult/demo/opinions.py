"""What the demonstration shows of opinions: a conversation that runs, with statements drawn from proposals, and people of three minds."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from consult.coplanning.opinions import queries, services
from consult.coplanning.opinions.types import ConversationFields, NewStatement, OpinionVote, ResultsShown
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.moderation.services import visibility

#: A statement, the proposal of the demonstration it is drawn from (or none), and how likely each mind is to agree: people of the city
#: who care for air and green, people of the valleys who need services near, people who think of work and costs first.
_STATEMENTS: tuple[tuple[str, str, tuple[float, float, float]], ...] = (
    ("L'ultimo pullman della sera deve aspettare il treno, anche se è in ritardo", "p3-01", (0.93, 0.96, 0.90)),
    ("Un solo biglietto deve valere per treno, bus e musei", "p1-08", (0.92, 0.80, 0.84)),
    ("Davanti alle scuole, all'entrata e all'uscita, le auto non devono passare", "p6-05", (0.95, 0.55, 0.22)),
    ("Prima degli alberi nuovi in città vengono le strade dei paesi", "", (0.10, 0.82, 0.63)),
    ("I pannelli solari vanno messi solo su tetti, parcheggi e aree già rovinate", "p2-06", (0.90, 0.78, 0.35)),
    ("Una piccola centrale nucleare nel territorio sarebbe una buona scelta", "p2-07", (0.12, 0.20, 0.71)),
    ("Chi torna a vivere nei paesi non deve pagare tasse per cinque anni", "p5-02", (0.34, 0.88, 0.66)),
    ("Chi abita in città deve pagare una parte dei servizi delle valli", "", (0.60, 0.91, 0.18)),
    ("Ai medici che lavorano in montagna va dato il doppio", "p6-01", (0.58, 0.95, 0.40)),
    ("I comuni piccoli devono unire uffici e personale", "p4-03", (0.76, 0.42, 0.93)),
    ("Il pedaggio dell'autostrada va tolto a chi si sposta ogni giorno", "p3-10", (0.18, 0.74, 0.88)),
    ("Le scuole devono restare aperte fino alle sette di sera", "p4-01", (0.88, 0.79, 0.74)),
    ("Il comune deve garantire l'affitto a chi dà in uso una casa vuota", "p5-06", (0.84, 0.86, 0.30)),
    ("Meno contributi a chi apre un'impresa nei paesi, anche se le entrate calano", "p1-10", (0.30, 0.70, 0.91)),
    (
        "Le mense delle scuole devono comprare dai produttori vicini, anche a un prezzo più alto",
        "p1-07",
        (0.91, 0.87, 0.33),
    ),
    ("Gli alberi vanno piantati prima di tutto dove fa più caldo", "p2-01", (0.95, 0.77, 0.70)),
    ("Gli sportelli pubblici possono stare nei negozi e nelle farmacie", "p1-02", (0.80, 0.92, 0.89)),
    ("Un pulmino su prenotazione serve più di una corriera vuota", "p3-02", (0.74, 0.71, 0.87)),
    ("I capannoni vuoti vanno usati prima di costruirne di nuovi", "p2-03", (0.96, 0.90, 0.85)),
    ("I lavori pubblici durano troppo perché si chiedono troppi pareri", "", (0.27, 0.52, 0.94)),
    ("Ai ragazzi si possono dare le chiavi degli spazi pubblici", "p5-04", (0.82, 0.66, 0.44)),
    ("Le ciclabili tra i paesi sono soldi spesi bene", "p3-08", (0.94, 0.38, 0.21)),
    ("Chi decide il piano deve dire, per ogni proposta, che cosa ne è stato", "", (0.97, 0.95, 0.96)),
    ("Senza lavoro vicino, nessun servizio trattiene i giovani", "", (0.52, 0.78, 0.95)),
)
#: What participants add; a moderator reads the first and lets it appear, the second waits.
_ADDED = (
    "La sera, nei paesi, serve un posto aperto dove incontrarsi",
    "I consigli comunali si dovrebbero tenere anche nelle frazioni",
)
#: How many people of each mind, in turns.
_MINDS = (0, 1, 2, 1, 0, 2, 1, 0, 1)


def converse(
    session: Session,
    *,
    process_id: uuid.UUID,
    keys: Mapping[str, uuid.UUID],
    facilitator: Actor,
    moderator: Actor,
    people: Sequence[Actor],
    chance: random.Random,
    now: datetime,
) -> None:
    """Prepare and open the conversation, let people answer, and work out the results."""
    began = now - timedelta(days=4)
    conversation_id = services.prepare(
        session,
        process_id=process_id,
        fields=ConversationFields(
            "Che cosa unisce città e valli?",
            "Frasi brevi, tratte dalle proposte e dall'ascolto. Dire **d'accordo** o **non d'accordo** aiuta a capire su che cosa il "
            "piano può contare, e dove serve parlarsi ancora.",
            participants_add=True,
            results_shown=ResultsShown.always,
        ),
        actor=facilitator,
        now=began,
    )
    services.add_statements(
        session,
        process_id=process_id,
        conversation_id=conversation_id,
        statements=[NewStatement(text, proposal_id=keys.get(name)) for text, name, _odds in _STATEMENTS],
        actor=facilitator,
        now=began,
    )
    evening = (now + timedelta(days=20)).replace(hour=17, minute=0, second=0, microsecond=0)
    services.open_up(
        session,
        process_id=process_id,
        round_id=conversation_id,
        version=1,
        closes_at=evening,
        actor=facilitator,
        now=began,
    )
    common = {"process_id": process_id, "conversation_id": conversation_id}
    added = [
        services.suggest_statement(session, text=text, actor=person, now=began + timedelta(hours=9 * (i + 1)), **common)
        for i, (text, person) in enumerate(zip(_ADDED, people, strict=False))
    ]
    visibility.decide_waiting(
        session, process_id=process_id, kind=ThingKind.statement, thing_id=added[0], version=1, reason_code="", actor=moderator,
        now=began + timedelta(hours=20),
    )  # fmt: skip  # one call of named values reads better so
    asked = queries.statements(session, conversation_id=conversation_id)
    odds = [each for _text, _name, each in _STATEMENTS] + [(0.85, 0.90, 0.62)]
    for i, person in enumerate(people):
        mind = _MINDS[i % len(_MINDS)]
        # Most people answer nearly all statements, some only a few: these are counted, and are in no group.
        number = chance.randint(3, 6) if i % 13 == 7 else chance.randint(16, len(asked))
        votes = {
            s.id: OpinionVote.passed
            if chance.random() < 0.08
            else OpinionVote.agree
            if chance.random() < likely[mind]
            else OpinionVote.disagree
            for s, likely in chance.sample(list(zip(asked, odds, strict=True)), number)
        }
        services.vote(session, votes=votes, actor=person, now=began + timedelta(minutes=60 * i), **common)
    services.count(session, conversation_id=conversation_id, now=now)
