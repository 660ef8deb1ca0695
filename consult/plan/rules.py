"""Pure rules of the plan: states, codes, and what differs between two versions of an action."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from consult.core.errors import Difference
from consult.core.sentences import N_
from consult.plan.types import ActionState, Competence

S = ActionState
#: Moves between states that somebody may ask for. Adoption is the bodies' act; a withdrawn action can come back as a draft.
MOVES: frozenset[tuple[str, str]] = frozenset(
    {
        (S.draft, S.under_review),
        (S.draft, S.withdrawn),
        (S.under_review, S.draft),
        (S.under_review, S.adopted),
        (S.under_review, S.withdrawn),
        (S.adopted, S.withdrawn),
        (S.withdrawn, S.draft),
    }
)
EDITABLE = frozenset({S.draft, S.under_review})
#: States in which an action can still take up proposals.
OPEN_TO_PROPOSALS = frozenset({S.draft, S.under_review})


#: Fields of an action in the order of the form, with their words.
FIELD_WORDS: dict[str, str] = {
    "title": N_("Titolo"),
    "text": N_("Testo"),
    "competence": N_("Competenza"),
    "lead_body": N_("Ente capofila"),
    "partners": N_("Partner"),
    "period": N_("Periodo"),
    "funding": N_("Fonti di finanziamento"),
    "objective_code": N_("Codice obiettivo DUP/PIAO"),
    "zones": N_("Zone"),
    "connections": N_("Altre strategie collegate"),
    "provisions": N_("Previsioni di altri piani"),
    "state": N_("Stato"),
}


COMPETENCE_WORDS: dict[str, str] = {
    Competence.direct: N_("dell’ente"),
    Competence.shared: N_("condivisa con altri enti"),
    Competence.others: N_("di altri enti"),
}
STATE_WORDS: dict[str, str] = {
    S.draft: N_("bozza"),
    S.under_review: N_("in esame"),
    S.adopted: N_("adottata"),
    S.withdrawn: N_("ritirata"),
}


def may_move(state: str, to: str) -> bool:
    """Whether an action in `state` may be put in the state `to`."""
    return (state, to) in MOVES


def may_edit(state: str) -> bool:
    """Whether an action's words may still be changed."""
    return state in EDITABLE


def code_of(strategy_code: str, number: int) -> str:
    """The code of an action: 2.1 and 4 give 2.1.4."""
    return f"{strategy_code}.{number}"


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only the fields that differ, as they were and as they became."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


def differences(saved: Mapping[str, Any], typed: Mapping[str, Any]) -> tuple[Difference, ...]:
    """The fields in which a stale edit differs from what is saved now, in the order of the form."""
    return tuple(
        Difference(label=words, theirs=_plain(saved.get(name)), yours=_plain(typed.get(name)))
        for name, words in FIELD_WORDS.items()
        if name in typed and saved.get(name) != typed[name]
    )


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


#: Columns of the table; those of the plan's own CSV, so that what was written out can be brought in elsewhere.
IMPORT_COLUMNS = (
    "code",
    "title",
    "text",
    "competence",
    "lead_body",
    "partners",
    "zones",
    "period",
    "funding",
    "connections",
    "provisions",
    "objective_code",
)


def named(value: str, known: Collection[str]) -> tuple[list[str], list[str]]:
    """Names that stand one after the other with commas between, each once: those that are known, and those that are not.

    A name may itself hold commas, as the codes of some plans do: the longest that is known is taken.
    """
    parts = [part.strip() for part in value.split(",") if part.strip()]
    found: list[str] = []
    strange: list[str] = []
    while parts:
        most = next((n for n in range(len(parts), 0, -1) if ", ".join(parts[:n]) in known), 0)
        (found if most else strange).append(", ".join(parts[: most or 1]))
        del parts[: most or 1]
    return list(dict.fromkeys(found)), strange
