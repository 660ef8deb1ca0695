"""What a file of another program gave: the plan, and everything that did not come along. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

from consult.core.sentences import Sentence
from consult.listening.surveys.rules.document import Plan
from consult.listening.surveys.rules.logic import check_conditions
from consult.listening.surveys.types import PageRow


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that could not come along, or came changed: where it stood, and what happened to it."""

    where: str
    reason: str


class Reporter(Protocol):
    """Whoever collects what does not come along."""

    def report(self, where: str, reason: str) -> None:
        """Note what does not come along."""


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


def unlike(listed: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Labels that are the same are told apart by their code."""
    labels = [label for _code, label in listed]
    return [(code, label if labels.count(label) == 1 else f"{label} ({code})") for code, label in listed]


def without_bad_conditions(plan: Plan, reporter: Reporter) -> Plan:
    """Conditions that our rules refuse are reported and left out, so that what comes in can be built on."""
    sound: set[str | int] = set()
    for _each in range(len(plan.questions) + len(plan.pages) + 1):
        problem = check_conditions(
            plan.questions, [PageRow(n, condition=p.condition) for n, p in enumerate(plan.pages, 1)], sound
        )
        if problem is None:
            break
        reporter.report(
            problem.code or f"pagina {problem.page}",
            Sentence("La condizione non si porta: %(why)s", why=problem.sentence),
        )
        pages = []
        for n, page in enumerate(plan.pages, 1):
            bad_page = n == problem.page or any(
                q.code == problem.code and not q.condition and q.page_condition for q in page.questions
            )
            questions = tuple(
                replace(
                    q,
                    condition=None if q.code == problem.code else q.condition,
                    page_condition=None if bad_page else q.page_condition,
                )
                for q in page.questions
            )
            pages.append(replace(page, condition=None if bad_page else page.condition, questions=questions))
        plan = replace(plan, pages=tuple(pages))
    return plan
