"""Words for codes, in the reader's language. Codes never change; these may."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from consult.core.vocabulary import (
    Channel,
    Decision,
    Origin,
    Outcome,
    PhaseKind,
    Role,
    SpeakerKind,
    Stance,
    Support,
    ThingKind,
)
from consult.web.words import lazy_gettext as _l

LABELS: dict[type[StrEnum], dict[str, Any]] = {
    Role: {
        Role.administrator: _l("amministratore"),
        Role.manager: _l("responsabile del processo"),
        Role.facilitator: _l("facilitatore"),
        Role.moderator: _l("moderatore"),
        Role.operator: _l("operatore"),
        Role.evaluator: _l("valutatore"),
        Role.reviewer: _l("revisore"),
        Role.reader: _l("lettore"),
        Role.account: _l("persona registrata"),
        Role.invited: _l("persona invitata"),
        Role.anonymous: _l("chiunque"),
    },
    PhaseKind: {
        PhaseKind.preliminary: _l("fase preliminare"),
        PhaseKind.listening: _l("ascolto"),
        PhaseKind.co_planning: _l("co-pianificazione"),
        PhaseKind.drafting: _l("redazione"),
        PhaseKind.adoption: _l("adozione"),
        PhaseKind.implementation: _l("attuazione e monitoraggio"),
    },
    SpeakerKind: {
        SpeakerKind.resident: _l("residente"),
        SpeakerKind.municipality: _l("comune"),
        SpeakerKind.zone_spokesperson: _l("portavoce di zona"),
        SpeakerKind.association: _l("associazione"),
        SpeakerKind.business: _l("impresa"),
        SpeakerKind.trade_union: _l("sindacato"),
        SpeakerKind.education: _l("scuola"),
        SpeakerKind.research: _l("università e ricerca"),
        SpeakerKind.health_social: _l("sanità e sociale"),
        SpeakerKind.professional: _l("professioni"),
        SpeakerKind.utility: _l("servizi pubblici"),
    },
    Channel: {
        Channel.answer: _l("questionario"),
        Channel.interview: _l("intervista"),
        Channel.meeting: _l("incontro pubblico"),
        Channel.contribution: _l("contributo libero"),
        Channel.document: _l("documento"),
    },
    Stance: {Stance.in_favour: _l("a favore"), Stance.against: _l("contro"), Stance.neutral: _l("neutrale")},
    Outcome: {
        Outcome.adopted: _l("accolta"),
        Outcome.adopted_in_part: _l("accolta in parte"),
        Outcome.merged: _l("unita ad altre"),
        Outcome.already_planned: _l("già prevista"),
        Outcome.postponed: _l("rinviata"),
        Outcome.not_competent: _l("non di competenza"),
        Outcome.rejected: _l("non accolta"),
    },
    Origin: {
        Origin.machine: _l("proposta automatica"),
        Origin.edited: _l("modificato da una persona"),
        Origin.human: _l("scritto da una persona"),
    },
    Decision: {
        Decision.proposed: _l("proposto"),
        Decision.accepted: _l("accettato"),
        Decision.refused: _l("rifiutato"),
    },
    Support: {Support.supporting: _l("a sostegno"), Support.contrary: _l("di segno contrario")},
    ThingKind: {
        ThingKind.process: _l("processo"),
        ThingKind.source: _l("fonte"),
        ThingKind.theme: _l("tema"),
        ThingKind.finding: _l("risultanza"),
        ThingKind.paper: _l("position paper"),
        ThingKind.proposal: _l("proposta"),
        ThingKind.comment: _l("commento"),
        ThingKind.action: _l("azione"),
        ThingKind.strategy: _l("strategia"),
        ThingKind.questionnaire: _l("questionario"),
        ThingKind.interview: _l("intervista"),
        ThingKind.meeting: _l("incontro"),
        ThingKind.contribution: _l("contributo"),
        ThingKind.document: _l("documento"),
        ThingKind.account: _l("account"),
        ThingKind.run: _l("aggregazione"),
        ThingKind.code: _l("codice"),
        ThingKind.disposition: _l("esito"),
        ThingKind.membership: _l("ruolo"),
        ThingKind.phase: _l("fase"),
        ThingKind.frame: _l("struttura del piano"),
        ThingKind.territory: _l("territorio"),
        ThingKind.regrouping: _l("unione o divisione"),
        ThingKind.priority_round: _l("giro di priorità"),
        ThingKind.evaluation: _l("valutazione"),
        ThingKind.conversation: _l("conversazione"),
        ThingKind.statement: _l("frase"),
        ThingKind.appeal: _l("ricorso"),
        ThingKind.draft_finding: _l("risultanza in consultazione"),
        ThingKind.amendment: _l("modifica proposta"),
    },
}
_BY_NAME: dict[str, dict[str, Any]] = {kind.__name__: words for kind, words in LABELS.items()}


def add_words(kind: type[StrEnum], words: dict[str, Any]) -> None:
    """Give words to the codes of a room's own closed list; called once, where the room's forms, or the pages that show it, are defined."""
    LABELS[kind] = words
    _BY_NAME[kind.__name__] = words


def label(value: StrEnum | str | None, kind: str | None = None) -> str:
    """The words for a code: `label(Role.manager)`, or `label("manager", "Role")` for a code read from the database."""
    if value is None or value == "":
        return ""
    words = LABELS.get(type(value)) if isinstance(value, StrEnum) else _BY_NAME.get(kind or "")
    return str((words or {}).get(str(value), value))


def choices(
    kind: type[StrEnum], *, empty: Any = None, only: tuple[StrEnum, ...] | None = None
) -> list[tuple[str, Any]]:
    """Choices of a form field, in the order of the list; `empty` adds a first entry for no choice."""
    listed = [(str(code), LABELS[kind][code]) for code in (only or tuple(kind))]
    return [("", empty), *listed] if empty is not None else listed
