"""Ways to link people to anonymous answers, given a whole dump of the database, the logs, the mail folder and Redis.

Each strategy orders people and answers by something it can see, or joins them by something they share, and returns pairs. It knows
the order in which people were invited and, as worst case, the order in which they were seen to answer (a network observer, a proxy's
log). It does not know the secret in each answer; that is only used afterwards to count how many pairs are right.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Pairs = list[tuple[str, str]]


@dataclass
class Dump:
    """What the attacker holds. People by the key of their row; answers by the key of theirs."""

    #: Per table: rows with all their columns and `xmin`, `ctid`.
    tables: dict[str, list[dict[str, Any]]]
    people_table: str
    answers_table: str
    #: People in the order in which somebody saw them answer.
    seen_order: list[str] = field(default_factory=list)
    log_lines: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    redis: list[str] = field(default_factory=list)

    @property
    def people(self) -> list[dict[str, Any]]:
        return self.tables[self.people_table]

    @property
    def answers(self) -> list[dict[str, Any]]:
        return self.tables[self.answers_table]


def _values(row: dict[str, Any]) -> set[str]:
    """All texts of a row that look like keys, inside JSON too."""
    return set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32,64}", str(row).lower())) | {
        value.hex() for value in row.values() if isinstance(value, bytes)
    }


def _ctid(row: dict[str, Any]) -> tuple[int, int]:
    page, line = str(row["ctid"]).strip("()").split(",")
    return int(page), int(line)


def _by_order(people: list[str], answers: list[str]) -> Pairs:
    return list(zip(people, answers, strict=False))


def keys(dump: Dump) -> Pairs:
    """A value in the person's row, or in any row that mentions the person, that also stands in the answer's."""
    mine: dict[str, set[str]] = {str(p["id"]): _values(p) for p in dump.people}
    owner = {key: person for person, found in mine.items() for key in found}
    for table, rows in dump.tables.items():
        if table in (dump.people_table, dump.answers_table):
            continue
        for row in rows:
            whose = {owner[v] for v in _values(row) if v in owner}
            if len(whose) == 1:
                mine[next(iter(whose))] |= _values(row)
    shared = defaultdict(set)
    for person, found in mine.items():
        for key in found:
            shared[key].add(person)
    pairs: Pairs = []
    for answer in dump.answers:
        found = {next(iter(shared[v])) for v in _values(answer) if len(shared.get(v, ())) == 1}
        if len(found) == 1:
            pairs.append((found.pop(), str(answer["id"])))
    return pairs


def id_order(dump: Dump) -> Pairs:
    """People and answers, each in the order of their keys."""
    return _by_order(sorted(str(p["id"]) for p in dump.people), sorted(str(a["id"]) for a in dump.answers))


def seen_order_to_ctid(dump: Dump) -> Pairs:
    """The order in which people were seen, against the physical order of the answers."""
    return _by_order(dump.seen_order, [str(a["id"]) for a in sorted(dump.answers, key=_ctid)])


def seen_order_to_xmin(dump: Dump) -> Pairs:
    """The order in which people were seen, against the transaction that wrote each answer."""
    return _by_order(
        dump.seen_order, [str(a["id"]) for a in sorted(dump.answers, key=lambda a: (int(a["xmin"]), _ctid(a)))]
    )


def _activity(dump: Dump) -> dict[str, dict[str, Any]]:
    """The row of each person that was written last, in any table that holds one row a person."""
    return {str(p["id"]): p for p in dump.people}


def xmin_equal(dump: Dump) -> Pairs:
    """A row about the person and the answer that one transaction wrote."""
    by_xmin = defaultdict(list)
    for key, row in _activity(dump).items():
        by_xmin[row["xmin"]].append(key)
    return [(by_xmin[a["xmin"]][0], str(a["id"])) for a in dump.answers if len(by_xmin[a["xmin"]]) == 1]


def xmin_nearest(dump: Dump) -> Pairs:
    """The answer whose transaction is nearest to that of the person's row."""
    pairs: Pairs = []
    free = sorted(dump.answers, key=lambda a: (int(a["xmin"]), _ctid(a)))
    for key, row in sorted(_activity(dump).items(), key=lambda item: int(item[1]["xmin"])):
        if free:
            best = min(free, key=lambda a: abs(int(a["xmin"]) - int(row["xmin"])))
            free.remove(best)
            pairs.append((key, str(best["id"])))
    return pairs


