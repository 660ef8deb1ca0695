"""The meetings of the demonstration: prepared, registered for, held at tables in two sessions, read again, published."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from consult.core.permissions import NOBODY, Actor
from consult.demo.places import Places
from consult.demo.texts import Said
from consult.listening.meetings import queries, services


@dataclass(frozen=True, slots=True)
class _Day:
    """A meeting of the demonstration."""

    title: str
    place: str
    zones: tuple[str, ...]
    days_ago: int
    address: str = ""


MEETINGS: dict[str, _Day] = {
    "m-cintura": _Day("Tavoli di Torino e delle tre cinture", "Sala incontri, Torino", ("1", "2", "3", "4"), 41),
    "m-pinerolese-susa": _Day(
        "Tavoli del Pinerolese e delle valli Susa e Sangone", "Biblioteca, Pinerolo", ("5", "6"), 34
    ),
    "m-lanzo-canavese": _Day(
        "Tavoli delle valli di Lanzo e del Canavese occidentale", "Teatro, Rivarolo Canavese", ("7", "8"), 27
    ),
    "m-eporediese-chivassese": _Day(
        "Tavoli dell'Eporediese e del Chivassese", "Centro congressi, Ivrea", ("9", "10"), 20
    ),
    "m-chierese": _Day("Tavoli del Chierese e del Carmagnolese", "Sala civica, Chieri", ("11",), 13),
}
SUMMARY = "Si lavora a tavoli piccoli: che cosa conta di più in queste zone, e che cosa serve perché funzioni."
AGENDA = (
    "- Primo giro: quali strategie contano di più in queste zone.\n"
    "- Secondo giro: che cosa serve qui perché funzionino.\n"
    "- Chiusura: che cosa è stato scritto ai tavoli, letto insieme."
)
MINUTES = (
    "Ogni tavolo ha scelto le strategie che contano di più, poi ha scritto che cosa serve qui. "
    "Gli appunti sono quelli presi ai tavoli, con le parole di chi parlava."
)
#: What facilitators heard the notes to be about, by note.
STRATEGIES = {
    "s1-075": "1.1", "s1-077": "1.2", "s1-078": "1.4", "s2-067": "2.1", "s2-068": "2.2", "s2-071": "2.3", "s2-078": "2.4", "s2-079": "2.5",
    "s3-073": "3.1", "s3-076": "3.4", "s3-077": "3.2", "s3-078": "3.2", "s3-080": "3.1", "s3-081": "3.3", "s3-083": "3.2", "s3-085": "3.1",
    "s4-073": "4.1", "s4-074": "4.3", "s4-081": "4.3", "s4-085": "4.1", "s5-076": "5.4", "s5-079": "5.4", "s5-083": "5.4", "s5-084": "5.3",
    "s6-075": "6.1", "s6-079": "6.1", "s6-080": "6.3", "s6-081": "6.1", "s6-086": "6.3", "s6-087": "6.1",
}  # fmt: skip  # pairs read better side by side
#: Notes of the second session: what a strategy that was picked needs here.
SECOND = {
    "s1-078",
    "s2-067",
    "s2-071",
    "s2-078",
    "s3-076",
    "s3-081",
    "s3-083",
    "s4-074",
    "s4-081",
    "s5-079",
    "s6-080",
    "s6-086",
}
#: Strategies that rooms of the demonstration tend to rank first.
LIKED = ("3.1", "3.2", "6.1", "1.1", "5.4", "2.4", "4.3", "2.2", "6.3", "1.2", "3.3", "5.2")
#: Organisations that came: made up, like all people of the demonstration.
ORGANISATIONS = (
    "Pro loco di borgata", "Comitato pendolari della linea", "Cooperativa Il Larice", "Associazione Genitori in cammino", "",
    "Ufficio del sindaco", "Banca del tempo", "", "Unione artigiani della zona", "Consulta giovani", "Gruppo cammini e sentieri", "",
    "Scuola superiore, docenti", "Sportello sociale di quartiere", "", "Coltivatori della pianura",
)  # fmt: skip  # one list of names reads better so
NAMES = (
    "Ada",
    "Bruno",
    "Carla",
    "Dario",
    "Elena",
    "Fabio",
    "Gina",
    "Hamid",
    "Irene",
    "Luca",
    "Marta",
    "Nadia",
    "Omar",
    "Paola",
)


def load_meetings(
    session: Session, *, process_id: uuid.UUID, places: Places, said: Sequence[Said], actor: Actor, now: datetime
) -> None:
    """Each meeting held, with who came, tables, choices, notes, minutes that were read again; and one that is announced."""
    chance = random.Random(11)  # noqa: S311  # The demonstration is the same each time.
    for key, day in MEETINGS.items():
        notes = [note for note in said if note.channel == "meeting" and note.unit == key]
        _hold(session, process_id, places, day, notes, chance, actor, now)
    _announce(session, process_id, places, chance, actor, now)


def _fields(day: _Day, places: Places, starts_at: datetime, *, capacity: int) -> services.MeetingFields:
    return services.MeetingFields(
        title=day.title,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=3),
        place=day.place,
        address=day.address,
        summary=SUMMARY,
        agenda=AGENDA,
        minutes=MINUTES if day.days_ago > 0 else "",
        registration=True,
        capacity=capacity,
        picks=5,
        zone_ids=tuple(places.zones[z] for z in day.zones),
    )


def _prepare(
    session: Session,
    process_id: uuid.UUID,
    places: Places,
    day: _Day,
    starts_at: datetime,
    capacity: int,
    actor: Actor,
    now: datetime,
) -> tuple[uuid.UUID, dict[str, uuid.UUID]]:
    """A published meeting with a table for each of its zones; returns it and the tables by zone."""
    meeting_id = services.create_meeting(
        session, process_id=process_id, fields=_fields(day, places, starts_at, capacity=capacity), actor=actor, now=now
    )
    tables = {
        zone: services.save_table(
            session, process_id=process_id, meeting_id=meeting_id, table_id=None, number=number, title="", zone_id=places.zones[zone],
            facilitator_id=actor.account_id, seats=20, actor=actor, now=now,
        )
        for number, zone in enumerate(day.zones, 1)
    }  # fmt: skip  # one call reads better so
    services.set_state(session, process_id=process_id, meeting_id=meeting_id, state="published", actor=actor, now=now)
    return meeting_id, tables


def _register(
    session: Session,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    n: int,
    tables: Sequence[uuid.UUID],
    chance: random.Random,
    now: datetime,
) -> None:
    for number in range(n):
        organisation = chance.choice(ORGANISATIONS)
        services.register(
            session, process_id=process_id, meeting_id=meeting_id, email=f"partecipante{number}@prova.example",
            name=chance.choice(NAMES), organisation=organisation, notice_id=None,
            table_id=tables[number % len(tables)] if number < 10 * len(tables) else None, actor=NOBODY, now=now + timedelta(minutes=number),
        )  # fmt: skip  # one call reads better so


def _hold(
    session: Session,
    process_id: uuid.UUID,
    places: Places,
    day: _Day,
    notes: Sequence[Said],
    chance: random.Random,
    actor: Actor,
    now: datetime,
) -> None:
    starts_at = (now - timedelta(days=day.days_ago)).replace(hour=16, minute=30, second=0, microsecond=0)
    before, during = starts_at - timedelta(days=12), starts_at + timedelta(hours=1)
    people = 12 + 6 * len(day.zones)
    meeting_id, tables = _prepare(session, process_id, places, day, starts_at, people + 10, actor, before)
    _register(session, process_id, meeting_id, people, list(tables.values()), chance, before)
    came = {
        key
        for key in (row.id for row in queries.registrations(session, meeting_id=meeting_id))
        if chance.random() < 0.85
    }
    services.note_attendance(session, process_id=process_id, meeting_id=meeting_id, came=came, actor=actor, now=during)
    _choose(session, process_id, meeting_id, places, tables, len(came), chance, actor, during)
    for note in notes:
        strategy = STRATEGIES.get(note.id)
        services.add_note(
            session,
            process_id=process_id,
            meeting_id=meeting_id,
            note=services.NewNote(
                text=note.text,
                kind=note.kind or "need",
                speaker_kind=note.speaker,
                zone_id=places.zones[note.zone],
                agreed=note.agreed,
                table_id=tables.get(note.zone),
                strategy_id=places.strategies.get(strategy) if strategy else None,
                round=2 if note.id in SECOND else 1,
            ),
            actor=actor,
            now=during,
        )
    _read_again(session, process_id, meeting_id, starts_at, actor, now)


def _choose(
    session: Session,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    places: Places,
    tables: dict[str, uuid.UUID],
    ballots: int,
    chance: random.Random,
    actor: Actor,
    now: datetime,
) -> None:
    """First session: one ballot by phone for most who came, and what each table decided."""
    services.set_picking(session, process_id=process_id, meeting_id=meeting_id, wanted=True, actor=actor, now=now)
    zones = list(tables)

    def draw() -> list[uuid.UUID]:
        weights = [len(LIKED) - i for i in range(len(LIKED))]
        codes = dict.fromkeys(chance.choices(LIKED, weights, k=chance.randint(4, 8)))
        return [places.strategies[code] for code in codes][:5]

    for number in range(ballots):
        zone = zones[number % len(zones)]
        services.cast_ballot(
            session, process_id=process_id, meeting_id=meeting_id, voter=chance.randbytes(32), strategies=draw(), table_id=tables[zone],
            zone_id=None, now=now,
        )  # fmt: skip  # one call reads better so
    for table_id in tables.values():
        services.set_table_ballot(
            session, process_id=process_id, meeting_id=meeting_id, table_id=table_id, strategies=draw(), zone_id=None,
            people=chance.randint(7, 14), actor=actor, now=now,
        )  # fmt: skip  # one call reads better so
    services.set_picking(session, process_id=process_id, meeting_id=meeting_id, wanted=False, actor=actor, now=now)


def _read_again(
    session: Session, process_id: uuid.UUID, meeting_id: uuid.UUID, starts_at: datetime, actor: Actor, now: datetime
) -> None:
    """The minutes read by who was there, two remarks answered, published."""
    read = starts_at + timedelta(days=2)
    services.start_review(
        session,
        process_id=process_id,
        meeting_id=meeting_id,
        until=starts_at + timedelta(days=11),
        actor=actor,
        now=read,
    )
    for text, taken, answer in (
        (
            "Al nostro tavolo si è parlato anche di orari: nel verbale si legge poco.",
            True,
            "Aggiunto agli appunti del tavolo.",
        ),
        (
            "Toglierei le frasi contrarie, erano di una persona sola.",
            False,
            "Restano: il verbale dice anche chi non era d'accordo.",
        ),
    ):
        remark_id = services.remark(
            session, process_id=process_id, meeting_id=meeting_id, source_id=None, text=text, name="", now=read
        )
        services.answer_remark(
            session, process_id=process_id, meeting_id=meeting_id, remark_id=remark_id, taken=taken, answer=answer, actor=actor, now=now,
        )  # fmt: skip  # one call reads better so
    services.publish_minutes(session, process_id=process_id, meeting_id=meeting_id, public=True, actor=actor, now=now)


def _announce(
    session: Session, process_id: uuid.UUID, places: Places, chance: random.Random, actor: Actor, now: datetime
) -> None:
    """One meeting to come, nearly full: who registers next is among the last, or waits."""
    day = _Day(
        "Seconda giornata: dalle voci alle azioni",
        "Sala incontri, Torino",
        tuple(places.zones),
        -12,
        "Corso Inghilterra",
    )
    starts_at = (now + timedelta(days=12)).replace(hour=16, minute=30, second=0, microsecond=0)
    meeting_id, tables = _prepare(session, process_id, places, day, starts_at, 24, actor, now - timedelta(days=6))
    _register(session, process_id, meeting_id, 21, list(tables.values())[:6], chance, now - timedelta(days=5))
