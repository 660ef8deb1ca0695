"""What a file of another program gave: the plan, and everything that did not come along. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from consult.listening.surveys.rules.document import Plan


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that could not come along, or came changed: where it stood, and what happened to it."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """A questionnaire read from elsewhere, what it promised to respondents, and everything that did not come along."""

    plan: Plan
    losses: tuple[Loss, ...]
    anonymous: bool = False


def report(found: Imported, file: str) -> dict[str, Any]:
    """The report of an import, as it is printed."""
    return {
        "file": file,
        "title": found.plan.title,
        "languages": list(found.plan.languages),
        "anonymous": found.anonymous,
        "pages": len(found.plan.pages),
        "questions": [
            {
                "code": question.code,
                "kind": question.kind,
                "text": question.text,
                "options": len(question.options),
                "rows": len(question.rows),
                "condition": question.condition,
            }
            for question in found.plan.questions
        ],
        "page_conditions": [
            {"page": number, "condition": page.condition}
            for number, page in enumerate(found.plan.pages, 1)
            if page.condition
        ],
        "not_carried_over": [{"where": loss.where, "reason": str(loss.reason)} for loss in found.losses],
    }
