"""What each sentence of a finding rests on: the sources a person names for it, or the mark that it is its authors' own consideration."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.position_paper.models import FindingSource
from consult.position_paper.services.editing import change, load
from consult.position_paper.types import OWN, Sentence


def source_sentence(
    session: Session,
    *,
    process_id: uuid.UUID,
    finding_id: uuid.UUID,
    version: int,
    number: int,
    own: bool,
    source_ids: Sequence[uuid.UUID],
    actor: Actor,
    now: datetime,
) -> int:
    """Say what a sentence (counted from 1) rests on: sources the finding cites, or nothing but its authors; returns the new version.

    Sources whose words the sentence quotes always stay. Raises Invalid for neither, for both, and for a source the finding does not cite.
    """
    finding = load(session, process_id, finding_id)
    sentences = [Sentence.from_json(s) for s in finding.sentences]
    if not 1 <= number <= len(sentences):
        raise NotFound("Questa frase non c’è più.")
    sentence = sentences[number - 1]
    quoted = list(dict.fromkeys(place.source_id for place in sentence.quotes))
    named = [str(key) for key in source_ids]
    if own and (named or quoted):
        raise Invalid(
            "Una considerazione di chi scrive non ha fonti: o l’una o le altre.",
            {"own": "La frase cita una fonte, quindi non è solo di chi scrive."},
        )
    if not own and not named and not quoted:
        raise Invalid("Serve almeno una fonte, o il segno di considerazione.", {"sources": "Scegli almeno una fonte."})
    cited = select(FindingSource.source_id).where(FindingSource.finding_id == finding_id)
    there = {str(key) for key in session.execute(cited).scalars()}
    if not set(named) <= there:
        raise Invalid(
            "Una frase poggia solo su fonti che la risultanza cita.",
            {"sources": "Una di queste fonti non è fra quelle della risultanza: prima va citata."},
        )
    sentences[number - 1] = replace(
        sentence,
        role=OWN if own else "words" if sentence.role == OWN else sentence.role,
        source_ids=() if own else tuple(dict.fromkeys([*quoted, *named])),
        origin="edited" if sentence.origin == "machine" else sentence.origin,
    )
    values: dict[str, Any] = {"sentences": [s.as_json() for s in sentences]}
    if finding.origin == "machine":
        values["origin"] = "edited"
    return change(session, finding, version, values, actor, now, action="sourced", yours={})
