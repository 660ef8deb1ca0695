"""The plan as a document: vision, axes, strategies, actions, and under each action what it rests on. Files are made of it.

What it says is what anyone may read at that moment, so a file is served only while the plan still says the same (`fingerprint`): a proposal
that is hidden or a note that is redacted takes every older file with it.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from importlib import import_module
from typing import Any

from babel.dates import format_date
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from config import Settings
from consult.core import jobs
from consult.core.clock import database_now
from consult.core.errors import Invalid
from consult.core.spreadsheets import csv_lines
from consult.framework import queries as framework
from consult.plan import queries, rules
from consult.plan.models import PlanFile
from consult.plan.queries import GroundRow, WholeAction
from consult.plan.types import FILE_KINDS
from consult.ports.press import PressFailed
from consult.position_paper import queries as paper
from consult.position_paper.services.export.blocks import translations
from consult.position_paper.services.export.printed import Block, Printed, markdown_blocks, plain_words, run
from consult.position_paper.types import FindingCard
from consult.process.models import Process

#: Module and function that write each kind; the paper's own writers.
_WRITERS = {"html": ("page", "write_html"), "pdf": ("pdf", "write_pdf"), "docx": ("word", "write_docx")}
#: Asked again within so many seconds, a file is built once.
ONCE_IN_S = 20


@dataclass(frozen=True, slots=True)
class PlanContent:
    """Everything a file of the plan says, and the language it says it in."""

    title: str
    name: str
    slug: str
    language: str
    vision: str
    objectives: Mapping[int, str]
    actions: tuple[WholeAction, ...]
    grounds: tuple[GroundRow, ...]
    findings: Mapping[uuid.UUID, FindingCard]

    @property
    def fingerprint(self) -> str:
        """Hash of all it says: equal as long as no word, link or state of it changes."""
        said = [
            self.title, self.name, self.language, self.vision, sorted(self.objectives.items()), [astuple(a) for a in self.actions],
            [astuple(g) for g in self.grounds], sorted((str(k), f.number, f.title) for k, f in self.findings.items()),
        ]  # fmt: skip  # one list of values reads better so
        return hashlib.sha256(json.dumps(said, default=str, ensure_ascii=False).encode()).hexdigest()


def content(session: Session, *, process_id: uuid.UUID) -> PlanContent:
    """The plan as anyone may read it now; six statements."""
    row = session.execute(
        select(Process.title, Process.name, Process.slug, Process.language, Process.frame_id).where(
            Process.id == process_id
        )
    ).one()
    actions = queries.whole_plan(session, process_id=process_id)
    grounds = queries.grounds(session, action_ids=[a.id for a in actions])
    named = {key for g in grounds for key in (g.finding_id, g.thing_id if g.kind == "finding" else None) if key}
    return PlanContent(
        title=row.title, name=row.name, slug=row.slug, language=row.language, vision=framework.vision(session, frame_id=row.frame_id),
        objectives={axis.number: axis.objective for axis in framework.axes(session, frame_id=row.frame_id)},
        actions=tuple(actions), grounds=tuple(grounds), findings=paper.finding_cards(session, ids=sorted(named)),
    )  # fmt: skip  # one row of values reads better so


def printed(plan: PlanContent, *, settings: Settings, now: datetime) -> Printed:
    """The plan as blocks, in its own language."""
    _ = translations(plan.language).ugettext
    day = format_date(now, "long", locale=plan.language)
    found: list[Block] = [
        _para(_("Bozza del piano com’è il %(day)s. Un’azione è decisa solo se è adottata.") % {"day": day})
    ]
    if plan.vision:
        found += [_heading(1, _("La visione"), "visione"), *markdown_blocks(plan.vision)]
    resting: dict[uuid.UUID, list[GroundRow]] = {}
    for ground in plan.grounds:
        resting.setdefault(ground.action_id, []).append(ground)
    axis, strategy = 0, ""
    for action in plan.actions:
        if action.axis_number != axis:
            axis = action.axis_number
            found.append(_heading(1, f"{axis}. {action.axis_title}", f"asse-{axis}"))
            if plan.objectives.get(axis):
                found.append(_para(plan.objectives[axis]))
        if action.strategy_code != strategy:
            strategy = action.strategy_code
            found.append(_heading(2, f"{strategy} {action.strategy_title}", f"strategia-{strategy.replace('.', '-')}"))
        found += _action(plan, action, resting.get(action.id, []), settings, _)
    if not plan.actions:
        found.append(_para(_("Il piano non ha ancora azioni.")))
    return Printed(plan.title, plan.name or _("Il piano"), plan.language, _("Bozza del %s") % day, found)


def _heading(level: int, text: str, name: str) -> Block:
    return {"kind": "heading", "level": level, "text": text, "id": name}


def _para(text: str, **marks: Any) -> Block:
    return {"kind": "para", "text": text, "mark": "", "runs": [run(text, **marks)], "tight": True}


def _action(
    plan: PlanContent, action: WholeAction, grounds: list[GroundRow], settings: Settings, _: Callable[[str], str]
) -> list[Block]:
    found = [_heading(3, f"{action.code} {action.title}", f"azione-{action.code.replace('.', '-')}")]
    found += markdown_blocks(action.text)
    said = {"competence": rules.COMPETENCE_WORDS, "state": rules.STATE_WORDS}
    facts = []
    for name, words in rules.FIELD_WORDS.items():
        value = str(getattr(action, name)) if name not in ("title", "text") else ""
        if value:
            facts.append([run(f"{_(words)}: ", bold=True), run(_(said[name][value]) if name in said else value)])
    found.append({"kind": "points", "items": facts})
    found.append(_para(_("Da che cosa nasce"), bold=True))
    resting = [item for ground in grounds if (item := _ground(plan, ground, settings, _))]
    if resting:
        found.append({"kind": "points", "items": resting})
    else:
        found.append(_para(_("Per ora questa azione non si appoggia a proposte né a risultanze.")))
    address = f"{settings.base_url}/processi/{plan.slug}/filo/action/{action.id}"
    found.append({"kind": "link", "text": _("Il filo dell’azione %s") % action.code, "url": address})
    return found


def _ground(plan: PlanContent, g: GroundRow, settings: Settings, _: Callable[[str], str]) -> list[dict[str, Any]]:
    base = f"{settings.base_url}/processi/{plan.slug}"
    if g.hidden:
        return [run(_("una proposta nascosta"))]
    if g.kind == "proposal":
        first = run(
            _("Proposta n. %(n)s: %(title)s") % {"n": g.number, "title": g.title}, url=f"{base}/proposte/{g.thing_id}"
        )
    elif g.kind == "finding":
        card = plan.findings.get(g.thing_id)
        if card is None:
            return []
        words = _("Risultanza %(n)s: %(title)s") % {"n": card.number, "title": card.title}
        first = run(words, url=f"{base}/position-paper/risultanze/{g.thing_id}")
    else:
        first = run(_("Detto a un incontro"), url=f"{base}/fonti/{g.thing_id}" if g.passage else "")
    runs = [first]
    if g.passage:
        runs.append(run(f" «{plain_words(g.passage)}»", italic=True))
    if g.finding_id and g.finding_id in plan.findings:
        card = plan.findings[g.finding_id]
        runs.append(
            run(" " + _("Risponde alla risultanza %(n)s: %(title)s.") % {"n": card.number, "title": card.title})
        )
    if g.reason:
        runs.append(run(" " + _("Perché: %(reason)s") % {"reason": plain_words(g.reason)}))
    if g.body:
        runs.append(run(f" ({g.body})"))
    return runs


def write(plan: PlanContent, *, kind: str, settings: Settings, now: datetime) -> bytes:
    """The bytes of a file of one of FILE_KINDS, or of the table (`csv`). Raises PressFailed where the PDF takes too long."""
    if kind == "csv":
        names = [field.name for field in fields(WholeAction)]
        return "".join(csv_lines(names, (astuple(row) for row in plan.actions))).encode()
    module, name = _WRITERS[kind]
    writer: Callable[..., bytes] = getattr(import_module(f"consult.position_paper.services.export.{module}"), name)
    found = printed(plan, settings=settings, now=now)
    return writer(found, settings=settings) if kind == "html" else writer(found, settings=settings, now=now)


def export_plan(session: Session, *, process_id: uuid.UUID, kind: str, settings: Settings) -> tuple[bytes, int]:
    """One file of the plan as it is now, and how many actions it has, without a queue. Raises Invalid for an unknown kind."""
    if kind not in (*FILE_KINDS, "csv"):
        raise Invalid("Questo formato non c’è.")
    plan = content(session, process_id=process_id)
    return write(plan, kind=kind, settings=settings, now=database_now(session)), len(plan.actions)


def ask_for_plan_files(session: Session, *, process_id: uuid.UUID, now: datetime) -> None:
    """Ask for the files of the plan as it is now; asked again within some seconds, they are built once."""
    asked = {"asked_at": now, "failed_at": None}
    for kind in FILE_KINDS:
        session.execute(
            insert(PlanFile)
            .values(id=uuid.uuid4(), process_id=process_id, format=kind, **asked)
            .on_conflict_do_update(index_elements=["process_id", "format"], set_=asked)
        )
    moment = int(now.timestamp()) // ONCE_IN_S
    jobs.enqueue_all(
        session,
        "plan.build_file",
        {f"{process_id}:{kind}:{moment}": {"process_id": process_id, "kind": kind} for kind in FILE_KINDS},
    )


def build_plan_file(session: Session, *, process_id: uuid.UUID, kind: str, settings: Settings, now: datetime) -> None:
    """Build one file of the plan and keep it with the fingerprint of what it says; one that can't be typeset is marked as failed."""
    row = session.execute(
        select(PlanFile).where(PlanFile.process_id == process_id, PlanFile.format == kind).with_for_update()
    ).scalar_one_or_none()
    if row is None or kind not in FILE_KINDS:
        return
    plan = content(session, process_id=process_id)
    if row.body is None or row.fingerprint != plan.fingerprint:
        try:
            row.body = write(plan, kind=kind, settings=settings, now=now)
        except PressFailed:
            row.failed_at = now
            session.flush()
            return
        row.fingerprint = plan.fingerprint
        row.built_at = now
    row.asked_at, row.failed_at = None, None
    session.flush()


