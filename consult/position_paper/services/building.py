"""A whole paper from a command: aggregate without a queue, draft, and write the files."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from config import Settings
from consult.core.clock import database_now
from consult.core.db import unit_of_work
from consult.core.errors import NotFound
from consult.core.permissions import SYSTEM
from consult.evidence import queries as evidence
from consult.evidence.models import RunShard
from consult.evidence.services import prepare_shard, reduce_run, retelling, start_run
from consult.listening.sources.models import Source
from consult.ports.language_model import LanguageModel, language_model
from consult.position_paper import queries
from consult.position_paper.services.content import build
from consult.position_paper.services.drafting import draft_paper
from consult.position_paper.services.export.files import edition, write
from consult.position_paper.services.showing import show_paper
from consult.position_paper.types import Exported, PaperFiles


def aggregate_here(
    sessions: sessionmaker[Session], *, process_id: uuid.UUID, settings: Settings, say: Callable[[str], None]
) -> uuid.UUID:
    """Run an aggregation and draft the paper in this process, without worker or broker: the tasks' own services, one after the other.

    Each part is committed by itself, so that a run that was broken off is cancelled by hand and the next one reuses what was prepared.
    Returns the run's key. `say` gets a line for each part.
    """
    from consult.analytics.embedding import load_embedder  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    embedder = load_embedder(settings.model_dir, fast=settings.fast_texts)
    with unit_of_work(sessions) as session:
        run_id = start_run(session, process_id=process_id, actor=SYSTEM, now=database_now(session), through_queue=False)
        numbers = list(
            session.execute(
                select(RunShard.number).where(RunShard.run_id == run_id).order_by(RunShard.number)
            ).scalars()
        )
    for number in numbers:
        with unit_of_work(sessions) as session:
            prepare_shard(session, run_id=run_id, number=number, embedder=embedder)
        say(f"Reading sources: part {number + 1} of {len(numbers)}")
    with unit_of_work(sessions) as session:
        say("Finding themes, strategies, quotes and numbers")
        reduce_run(session, run_id=run_id, embedder=embedder, now=database_now(session))
    with unit_of_work(sessions) as session:
        draft_paper(session, run_id=run_id, now=database_now(session))
    if settings.language_model_url:
        _retell_here(sessions, run_id=run_id, settings=settings, say=say)
    return run_id


def _model(settings: Settings, now: datetime) -> LanguageModel:
    return language_model(
        url=settings.language_model_url,
        model=settings.language_model_name,
        key=settings.language_model_key,
        data_dir=settings.data_dir,
        now=lambda: now,
    )


def _retell_here(
    sessions: sessionmaker[Session], *, run_id: uuid.UUID, settings: Settings, say: Callable[[str], None]
) -> None:
    """Have the themes of a run worded by the configured language model, one after the other, each committed by itself; a service that
    stays silent several times in a row is let be."""
    number = silent = 0
    answered: bool | None = True
    while answered is not None and silent < retelling.PATIENCE:
        with unit_of_work(sessions) as session:
            now = database_now(session)
            model = _model(settings, now)
            answered = retelling.retell_one(session, run_id=run_id, number=number, model=model, now=now)
        silent = 0 if answered else silent + 1
        if answered:
            say(f"Wording by {settings.language_model_name}: theme {number + 1}")
        number += 1


def build_outputs(session: Session, *, process_id: uuid.UUID, out: Path, settings: Settings) -> PaperFiles:
    """Write the draft paper as HTML and PDF into `out`; returns where and how much. Raises NotFound before the first draft."""
    content = build(session, process_id=process_id, publishable_only=False)
    if content is None:
        raise NotFound(
            "Di questo processo non c’è ancora nessuna bozza di position paper: prima serve un’aggregazione."
        )
    paper = show_paper(session, content=content)
    now = database_now(session)
    out.mkdir(parents=True, exist_ok=True)
    html, pdf = out / "position-paper.html", out / "position-paper.pdf"
    for file in (html, pdf):
        file.write_bytes(write(session, paper, kind=file.suffix[1:], settings=settings, now=now, version=None))
    live = select(func.count()).select_from(Source).where(Source.process_id == process_id, Source.state == "live")
    return PaperFiles(
        html=html,
        pdf=pdf,
        sources=session.execute(live).scalar_one(),
        themes=len(
            [t for t in evidence.themes_of(session, process_id=process_id) if t.state in {"proposed", "accepted"}]
        ),
        findings=len(paper.findings),
    )


def export_paper(
    session: Session,
    *,
    process_id: uuid.UUID,
    kind: str,
    version_number: int | None,
    settings: Settings,
    draft_number: int = 0,
) -> Exported:
    """One file of a published version (None: the latest, or the draft where nothing is published; 0: the draft), or of a draft in consultation.

    Raises NotFound where there is nothing to write.
    """
    latest = queries.version(session, process_id=process_id) if version_number is None and not draft_number else None
    number = version_number or (latest.number if latest else 0)
    found = edition(
        session, process_id=process_id, version_number=number, draft_number=draft_number, now=database_now(session)
    )
    if found is None and draft_number:
        raise NotFound("Questa consultazione non c’è.")
    if found is None and number:
        raise NotFound("Questa versione del position paper non c’è.")
    if found is None:
        raise NotFound(
            "Di questo processo non c’è ancora nessuna bozza di position paper: prima serve un’aggregazione."
        )
    shown, moment = found
    body = write(session, shown, kind=kind, settings=settings, now=moment, version=number or None)
    return Exported(body, number or None, len(shown.findings))
