"""What was said in the demonstration, brought in through each way of listening."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from consult.core.permissions import NOBODY, Actor
from consult.demo import texts
from consult.demo.places import Places
from consult.demo.questionnaire import load_questionnaire
from consult.listening.contributions import services as contributions
from consult.listening.documents import services as documents
from consult.listening.interviews import services as interviews
from consult.listening.meetings import services as meetings


@dataclass(frozen=True, slots=True)
class _Table:
    """A meeting of the demonstration."""

    title: str
    place: str
    zones: tuple[str, ...]
    days_ago: int


MEETINGS: dict[str, _Table] = {
    "m-cintura": _Table("Tavoli di Torino e delle tre cinture", "Sala incontri, Torino", ("1", "2", "3", "4"), 41),
    "m-pinerolese-susa": _Table(
        "Tavoli del Pinerolese e delle valli Susa e Sangone", "Biblioteca, Pinerolo", ("5", "6"), 34
    ),
    "m-lanzo-canavese": _Table(
        "Tavoli delle valli di Lanzo e del Canavese occidentale", "Teatro, Rivarolo Canavese", ("7", "8"), 27
    ),
    "m-eporediese-chivassese": _Table(
        "Tavoli dell'Eporediese e del Chivassese", "Centro congressi, Ivrea", ("9", "10"), 20
    ),
    "m-chierese": _Table("Tavoli del Chierese e del Carmagnolese", "Sala civica, Chieri", ("11",), 13),
}
AGENDA = (
    "- Primo giro: quali strategie contano di più in queste zone.\n"
    "- Secondo giro: che cosa serve qui perché funzionino.\n"
    "- Chiusura: che cosa è stato scritto ai tavoli, letto insieme."
)
DOCUMENTS: tuple[tuple[str, str, str], ...] = (
    (
        "Come leggere il piano precedente",
        "Gruppo di lavoro della dimostrazione",
        "[p. 3] Un piano strategico si valuta guardando quante azioni sono partite, quante hanno cambiato qualcosa per chi ci vive e "
        "quante sono rimaste sulla carta.\n\n[p. 5] Le azioni che hanno un ufficio responsabile e una data si realizzano più spesso "
        "di quelle affidate a un tavolo.\n\n[p. 8] I territori con meno abitanti partecipano meno agli incontri in città: gli "
        "incontri vanno portati nelle valli.",
    ),
    (
        "Guida all'ascolto del territorio",
        "Gruppo di lavoro della dimostrazione",
        "[p. 2] Ascoltare vuol dire scrivere quello che è stato detto con le parole di chi l'ha detto, e poterlo ritrovare.\n\n"
        "[p. 4] Le voci di canali diversi non si sommano: chi risponde a un questionario e chi viene a un incontro può essere la "
        "stessa persona.",
    ),
)


def load_listening(session: Session, *, process_id: uuid.UUID, places: Places, actor: Actor, now: datetime) -> None:
    """Interviews, meetings, contributions and documents, spread over the weeks since listening opened."""
    said = texts.said()
    _hold_interviews(session, process_id, places, said, actor, now)
    _hold_meetings(session, process_id, places, said, actor, now)
    _contribute(session, process_id, places, said, now)
    load_questionnaire(session, process_id=process_id, places=places, said=said, actor=actor, now=now)
    for title, author, passages in DOCUMENTS:
        key = documents.add_document(session, process_id=process_id, title=title, author=author, actor=actor, now=now)
        documents.add_passages(session, process_id=process_id, document_id=key, text=passages, actor=actor, now=now)


def _hold_interviews(
    session: Session, process_id: uuid.UUID, places: Places, said: list[texts.Said], actor: Actor, now: datetime
) -> None:
    """Each interview held on a day of its own, with consent to be quoted by role."""
    for number, person in enumerate(texts.interviewees()):
        held_on = (now - timedelta(days=58 - 2 * number)).date()
        key = interviews.plan_interview(
            session,
            process_id=process_id,
            role=person.role,
            zone_id=places.zones[person.zone],
            speaker_kind=person.speaker,
            status="held",
            held_on=held_on,
            actor=actor,
            now=now,
        )
        consent = interviews.Consent(
            may_record=True, may_transcribe=True, may_code=True, quote="role" if number % 4 else "anonymous"
        )
        interviews.record_consent(
            session, process_id=process_id, interview_id=key, consent=consent, actor=actor, now=now
        )
        talk = "\n\n".join(" ".join(s.text.split()) for s in said if s.channel == "interview" and s.unit == person.key)
        interviews.add_transcript(
            session, process_id=process_id, interview_id=key, text=talk, language=person.language, actor=actor, now=now
        )


def _hold_meetings(
    session: Session, process_id: uuid.UUID, places: Places, said: list[texts.Said], actor: Actor, now: datetime
) -> None:
    """Each meeting held, its notes taken and its minutes published; one more is announced."""
    for key, table in MEETINGS.items():
        starts_at = (now - timedelta(days=table.days_ago)).replace(hour=16, minute=30, second=0, microsecond=0)
        meeting_id = meetings.create_meeting(
            session, process_id=process_id, fields=_fields(table, places, starts_at), actor=actor, now=now
        )
        meetings.set_state(
            session, process_id=process_id, meeting_id=meeting_id, state="published", actor=actor, now=now
        )
        for note in said:
            if note.channel == "meeting" and note.unit == key:
                meetings.add_note(
                    session,
                    process_id=process_id,
                    meeting_id=meeting_id,
                    text=note.text,
                    kind=note.kind or "need",
                    speaker_kind=note.speaker,
                    zone_id=places.zones[note.zone],
                    agreed=note.agreed,
                    actor=actor,
                    now=now,
                )
        meetings.publish_minutes(
            session, process_id=process_id, meeting_id=meeting_id, public=True, actor=actor, now=now
        )
    coming = _Table("Seconda giornata: dalle voci alle azioni", "Sala incontri, Torino", tuple(places.zones), -12)
    starts_at = (now + timedelta(days=12)).replace(hour=16, minute=30, second=0, microsecond=0)
    next_id = meetings.create_meeting(
        session, process_id=process_id, fields=_fields(coming, places, starts_at), actor=actor, now=now
    )
    meetings.set_state(session, process_id=process_id, meeting_id=next_id, state="published", actor=actor, now=now)


def _fields(table: _Table, places: Places, starts_at: datetime) -> meetings.MeetingFields:
    return meetings.MeetingFields(
        title=table.title,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=3),
        place=table.place,
        agenda=AGENDA,
        registration=True,
        zone_ids=tuple(places.zones[z] for z in table.zones),
    )


def _contribute(session: Session, process_id: uuid.UUID, places: Places, said: list[texts.Said], now: datetime) -> None:
    """Open contributions left without an account; two in three may be shown on the site."""
    rows = [s for s in said if s.channel == "contribution"]
    for number, row in enumerate(rows):
        contributions.submit(
            session,
            process_id=process_id,
            text=row.text,
            zone_id=places.zones[row.zone],
            municipality_id=places.municipalities.get(row.municipality or ""),
            speaker_kind=row.speaker,
            publish=number % 3 != 2,
            actor=NOBODY,
            now=now - timedelta(days=55) + timedelta(days=54) * number / len(rows),
        )
