"""Voices for the small world: short Italian texts on its four strategies, over zones, channels and kinds, and a whole run over them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from consult.analytics.embedding import LexicalEmbedder
from consult.core.clock import database_now
from consult.core.db import unit_of_work
from consult.core.permissions import SYSTEM, Actor
from consult.core.vocabulary import Role
from consult.evidence.models import RunShard
from consult.evidence.services import prepare_shard, reduce_run, start_run
from consult.listening.sources.services import add_sources
from consult.listening.sources.types import NewSource
from consult.position_paper.services import draft_paper
from tests.factories.lent import Lending
from tests.factories.world import SMALL, World

TEXTS: tuple[str, ...] = (
    "Il treno della valle passa una volta all'ora e la sera non passa più. Serve una corsa dopo le ventuno.",
    "Chiedo più treni la sera: chi lavora in città torna tardi e trova la stazione chiusa.",
    "Il treno delle sette è sempre in ritardo e le carrozze sono piene fino alle porte.",
    "Vorrei un treno ogni mezz'ora anche il sabato, come c'è nelle altre valli.",
    "La stazione non ha l'ascensore: con il passeggino il treno non si prende.",
    "Un treno comodo e frequente toglierebbe cento macchine dalla strada della valle.",
    "Non serve un treno in più: sono contrario a spendere per le corse serali vuote.",
    "Il biglietto del treno costa troppo per una famiglia, e l'abbonamento non vale sul bus.",
    "Il treno soppresso senza avviso mi ha fatto perdere il turno tre volte in un mese.",
    "Servono parcheggi per le biciclette alla stazione, così al treno si arriva pedalando.",
    "La rete veloce non arriva in borgata: i ragazzi studiano con il telefono della mamma.",
    "In collina la connessione cade ogni pomeriggio e le lezioni in rete si fermano.",
    "Abbiamo la fibra posata da tre anni e nessuno ci ha ancora allacciati alla rete veloce.",
    "Serve la rete veloce in ogni comune, anche dove le case sono poche.",
    "Senza rete veloce la mia bottega non può vendere fuori dal paese.",
    "Il municipio ha la rete veloce e la scuola di fianco no: portatela anche lì.",
    "La connessione lenta ha fatto andare via due giovani che lavoravano da casa.",
    "Chiediamo un punto con la rete aperta in biblioteca, per chi a casa non ce l'ha.",
    "La rete veloce va portata prima nelle borgate che nelle piazze.",
    "Il tecnico della connessione è venuto quattro volte e la linea è sempre lenta.",
    "Una piccola impresa non trova nessuno che la aiuti a scrivere un bando per innovare.",
    "Le piccole imprese hanno bisogno di un ufficio che le accompagni, non di altri moduli.",
    "Serve un aiuto alle imprese artigiane per comprare macchine nuove e formare chi le usa.",
    "La mia impresa ha sei persone: innovare da soli costa troppo, insieme ad altre si può.",
    "Propongo un laboratorio condiviso dove le piccole imprese provano le macchine prima di comprarle.",
    "I bandi per le imprese escono ad agosto e scadono a settembre: così li prendono sempre gli stessi.",
    "Le imprese della valle vorrebbero assumere i ragazzi dell'istituto tecnico ma non li conoscono.",
    "L'aiuto alle imprese dovrebbe arrivare a chi comincia, non solo a chi è già grande.",
    "Un'impresa su tre qui non ha chi prende il posto del titolare: serve un aiuto per passare la mano.",
    "Le piccole imprese innovano se qualcuno spiega loro come, con esempi e non con convegni.",
    "Il torrente è pieno di rami e quando piove l'acqua arriva nelle cantine.",
    "Proteggere l'acqua vuol dire riparare i tubi: qui se ne perde la metà per strada.",
    "Chiedo alberi lungo il viale: d'estate l'asfalto scotta e gli anziani restano in casa.",
    "Il verde del parco è curato solo vicino all'ingresso, il resto è abbandonato.",
    "L'acqua della fontana è buona e nessuno lo dice: mettete cartelli e togliete le bottiglie.",
    "Servono vasche per l'acqua piovana, così gli orti non usano quella potabile.",
    "Il bosco sopra il paese non lo pulisce nessuno e al primo vento cadono alberi sulla strada.",
    "Più verde in città significa anche meno cemento: fermate il nuovo capannone sul prato.",
    "Il torrente va pulito ogni anno, non dopo che l'acqua ha portato via il ponte.",
    "Piantare alberi davanti alle scuole costa poco e fa fresco a tutti.",
    "boh",
    "Compra ora con il codice sconto, clicca qui!",
)
#: What `hear_and_run` writes, by the name under which its rows are kept.
HEARD = "voices and a run over them"
CHANNELS = ("contribution", "answer", "contribution", "meeting")
SPEAKERS = ("resident", "resident", "association", "business", "municipality")


def facilitator(world: World) -> Actor:
    """The facilitator of the world."""
    return Actor(account_id=world.accounts[Role.facilitator], name="Facilitatrice")


def add_voices(
    session: Session, world: World, *, texts: tuple[str, ...] = TEXTS, quotable: str = "anonymous"
) -> list[uuid.UUID]:
    """Add texts as live sources, spread over channels, zones and kinds; returns their keys in order. Two of three are public."""
    zones = list(world.zones.values())
    rows = [
        NewSource(
            channel=CHANNELS[i % 4], text=text, language="it", zone_id=zones[i % len(zones)], speaker_kind=SPEAKERS[i % 5],
            note_kind="need" if CHANNELS[i % 4] == "meeting" else None, quotable=quotable,
            visibility="public" if i % 3 and quotable != "none" else "internal",
        )
        for i, text in enumerate(texts)
    ]  # fmt: skip  # one row of values reads better so
    return add_sources(session, process_id=world.process_id, rows=rows)


def run_here(sessions: sessionmaker[Session], world: World, *, draft: bool = True) -> uuid.UUID:
    """A whole run in this process, committed step by step as the worker would, with vectors made of words."""
    embedder = LexicalEmbedder()
    with unit_of_work(sessions) as session:
        run_id = start_run(
            session, process_id=world.process_id, actor=SYSTEM, now=database_now(session), through_queue=False
        )
        numbers = list(session.execute(select(RunShard.number).where(RunShard.run_id == run_id)).scalars())
    for number in numbers:
        with unit_of_work(sessions) as session:
            prepare_shard(session, run_id=run_id, number=number, embedder=embedder)
    with unit_of_work(sessions) as session:
        assert reduce_run(session, run_id=run_id, embedder=embedder, now=database_now(session))
    if draft:
        with unit_of_work(sessions) as session:
            draft_paper(session, run_id=run_id, now=database_now(session))
    return run_id


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in a world, and the run over it."""

    source_ids: list[uuid.UUID]
    run_id: uuid.UUID


def hear_and_run(lending: Lending, url: str, sessions: sessionmaker[Session], world: World) -> Heard:
    """Voices and a whole run over them in a stage's small world; done once per process, and brought from then on."""

    def write() -> Heard:
        with unit_of_work(sessions) as session:
            source_ids = add_voices(session, world)
        return Heard(source_ids, run_here(sessions, world))

    return lending.bring(url, HEARD, write, on=SMALL)
