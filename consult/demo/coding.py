"""A small codebook, and the first interviews of the demonstration coded with it."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from consult.core.permissions import Actor
from consult.evidence import queries, rules
from consult.evidence.services import codebook, coding
from consult.listening.sources import queries as sources

#: (code, code above it, what it means, made-up example, colour).
CODES: tuple[tuple[str, str, str, str, str], ...] = (
    ("Vivere nei territori", "", "Che cosa permette, o impedisce, di abitare fuori dai centri.", "", "#0059B3"),
    ("Rete e telefono", "Vivere nei territori", "Internet e telefono.", "Qui prende solo sul balcone.", "#0059B3"),
    ("Servizi sotto casa", "Vivere nei territori", "Sportelli, botteghe e scuole vicine.", "La posta apre due mattine.", "#3D7AB8"),
    ("Chi resta e chi parte", "Vivere nei territori", "Chi arriva, resta o va via.", "Mia figlia vive in città.", "#6F9BC8"),
    ("Turismo lungo l’anno", "", "Visitatori distribuiti nelle stagioni e nei luoghi.", "D’inverno siamo chiusi.", "#00664A"),
    ("Lavorare e produrre", "", "Imprese, mestieri, competenze.", "", "#7A4B00"),
    ("Trovare competenze", "Lavorare e produrre", "Persone da assumere e da formare. Non i salari.", "Cerco un tornitore da un anno.", "#7A4B00"),
    ("Mettersi insieme", "Lavorare e produrre", "Persone, macchine e spese condivise tra imprese o enti.", "Un magazzino in quattro.", "#A87425"),
    ("Carte e adempimenti", "", "Moduli, bandi, questionari: il tempo che portano via.", "Tre moduli per la stessa cosa.", "#B01F38"),
)  # fmt: skip  # one code a line
#: Words that begin a coded sentence, and its code.
CODED: tuple[tuple[str, str], ...] = (
    ("Il telefono in alcune borgate", "Rete e telefono"),
    ("Bene, su sette sindaci", "Rete e telefono"),
    ("Hanno fatto la prova della linea", "Chi resta e chi parte"),
    ("Due bambini, capisce", "Servizi sotto casa"),
    ("Vengono in comune", "Carte e adempimenti"),
    ("Diamole un computer", "Servizi sotto casa"),
    ("Quattro fine settimana di delirio", "Turismo lungo l’anno"),
    ("Cerco un programmatore", "Trovare competenze"),
    ("I ragazzi dell'istituto tecnico", "Trovare competenze"),
    ("Mi hanno mandato il questionario", "Carte e adempimenti"),
    ("Io non me lo posso permettere", "Mettersi insieme"),
    ("Per un bando da tremila euro", "Carte e adempimenti"),
    ("L'anno scorso abbiamo fatto", "Trovare competenze"),
)
#: How many interviews are coded: the others wait for whoever tries the desk.
INTERVIEWS = 3


def code_interviews(session: Session, *, process_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Make the codebook and code the sentences above where they stand in the first interviews."""
    keys: dict[str, uuid.UUID] = {}
    for name, above, definition, example, colour in CODES:
        fields = codebook.CodeFields(
            name=name,
            definition=definition,
            example=example,
            colour=colour,
            parent_id=keys.get(above),
            codable=bool(example),
        )
        keys[name] = codebook.make_code(session, process_id=process_id, fields=fields, actor=actor, now=now)
    for unit in queries.units(session, process_id=process_id)[:INTERVIEWS]:
        for card in sources.of_unit(session, unit_id=unit.id, live_only=True):
            for start, end in rules.sentences(card.text):
                for words, name in CODED:
                    if card.text.startswith(words, start):
                        coding.apply_code(
                            session, process_id=process_id, source_id=card.id, code_id=keys[name], actor=actor, now=now, span=(start, end)
                        )  # fmt: skip  # one row of values reads better so