def ctid_order(dump: Dump) -> Pairs:
    """People and answers, each in physical order."""
    people = sorted(dump.people, key=_ctid)
    return _by_order([str(p["id"]) for p in people], [str(a["id"]) for a in sorted(dump.answers, key=_ctid)])


def time_order(dump: Dump) -> Pairs:
    """Any column of the answers that holds a time or a number that grows, against the order in which people were seen."""
    for name in dump.answers[0] if dump.answers else ():
        column = [a[name] for a in dump.answers]
        growing = all(hasattr(v, "isoformat") for v in column) or all(type(v) is int for v in column)
        if name not in ("xmin", "ctid") and growing and len(set(map(str, column))) > len(column) // 2:
            return _by_order(dump.seen_order, [str(a["id"]) for a in sorted(dump.answers, key=lambda a, n=name: a[n])])
    return []


def uuid_bits(dump: Dump) -> Pairs:
    """Keys whose first bits are a time (version 1, 6 or 7) give the order of writing."""
    timed = [a for a in dump.answers if str(a["id"])[14] in "167"]
    return (
        _by_order(dump.seen_order, [str(a["id"]) for a in sorted(timed, key=lambda a: str(a["id"]))]) if timed else []
    )


def ballot_order(dump: Dump) -> Pairs:
    """Ballots in physical order taken for invitations in physical order; spent ballots in order of spending taken for answers."""
    ballots = sorted(dump.tables.get("ballot", []), key=_ctid)
    people = [str(p["id"]) for p in sorted(dump.people, key=lambda p: str(p.get("email", p["id"])))]
    spent = sorted(range(len(ballots)), key=lambda i: int(ballots[i]["xmin"]))
    answers = [str(a["id"]) for a in sorted(dump.answers, key=lambda a: (int(a["xmin"]), _ctid(a)))]
    rank = {i: n for n, i in enumerate(spent)}
    return [(people[i], answers[rank[i]]) for i in range(len(people)) if i in rank and rank[i] < len(answers)]


def log_order(dump: Dump) -> Pairs:
    """Keys, tokens or addresses in log lines, in the order of the lines, taken for answers in physical order."""
    known = {str(p["id"]): str(p["id"]) for p in dump.people} | {str(p.get("email")): str(p["id"]) for p in dump.people}
    order = [known[w] for line in dump.log_lines for w in re.findall(r"[\w.@+-]+", line) if w in known]
    return _by_order(list(dict.fromkeys(order)), [str(a["id"]) for a in sorted(dump.answers, key=_ctid)])


def audit_order(dump: Dump) -> Pairs:
    """Rows of the audit, the outbox and the form receipts in their order, each taken for one answer."""
    order: list[str] = []
    known = {str(p["id"]) for p in dump.people}
    for table in ("audit_event", "outbox_job", "form_receipt"):
        for row in sorted(dump.tables.get(table, []), key=lambda r: str(r.get("id")).zfill(20)):
            order += [v for v in re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", str(row)) if v in known]
    return _by_order(list(dict.fromkeys(order)), [str(a["id"]) for a in sorted(dump.answers, key=_ctid)])


def mail_order(dump: Dump) -> Pairs:
    """Letters in the order in which they left: recipients where the mailbox keeps them, taken for answers in physical order."""
    known = {str(p.get("email")): str(p["id"]) for p in dump.people}
    order = [known[w] for mail in dump.mails for w in re.findall(r"[\w.+-]+@[\w.-]+\w", mail) if w in known]
    return _by_order(list(dict.fromkeys(order)), [str(a["id"]) for a in sorted(dump.answers, key=_ctid)])


def redis_keys(dump: Dump) -> Pairs:
    """Anything in Redis that names a person and an answer."""
    answers = {str(a["id"]) for a in dump.answers}
    people = {str(p["id"]) for p in dump.people}
    pairs: Pairs = []
    for entry in dump.redis:
        found = set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", entry))
        pairs += [(p, a) for p in found & people for a in found & answers]
    return pairs


STRATEGIES: tuple[Callable[[Dump], Pairs], ...] = (
    keys,
    id_order,
    seen_order_to_ctid,
    seen_order_to_xmin,
    xmin_equal,
    xmin_nearest,
    ctid_order,
    time_order,
    uuid_bits,
    ballot_order,
    log_order,
    audit_order,
    mail_order,
    redis_keys,
)


def right(pairs: Pairs, truth: dict[str, str]) -> int:
    """How many pairs are right; `truth` maps a person to their answer."""
    return sum(truth.get(person) == answer for person, answer in dict(pairs).items())
