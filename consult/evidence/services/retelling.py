"""A language model's wording of themes, where an authority configured one: labels and quotes said more smoothly, checked, marked.

One theme at a time, each a job of its own, after the run is done: the run itself waits for nobody. What fails a check is dropped and the
extractive text stays alone; what passes stands beside it, never in its place, and only a person can take a label over.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.analytics.types import Summary, SummarySentence
from consult.core import jobs
from consult.evidence.models import Run, RunResult, Theme, ThemeDecision, ThemeRetelling
from consult.evidence.rules import words_at
from consult.evidence.types import Place
from consult.listening.sources import queries as sources
from consult.listening.sources.rules import may_quote
from consult.listening.sources.types import SourceCard
from consult.ports.language_model import LanguageModel
from consult.process.models import Process

TOPIC = "evidence.retell"
#: Themes in a row that the service may leave without an answer before the rest is let be.
PATIENCE = 3


def ask(session: Session, *, run_id: uuid.UUID) -> None:
    """Ask for the wording of a finished run's themes, the first of them first."""
    jobs.enqueue(session, TOPIC, key=f"{run_id}:0", run_id=run_id, number=0, silent=0)


def retell(
    session: Session, *, run_id: uuid.UUID, number: int, silent: int, model: LanguageModel, now: datetime
) -> bool:
    """Have one theme of a run worded and ask for the next. Returns whether there was one.

    Does nothing when a later run has begun to propose other themes, or when nothing answers.
    """
    answered = retell_one(session, run_id=run_id, number=number, model=model, now=now)
    if answered is None:
        return False
    silent = 0 if answered else silent + 1
    if silent < PATIENCE:
        key = f"{run_id}:{number + 1}"
        jobs.enqueue(session, TOPIC, key=key, run_id=run_id, number=number + 1, silent=silent)
    session.flush()
    return True


def retell_one(session: Session, *, run_id: uuid.UUID, number: int, model: LanguageModel, now: datetime) -> bool | None:
    """Have one theme of a run worded. Returns whether the service answered, or None where there is no such theme to word."""
    from consult.analytics import rephrasing  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    run = session.execute(select(Run).where(Run.id == run_id, Run.state == "done")).scalar_one_or_none()
    latest = select(func.max(Run.number)).where(Run.process_id == run.process_id, Run.state == "done") if run else None
    if run is None or latest is None or run.number != session.execute(latest).scalar_one() or not model.name:
        return None
    theme = session.execute(
        select(Theme)
        .where(Theme.process_id == run.process_id, Theme.present)
        .order_by(Theme.key)
        .offset(number)
        .limit(1)
    ).scalar_one_or_none()
    if theme is None:
        return None
    language = session.execute(select(Process.language).where(Process.id == run.process_id)).scalar_one()
    answered: list[str] = []

    def write(instruction: str, texts: list[str], spoken: str) -> str | None:
        answer = model.write(instruction=instruction, texts=texts, language=spoken)
        answered.extend([answer] if answer is not None else [])
        return answer

    summary, cards = _summary(session, run_id, theme)
    told = rephrasing.rephrase(summary, write, language)
    quotes = [sentence.text for sentence in summary.sentences]
    decision = session.execute(select(ThemeDecision).where(ThemeDecision.theme_id == theme.id)).scalar_one_or_none()
    label = theme.label
    if quotes and not (decision and decision.label):
        label = rephrasing.rephrase_label(theme.label, theme.keywords, quotes, write, language)
    values: dict[str, Any] = {
        "run_id": run_id,
        "model": model.name[:120],
        "label": label[:200] if label != theme.label else "",
        "sentences": [
            {"text": s.text, "sources": [[key, cards[uuid.UUID(key)].revision] for key in s.source_ids]}
            for s in told.summary.sentences
            if s.role == rephrasing.REPHRASED
        ],
        "dropped": dict(rephrasing.reasons_counted([told])),
        "told_at": now,
    }
    statement = insert(ThemeRetelling).values(theme_id=theme.id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["theme_id"], set_=values))
    session.flush()
    return bool(answered) or not quotes


def _summary(session: Session, run_id: uuid.UUID, theme: Theme) -> tuple[Summary, dict[uuid.UUID, SourceCard]]:
    """The quoted sentences of a theme with their words: only those that may be quoted leave the machine."""
    stored = session.execute(select(RunResult.summaries).where(RunResult.run_id == run_id)).scalar_one()
    mine: list[Any] = next((s["sentences"] for s in stored if s["level"] == "theme" and s["key"] == theme.key), [])
    quoted = [sentence for sentence in mine if sentence["role"] == "quote" and len(sentence["quotes"]) == 1]
    places = [Place.from_json(sentence["quotes"][0]) for sentence in quoted]
    cards = sources.cards(session, ids=[uuid.UUID(place.source_id) for place in places], public_only=False)
    sentences = []
    for place in places:
        card = cards.get(uuid.UUID(place.source_id))
        words = words_at(place, card.text) if card is not None and may_quote(card) else None
        if words is not None:
            sentences.append(SummarySentence("quote", f"«{' '.join(words.split())}»", (place.source_id,)))
    return Summary("theme", theme.key, tuple(sentences)), cards
