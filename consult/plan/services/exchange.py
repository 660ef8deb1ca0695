"""Actions of an earlier plan brought in from a table, all or none."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from consult.analytics.tabular import TableError, read_bytes
from consult.core.errors import Invalid
from consult.core.normalise import UnreadableText, clean_text
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.framework.models import Provision, ReferencePlan, Strategy, Zone
from consult.plan import rules
from consult.plan.models import DraftAction
from consult.plan.services.actions import create_action
from consult.plan.types import ActionFields, ActionOrigin, Competence
from consult.process.models import Process

NEEDED = ("code", "title")
MOST_ROWS = 2_000
SHOWN_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Imported:
    """How many actions a table added, and how many were there already and were left alone."""

    added: int
    there: int


def import_actions(session: Session, *, process_id: uuid.UUID, data: bytes, actor: Actor, now: datetime) -> Imported:
    """Write the actions of a CSV file with the codes they have (2.1.4: the fourth of strategy 2.1).

    Raises Invalid, with the line of every problem at `file`; nothing is written then. Codes that are there already are left alone, so
    that the same file twice adds nothing; a withdrawn action keeps its code.
    """
    try:
        table = read_bytes(data)
    except TableError:
        raise _refused([Sentence("Il file non si legge come una tabella CSV con i nomi delle colonne.")]) from None
    missing = [name for name in NEEDED if name not in table.columns]
    if missing:
        raise _refused([Sentence("Manca la colonna %(names)s.", names=", ".join(missing))])
    if len(table.rows) + len(table.bad) > MOST_ROWS:
        raise _refused([Sentence("Le righe sono più di %(n)s.", n=MOST_ROWS)])
    strategies = _keys(
        session,
        select(Strategy.code, Strategy.id)
        .join(Process, Process.frame_id == Strategy.frame_id)
        .where(Process.id == process_id),
    )
    zones = _keys(
        session,
        select(Zone.code, Zone.id)
        .join(Process, Process.territory_id == Zone.territory_id)
        .where(Process.id == process_id),
    )
    provisions = _keys(
        session,
        select(ReferencePlan.code + literal(" ") + Provision.code, Provision.id)
        .join(ReferencePlan, ReferencePlan.id == Provision.plan_id)
        .join(Process, Process.frame_id == ReferencePlan.frame_id)
        .where(Process.id == process_id),
    )
    taken = set(session.execute(select(DraftAction.code).where(DraftAction.process_id == process_id)).scalars())
    problems = [
        Sentence("Riga %(line)s: il numero di campi non è quello delle colonne.", line=bad.line) for bad in table.bad
    ]
    wanted: dict[str, tuple[uuid.UUID, int, ActionFields]] = {}
    there = 0
    for row in table.rows:
        # A spreadsheet's apostrophe before a sign is the mark of this site's own files, not a word of the text.
        try:
            values = {name: clean_text(row.values.get(name, "").removeprefix("'")) for name in rules.IMPORT_COLUMNS}
        except UnreadableText:
            problems.append(Sentence("Riga %(line)s: contiene segni che non si possono scrivere.", line=row.line))
            continue
        values["title"] = " ".join(values["title"].split())
        strategy, _dot, number = values["code"].rpartition(".")
        (places, no_zone), (others, no_strategy), (foreseen, no_provision) = (
            rules.named(values[name], known)
            for name, known in (("zones", zones), ("connections", strategies), ("provisions", provisions))
        )
        if (
            strategy not in strategies
            or not number.isascii()
            or not number.isdigit()
            or not 0 < int(number[:7]) < 10_000
        ):
            problems.append(
                Sentence("Riga %(line)s: nessuna strategia del piano ha il codice di questa azione.", line=row.line)
            )
        elif not values["title"] or len(values["title"]) > 200:
            problems.append(Sentence("Riga %(line)s: il titolo deve avere da 1 a 200 caratteri.", line=row.line))
        elif values["competence"] not in {"", *Competence}:
            problems.append(
                Sentence("Riga %(line)s: la competenza può essere direct, shared oppure others.", line=row.line)
            )
        elif len(values["lead_body"]) > 200 or len(values["period"]) > 100 or len(values["objective_code"]) > 60:
            problems.append(Sentence("Riga %(line)s: un campo è troppo lungo.", line=row.line))
        elif no_zone:
            problems.append(Sentence("Riga %(line)s: una delle zone non c’è nel territorio.", line=row.line))
        elif no_strategy:
            problems.append(
                Sentence(
                    "Riga %(line)s: la strategia collegata %(code)s non c’è nel piano.",
                    line=row.line,
                    code=no_strategy[0][:60],
                )
            )
        elif no_provision:
            problems.append(
                Sentence(
                    "Riga %(line)s: la previsione %(code)s non c’è nei piani di riferimento. Si scrive come «PUMS M1».",
                    line=row.line,
                    code=no_provision[0][:60],
                )
            )
        elif values["code"] in wanted:
            problems.append(Sentence("Riga %(line)s: il codice è già in una riga prima.", line=row.line))
        elif values["code"] in taken:
            there += 1
        else:
            fields = ActionFields(
                title=values["title"], text=values["text"], competence=Competence(values["competence"] or Competence.direct),
                lead_body=values["lead_body"], partners=values["partners"], period=values["period"], funding=values["funding"],
                objective_code=values["objective_code"], zone_ids=tuple(zones[code] for code in places),
                strategy_ids=tuple(strategies[code] for code in others),
                provision_ids=tuple(provisions[code] for code in foreseen),
            )  # fmt: skip  # one row of values reads better so
            wanted[values["code"]] = (strategies[strategy], int(number), fields)
    if problems:
        raise _refused(problems)
    # By strategy and number, so that two imports at once wait for each other instead of for ever.
    for strategy_id, number_, fields in sorted(wanted.values(), key=lambda w: (w[0], w[1])):
        create_action(
            session, process_id=process_id, strategy_id=strategy_id, fields=fields, origin=ActionOrigin.imported, number=number_,
            actor=actor, now=now,
        )  # fmt: skip  # one row of values reads better so
    return Imported(len(wanted), there)


def _keys(session: Session, statement: Any) -> dict[str, uuid.UUID]:
    return {row[0]: row[1] for row in session.execute(statement)}


def _refused(problems: Sequence[str]) -> Invalid:
    return Invalid(
        "Il file non è stato importato.", {f"row-{n}": text for n, text in enumerate(problems[:SHOWN_PROBLEMS])}
    )
