"""The beginning of a paper: its row and its sections, from the process's frame and territory."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.framework import queries as framework
from consult.position_paper.models import Paper, Section
from consult.process.models import Process

TITLES = {
    "it": (
        "Metodo e partecipazione", "Che cosa non sta sotto nessuna strategia", "Limiti", "Position paper", "Zona {code}. {name}",
        "Temi che attraversano più strategie", "Confronto con i piani esistenti",
    ),
    "en": (
        "Method and participation", "What fits no strategy", "Limits", "Position paper", "Zone {code}. {name}",
        "Themes that cross strategies", "Confrontation with existing plans",
    ),
}  # fmt: skip  # one language a row


def ensure_paper(session: Session, *, process_id: uuid.UUID, now: datetime) -> Paper:
    """The paper of a process with its sections, made where missing; its row is locked for this transaction."""
    process = session.execute(select(Process).where(Process.id == process_id)).scalar_one()
    titles = TITLES.get(process.language, TITLES["it"])
    session.execute(
        insert(Paper)
        .values(
            id=uuid.uuid4(),
            process_id=process_id,
            title=f"{titles[3]}. {process.title}"[:300],
            language=process.language,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["process_id"])
    )
    paper = session.execute(
        select(Paper)
        .where(Paper.process_id == process_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one()
    axes = framework.axes(session, frame_id=process.frame_id)
    wanted: list[dict[str, Any]] = [
        {"code": "metodo", "kind": "method", "position": 0, "title": titles[0], "axis_id": None}
    ]
    wanted += [
        {
            "code": f"asse-{axis.number}",
            "kind": "axis",
            "position": axis.number,
            "title": axis.title,
            "axis_id": axis.id,
        }
        for axis in axes
    ]
    zones = framework.zones(session, territory_id=process.territory_id)
    wanted += [
        {
            "code": f"zona-{z.code}",
            "kind": "zone",
            "position": 500 + i,
            "title": titles[4].format(code=z.code, name=z.name),
        }
        for i, z in enumerate(zones)
    ]
    wanted += [
        {"code": "trasversali", "kind": "cross_cutting", "position": 850, "title": titles[5]},
        {"code": "nessuna-strategia", "kind": "none_fit", "position": 900, "title": titles[1]},
        {"code": "confronto", "kind": "confrontation", "position": 950, "title": titles[6]},
        {"code": "limiti", "kind": "limits", "position": 990, "title": titles[2]},
    ]
    for values in wanted:
        session.execute(
            insert(Section)
            .values(id=uuid.uuid4(), paper_id=paper.id, words="", **{"axis_id": None, **values})
            .on_conflict_do_nothing(index_elements=["paper_id", "code"])
        )
    return paper
