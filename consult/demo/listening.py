"""What was said in the demonstration, brought in through each way of listening."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from consult.core.permissions import NOBODY, Actor
from consult.demo import texts
from consult.demo.meetings import load_meetings
from consult.demo.places import Places
from consult.demo.questionnaire import load_questionnaire
from consult.listening.contributions import services as contributions
from consult.listening.documents import services as documents
from consult.listening.interviews import services as interviews

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
    load_meetings(session, process_id=process_id, places=places, said=said, actor=actor, now=now)
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
