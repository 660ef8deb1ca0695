"""The demonstration's questionnaire for stakeholders, and their answers."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from consult.core.permissions import NOBODY, Actor
from consult.demo.places import Places
from consult.demo.texts import Said
from consult.listening.sources.rules import new_receipt_code
from consult.listening.surveys import services
from consult.listening.surveys.services import QuestionFields, Settings

QUESTIONS: dict[str, str] = {
    "q-bisogni": "Di che cosa ha più bisogno il tuo territorio nei prossimi tre anni?",
    "q-ostacoli": "Che cosa oggi lo ostacola?",
    "q-idee": "Un'idea concreta che vorresti vedere nel piano",
}
INTRO = (
    "Il questionario è per chi rappresenta un comune, un'associazione, un'impresa, una scuola o un servizio. Bastano dieci minuti. "
    "Ogni risposta aperta diventa una fonte del piano, con la zona e il tipo di voce e nient'altro."
)


def load_questionnaire(
    session: Session, *, process_id: uuid.UUID, places: Places, said: list[Said], actor: Actor, now: datetime
) -> None:
    """Build and publish the questionnaire, then send each respondent's answers."""
    key = services.create_questionnaire(
        session,
        process_id=process_id,
        settings=Settings(
            title="Che cosa serve al territorio: questionario ai portatori di interesse", intro=INTRO, access="open"
        ),
        actor=actor,
        now=now,
    )

    def ask(fields: QuestionFields) -> str:
        question = services.add_question(
            session, process_id=process_id, questionnaire_id=key, fields=fields, actor=actor, now=now
        )
        return str(question)

    purpose = "Serve a capire i bisogni zona per zona."
    open_questions = {
        code: ask(QuestionFields(kind="long", text=text, purpose=purpose)) for code, text in QUESTIONS.items()
    }
    place = ask(
        QuestionFields(
            kind="place", text="Da quale zona o comune parli?", purpose="Serve a leggere le risposte per zona.", page=2
        )
    )
    speaker = ask(
        QuestionFields(
            kind="speaker", text="Parli come", purpose="Serve a vedere se manca la voce di qualcuno.", page=2
        )
    )
    services.publish(session, process_id=process_id, questionnaire_id=key, actor=actor, now=now)
    respondents: dict[str, list[Said]] = {}
    for row in said:
        if row.channel == "answer" and row.respondent:
            respondents.setdefault(row.respondent, []).append(row)
    for rows in respondents.values():
        raw = {open_questions[row.unit or ""]: row.text for row in rows}
        town = places.municipalities.get(rows[0].municipality or "")
        raw[place] = f"m:{town}" if town else f"z:{places.zones[rows[0].zone]}"
        raw[speaker] = rows[0].speaker
        services.send_open(
            session,
            process_id=process_id,
            questionnaire_id=key,
            raw=raw,
            code=new_receipt_code(),
            actor=NOBODY,
            now=now,
        )
