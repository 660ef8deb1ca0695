"""Proposals to decide, and the fields of the moderation desk's forms."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import services as proposals
from consult.core.permissions import NOBODY, Actor
from consult.core.vocabulary import Outcome, Role, SpeakerKind
from consult.listening.sources import services as sources
from consult.moderation.services import dispositions
from consult.moderation.types import Chosen, Promoted
from consult.plan.types import ActionFields
from consult.position_paper.models import Finding, FindingSource, Paper, PaperVersion, PublishedFinding, Section
from tests.factories.world import World

TEXT = (
    "Chiediamo **un treno ogni mezz'ora** anche la sera. Oggi l'ultimo parte alle 20 e chi lavora tardi resta a piedi."
)
PASSAGE = "un treno ogni mezz'ora anche la sera"
REASON = "È in linea con la strategia e le risorse ci sono."
BODY = "Unità di progetto"


def moderator(world: World) -> Actor:
    """The world's moderator."""
    return Actor(account_id=world.accounts[Role.moderator], name="moderator")


def submit(
    session: Session,
    world: World,
    *,
    author: uuid.UUID | None = None,
    strategy: str = "2.2",
    title: str = "Treni la sera",
    text: str = TEXT,
    zones: tuple[str, ...] = (),
    finding_id: uuid.UUID | None = None,
    kind: SpeakerKind = SpeakerKind.resident,
) -> uuid.UUID:
    """A published proposal."""
    return proposals.submit(
        session,
        process_id=world.process_id,
        title=title,
        text=text,
        strategy_id=world.strategies[strategy],
        actor=Actor(account_id=author or world.others[0], name="persona"),
        now=datetime.now(UTC),
        zone_ids=[world.zones[z] for z in zones],
        finding_id=finding_id,
        author_kind=kind,
    )


def promote(session: Session, world: World, *keys: uuid.UUID, passage: str = PASSAGE, **changes: Any) -> Promoted:
    """Promote proposals into a new action, unless told otherwise."""
    values: dict[str, Any] = {
        "chosen": [Chosen(key, 1, passage) for key in keys],
        "outcome": Outcome.adopted,
        "reason_code": "fits_strategy",
        "public_reason": REASON,
        "body": BODY,
        "actor": moderator(world),
        "now": datetime.now(UTC),
        "new_action": None if changes.get("action_id") else ActionFields(title="Più treni la sera"),
    }
    return dispositions.promote(session, process_id=world.process_id, **{**values, **changes})


def promotion_form(key: uuid.UUID, *others: uuid.UUID, version: int = 1, **changes: Any) -> dict[str, Any]:
    """What the promotion form sends."""
    fields: dict[str, Any] = {
        "action": "nuova", "title": "Più treni la sera", "text": "", "outcome": "adopted", "reason": "fits_strategy",
        "public_reason": REASON, "body": BODY, "con": [str(other) for other in others],
    }  # fmt: skip  # one row of values reads better so
    for each in (key, *others):
        fields |= {f"versione-{each}": str(version), f"passo-{each}": PASSAGE}
    return {**fields, **changes}


def say(
    session: Session, world: World, text: str, *, public: bool = True, quotable: str = "anonymous", zone: str = "2"
) -> uuid.UUID:
    """A source of the open contributions."""
    return sources.add_source(
        session,
        process_id=world.process_id,
        channel="contribution",
        text=text,
        actor=NOBODY,
        now=datetime.now(UTC),
        language="it",
        zone_id=world.zones[zone],
        speaker_kind="resident",
        visibility="public" if public else "internal",
        quotable=quotable,
    )


def publish_finding(
    session: Session,
    world: World,
    source_ids: list[uuid.UUID],
    *,
    title: str = "La sera mancano i treni",
    strategy: str = "2.2",
    number: int = 1,
    published: bool = True,
    state: str = "accepted",
) -> uuid.UUID:
    """A finding that rests on these sources (the last one speaks against it where there are three), published unless told otherwise."""
    paper = session.execute(select(Paper).where(Paper.process_id == world.process_id)).scalar_one_or_none()
    if paper is None:
        paper = Paper(process_id=world.process_id, title="Position paper")
        session.add(paper)
        session.flush()
        session.add(Section(paper_id=paper.id, code="asse-2", kind="axis", position=1, title="Asse 2"))
        session.flush()
    section = session.execute(select(Section.id).where(Section.paper_id == paper.id)).scalar_one()
    finding = Finding(
        process_id=world.process_id, paper_id=paper.id, section_id=section, number=number, position=number,
        strategy_id=world.strategies[strategy], title=title, sentences=[], origin="human", state=state,
    )  # fmt: skip  # one row of values reads better so
    session.add(finding)
    session.flush()
    for position, key in enumerate(source_ids):
        cited = _cited(position, key, source_ids)
        session.add(
            FindingSource(
                finding_id=finding.id, source_id=key, support=cited["support"], revision=1, position=position, origin="human"
            )
        )  # fmt: skip  # one row of values reads better so
    if published:
        version = session.execute(select(PaperVersion).where(PaperVersion.paper_id == paper.id)).scalar_one_or_none()
        if version is None:
            version = PaperVersion(
                process_id=world.process_id, paper_id=paper.id, number=1, content={}, manifest={"method": "a mano"}, signed_name="Ufficio"
            )  # fmt: skip  # one row of values reads better so
            session.add(version)
            session.flush()
        entry = _entry(finding, strategy, source_ids)
        before = version.content.get("sections", [{"findings": []}])[0]["findings"]
        section_row = {"code": "asse-2", "kind": "axis", "axis": 2, "title": "Asse 2", "words": "", "paragraphs": []}
        version.content = {
            "title": "Position paper", "language": "it", "process": {"slug": world.slug, "title": "Piano strategico di prova"},
            "facts": {"zones": []}, "sections": [{**section_row, "findings": [*before, entry]}],
        }  # fmt: skip  # one row of values reads better so
        session.add(
            PublishedFinding(
                version_id=version.id, finding_id=finding.id, strategy_id=world.strategies[strategy], title=title, number=number
            )
        )  # fmt: skip  # one row of values reads better so
    session.flush()
    return finding.id


STATEMENT = "Chi lavora la sera torna a casa con fatica. Lo dicono in molti, in valle e in città."


def _entry(finding: Finding, strategy: str, source_ids: list[uuid.UUID]) -> dict[str, Any]:
    """A finding as a published version keeps it."""
    sentence = {"text": STATEMENT, "origin": "human", "role": "words", "source_ids": [], "quotes": []}
    return {
        "id": str(finding.id), "number": finding.number, "title": finding.title, "strategy_id": str(finding.strategy_id),
        "strategy_code": strategy, "strategy_title": "Strategia", "origin": "human", "state": "accepted", "sentences": [sentence],
        "sources": [_cited(n, key, source_ids) for n, key in enumerate(source_ids)], "against": [],
        "counts": {"channel": [], "zone": [], "speaker": []},
    }  # fmt: skip  # one row of values reads better so


def _cited(position: int, key: uuid.UUID, source_ids: list[uuid.UUID]) -> dict[str, Any]:
    against = len(source_ids) > 2 and position == len(source_ids) - 1
    return {"id": str(key), "support": "contrary" if against else "supporting", "quote": None, "zone": None}