def plan_file(session: Session, *, process_id: uuid.UUID, kind: str) -> bytes | None:
    """A built file of the plan, only while the plan still says what stands in it; else None."""
    row = session.execute(
        select(PlanFile.body, PlanFile.fingerprint).where(PlanFile.process_id == process_id, PlanFile.format == kind)
    ).one_or_none()
    if row is None or row.body is None or row.fingerprint != content(session, process_id=process_id).fingerprint:
        return None
    return bytes(row.body)


@dataclass(frozen=True, slots=True)
class PlanFileRow:
    """Where a file of the plan stands: `waiting` while it is built, `failed` where it could not be."""

    kind: str
    size: int
    built_at: datetime | None
    waiting: bool
    failed: bool


def plan_files(session: Session, *, process_id: uuid.UUID) -> list[PlanFileRow]:
    """The files of the plan that were ever asked for, in the order of FILE_KINDS; in one statement."""
    rows = session.execute(
        select(
            PlanFile.format, func.coalesce(func.length(PlanFile.body), 0), PlanFile.built_at, PlanFile.asked_at.is_not(None),
            PlanFile.failed_at.is_not(None),
        ).where(PlanFile.process_id == process_id)
    )  # fmt: skip  # the order of PlanFileRow's fields
    found = [PlanFileRow(row[0], row[1], row[2], row[3] and not row[4], row[4]) for row in rows]
    return sorted(found, key=lambda row: FILE_KINDS.index(row.kind))
