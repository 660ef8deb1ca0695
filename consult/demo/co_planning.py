"""What the demonstration shows of co-planning beside proposals: a merge with an objection, a merge by agreement, a split."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from consult.coplanning.proposals import queries, services
from consult.coplanning.proposals.types import SplitPart
from consult.core.permissions import Actor
from consult.demo.places import Places

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
