"""The data of the paper's benchmark: 5,000 sources over eleven zones, five channels and six kinds of speaker, 300 findings that cite them all."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from benchmarks.web_data import sentence
from consult.core.db import make_engine
from consult.core.vocabulary import PhaseKind, Role
from consult.evidence.models import Theme, ThemeDecision
from consult.evidence.rules import words_hash
from consult.framework.models import Axis, Frame, Provision, ReferencePlan, Strategy, Territory, Zone
from consult.listening.sources.models import Source
from consult.people.models import Account
from consult.position_paper.models import Finding, FindingSource, Section
from consult.position_paper.services.beginning import ensure_paper
from consult.process.models import Membership, Phase, Process

SOURCES, FINDINGS, CITED, PROVISIONS = 5_000, 300, 40, 400
SLUG = "misura-paper"
CHANNELS = ("answer", "contribution", "interview", "meeting", "document")
SPEAKERS = ("resident", "municipality", "association", "business", "education", "research")


@dataclass(frozen=True, slots=True)
class SeededPaper:
    """Keys that the measuring needs."""

    process_id: uuid.UUID
    facilitators: tuple[uuid.UUID, uuid.UUID]
    findings: tuple[uuid.UUID, ...]


def seed(url: str) -> SeededPaper:
    """Fill the empty schema at `url`; the same texts in every run."""
    dice, now = random.Random(11), datetime.now(UTC)
    engine = make_engine(url)
    try:
        with Session(engine) as session:
            seeded = _write(session, dice, now)
            session.commit()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # What autovacuum does of its own accord within minutes.
            connection.execute(text("VACUUM ANALYZE"))
    finally:
        engine.dispose()
    return seeded


def _write(session: Session, dice: random.Random, now: datetime) -> SeededPaper:
    frame = Frame(slug="misura-paper", title="Piano di misura")
    territory = Territory(slug="misura-paper", name="Territorio di misura")
    session.add_all([frame, territory])
    session.flush()
    zones = [
        Zone(
            territory_id=territory.id,
            code=str(n),
            name=f"Zona numero {n}",
            position=n,
            residents=10_000 * n,
            municipality_count=5,
        )
        for n in range(1, 12)
    ]
    axes = [Axis(frame_id=frame.id, number=n, title=f"Asse numero {n}", objective="") for n in range(1, 7)]
    session.add_all([*zones, *axes])
    session.flush()
    strategies = [
        Strategy(
            frame_id=frame.id,
            axis_id=axes[n % 6].id,
            code=f"{n % 6 + 1}.{n // 6 + 1}",
            position=n,
            title=sentence(dice)[:200],
        )
        for n in range(24)
    ]
    plan = ReferencePlan(frame_id=frame.id, code="PUMS", title="Piano della mobilità", version="2022")
    process = Process(
        frame_id=frame.id, territory_id=territory.id, slug=SLUG, title="Misura del paper", state="published", language="it",
    )  # fmt: skip  # one row of values reads better so
    people = [
        Account(email=f"misura{n}@example.org", display_name=f"Persona {n}", email_verified_at=now) for n in range(2)
    ]
    session.add_all([*strategies, plan, process, *people])
    session.flush()
    session.add(Phase(process_id=process.id, kind=str(PhaseKind.listening), title="", opens_at=now, position=0))
    session.add_all([Membership(process_id=process.id, account_id=p.id, role=str(Role.facilitator)) for p in people])
    session.add_all(
        [Provision(plan_id=plan.id, code=f"M{n}", text=sentence(dice), position=n) for n in range(PROVISIONS)]
    )
    sources = [
        Source(
            id=uuid.uuid4(), process_id=process.id, channel=CHANNELS[n % 5], text=f"{sentence(dice)} {sentence(dice)}", language="it",
            zone_id=zones[n % 11].id, speaker_kind=SPEAKERS[n % 6], visibility="public" if n % 3 else "internal",
        )
        for n in range(SOURCES)
    ]  # fmt: skip  # one row of values reads better so
    session.add_all(sources)
    session.flush()
    paper = ensure_paper(session, process_id=process.id, now=now)
    sections = list(
        session.execute(
            select(Section.id).where(Section.paper_id == paper.id, Section.kind == "axis").order_by(Section.position)
        ).scalars()
    )
    findings: list[Finding] = []
    cites: list[dict[str, Any]] = []
    for n in range(FINDINGS):
        mine = [sources[(n * 17 + i * 125 + i) % SOURCES] for i in range(CITED)]
        mine = list({s.id: s for s in mine}.values())
        theme = Theme(
            id=uuid.uuid4(),
            process_id=process.id,
            key=f"m-{n}",
            strategy_id=strategies[n % 24].id,
            label=sentence(dice)[:80],
            origin="human",
        )
        finding = Finding(
            id=uuid.uuid4(), process_id=process.id, paper_id=paper.id, section_id=sections[n % 6], number=n + 1, position=n,
            strategy_id=strategies[n % 24].id, theme_id=theme.id, title=theme.label, sentences=_sentences(mine, dice), origin="machine",
            state="accepted" if n % 2 else "proposed", news={},
        )  # fmt: skip  # one row of values reads better so
        session.add(theme)
        session.flush()
        session.add(ThemeDecision(theme_id=theme.id, state="accepted"))
        findings.append(finding)
        for i, source in enumerate(mine):
            end = source.text.index(".") + 1
            quote = {"quote_start": 0, "quote_end": end, "quote_sha256": words_hash(source.text[:end])} if i < 4 else {}
            cites.append(
                {
                    "finding_id": finding.id, "source_id": source.id, "support": "contrary" if i == 5 else "supporting", "revision": 1,
                    "position": i, "origin": "machine", **{"quote_start": None, "quote_end": None, "quote_sha256": None}, **quote,
                }
            )  # fmt: skip  # one row of values reads better so
    session.add_all(findings)
    paper.next_number = FINDINGS + 1
    session.flush()
    session.execute(insert(FindingSource), cites)
    return SeededPaper(process.id, (people[0].id, people[1].id), tuple(f.id for f in findings))


def _sentences(mine: list[Source], dice: random.Random) -> list[dict[str, Any]]:
    """Four sentences as a draft has them: the count, a quote, how widely it is spread, one written by a person."""
    ids = [str(s.id) for s in mine]
    first = mine[0]
    end = first.text.index(".") + 1
    place = {"source_id": ids[0], "start": 0, "end": end, "sha256": words_hash(first.text[:end]), "revision": 1}
    return [
        {"text": "Ne parlano in molti.", "origin": "machine", "role": "count", "source_ids": ids, "quotes": []},
        {"text": "Tra le voci: «⟦0⟧»", "origin": "machine", "role": "quote", "source_ids": ids[:1], "quotes": [place]},
        {
            "text": "Le voci vengono da 9 zone e da 5 tipi di voce.",
            "origin": "machine",
            "role": "spread",
            "source_ids": ids,
            "quotes": [],
        },
        {"text": sentence(dice), "origin": "human", "role": "words", "source_ids": ids[:3], "quotes": []},
    ]
