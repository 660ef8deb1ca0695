"""All tables in one place, for migrations and tests."""

from __future__ import annotations

from importlib import import_module

from sqlalchemy import MetaData

from consult.core.db import Base

MODEL_MODULES: tuple[str, ...] = (
    "consult.core.jobs",
    "consult.core.once",
    "consult.audit.models",
    "consult.files.models",
    "consult.people.models",
    "consult.notices.models",
    "consult.framework.models",
    "consult.process.models",
    "consult.discussion.models",
    "consult.listening.sources.models",
    "consult.listening.interviews.models",
    "consult.listening.meetings.models",
    "consult.listening.surveys.models",
    "consult.listening.contributions.models",
    "consult.listening.documents.models",
    "consult.evidence.models",
    "consult.position_paper.models",
    "consult.coplanning.proposals.models",
    "consult.coplanning.rounds.models",
    "consult.coplanning.priorities.models",
    "consult.coplanning.opinions.models",
    "consult.plan.models",
    "consult.moderation.models",
)


def all_tables() -> MetaData:
    """Metadata with every table of the house."""
    for name in MODEL_MODULES:
        import_module(name)
    return Base.metadata
