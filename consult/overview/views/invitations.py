"""Words and addresses for what can be done: by anyone in the phases that are open, by staff with what waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from consult.core.protocols import PhaseFacts
from consult.core.vocabulary import PhaseKind, Role
from consult.overview.queries.desk import CARES, Place, Work
from consult.overview.queries.home import Numbers


@dataclass(frozen=True, slots=True)
class Act:
    """Something anyone can do today: one line of what it asks, how long it takes, until when."""

    title: str
    text: str
    duration: str
    button: str
    url: str
    closes_at: datetime | None


def acts(slug: str, phases: Sequence[PhaseFacts], numbers: Numbers) -> list[Act]:
    """What anyone can do in the phases open now, the most useful first; the first is the page's primary action."""
    found: list[Act] = []
    by_kind = {phase.kind: phase for phase in phases if phase.is_open}
    listening, planning = by_kind.get(PhaseKind.listening), by_kind.get(PhaseKind.co_planning)
    if planning:
        found.append(
            Act(
                _("Fai una proposta per il piano"),
                _("Un titolo, qualche frase, la strategia a cui serve. Prima di inviare vedi quelle simili."),
                _("circa 10 minuti"),
                _("Scrivi la proposta"),
                url_for("proposals.new", slug=slug),
                planning.closes_at,
            )
        )
    if numbers.draft_number:
        found.append(
            Act(
                _("Leggi e commenta la bozza del position paper"),
                _("Che cosa è emerso dall’ascolto, prima che sia definitivo. A ogni commento si risponde in pubblico."),
                _("circa 5 minuti per risultanza"),
                _("Apri la bozza"),
                url_for("position_paper.draft", slug=slug, number=numbers.draft_number),
                numbers.draft_closes_at,
            )
        )
    if listening:
        found.append(
            Act(
                _("Di’ che cosa serve al tuo territorio"),
                _("Un bisogno, un problema, un’idea: con parole tue, anche senza registrarti."),
                _("bastano 30 secondi"),
                _("Lascia un contributo"),
                url_for("contributions.new", slug=slug),
                listening.closes_at,
            )
        )
    if listening and numbers.open_questionnaires:
        found.append(
            Act(
                _("Rispondi a un questionario"),
                ngettext(
                    "C’è %(num)s questionario aperto a tutti.",
                    "Ci sono %(num)s questionari aperti a tutti.",
                    numbers.open_questionnaires,
                ),
                _("circa 10 minuti"),
                _("Vai ai questionari"),
                url_for("surveys.public_list", slug=slug),
                listening.closes_at,
            )
        )
    if planning and numbers.proposals:
        found.append(
            Act(
                _("Leggi e sostieni le proposte degli altri"),
                ngettext("C’è %(num)s proposta da leggere.", "Ci sono %(num)s proposte da leggere.", numbers.proposals),
                _("2 minuti per proposta"),
                _("Vai alle proposte"),
                url_for("proposals.index", slug=slug),
                planning.closes_at,
            )
        )
    if planning and numbers.open_rounds:
        found.append(
            Act(
                _("Di’ che cosa viene prima"),
                ngettext(
                    "C’è %(num)s giro aperto: chi vive o lavora qui dice che cosa conta di più.",
                    "Ci sono %(num)s giri aperti: chi vive o lavora qui dice che cosa conta di più.",
                    numbers.open_rounds,
                ),
                _("circa 5 minuti"),
                _("Vai alle priorità"),
                url_for("priorities.index", slug=slug),
                planning.closes_at,
            )
        )
    if planning and numbers.open_conversations:
        found.append(
            Act(
                _("Di’ se sei d’accordo"),
                ngettext(
                    "C’è %(num)s conversazione aperta: frasi brevi, un tocco per ognuna. Poi vedi che cosa unisce e che cosa divide.",
                    "Ci sono %(num)s conversazioni aperte: frasi brevi, un tocco per ognuna. Poi vedi che cosa unisce e che cosa divide.",
                    numbers.open_conversations,
                ),
                _("circa 3 minuti"),
                _("Vai alle opinioni"),
                url_for("opinions.index", slug=slug),
                planning.closes_at,
            )
        )
    if numbers.coming_meetings:
        found.append(
            Act(
                _("Vieni a un incontro"),
                ngettext(
                    "C’è %(num)s incontro pubblico in arrivo.",
                    "Ci sono %(num)s incontri pubblici in arrivo.",
                    numbers.coming_meetings,
                ),
                _("una sera"),
                _("Vedi gli incontri"),
                url_for("meetings.public_list", slug=slug),
                None,
            )
        )
    if numbers.paper_version and not planning:
        found.append(
            Act(
                _("Leggi che cosa è emerso dall’ascolto"),
                _("Il position paper: ogni affermazione con le voci da cui nasce."),
                _("quanto vuoi"),
                _("Apri il position paper"),
                url_for("position_paper.public", slug=slug),
                None,
            )
        )
    if not found and numbers.actions:
        found.append(
            Act(
                _("Guarda il piano e da che cosa nasce"),
                _("Ogni azione con le proposte e le voci che la sostengono."),
                _("quanto vuoi"),
                _("Apri il piano"),
                url_for("plan.public", slug=slug),
                None,
            )
        )
    return found


def next_phase(phases: Sequence[PhaseFacts], now: datetime) -> PhaseFacts | None:
    """The first phase that has not begun."""
    coming = [phase for phase in phases if phase.opens_at is None or phase.opens_at > now]
    return coming[0] if coming else None


@dataclass(frozen=True, slots=True)
class WorkLine:
    """One line of the desk: what waits, how many, since when, where to do it."""

    text: str
    url: str
    since: datetime | None


def work_lines(place: Place, works: Sequence[Work]) -> list[WorkLine]:
    """What waits in a process for the roles a person has there, in words, oldest first."""
    return [
        WorkLine(_words(work), _address(place.slug, work.code), work.since)
        for work in works
        if CARES[work.code] & place.roles or (Role.administrator in place.roles and work.code == "phases_closing")
    ]


def _words(work: Work) -> str:
    n = work.number
    said: Callable[[], Any] = {
        "reported": lambda: ngettext("%(num)s testo segnalato", "%(num)s testi segnalati", n),
        "appeals": lambda: ngettext("%(num)s ricorso a cui rispondere", "%(num)s ricorsi a cui rispondere", n),
        "second_readings": lambda: ngettext("%(num)s decisione da rileggere", "%(num)s decisioni da rileggere", n),
        "objections": lambda: ngettext(
            "%(num)s obiezione a un’unione o divisione", "%(num)s obiezioni a unioni o divisioni", n
        ),
        "appeals_late": lambda: ngettext(
            "%(num)s ricorso senza risposta da due settimane", "%(num)s ricorsi senza risposta da due settimane", n
        ),
        "second_readings_late": lambda: ngettext(
            "%(num)s decisione su cui due moderatori non sono d’accordo da due settimane",
            "%(num)s decisioni su cui due moderatori non sono d’accordo da due settimane",
            n,
        ),
        "objections_late": lambda: ngettext(
            "%(num)s obiezione senza risposta da due settimane", "%(num)s obiezioni senza risposta da due settimane", n
        ),
        "unread_texts": lambda: ngettext(
            "%(num)s testo da leggere prima che compaia", "%(num)s testi da leggere prima che compaiano", n
        ),
        "to_evaluate": lambda: ngettext("%(num)s proposta da valutare", "%(num)s proposte da valutare", n),
        "undecided": lambda: ngettext("%(num)s proposta senza esito", "%(num)s proposte senza esito", n),
        "themes_proposed": lambda: ngettext(
            "%(num)s tema proposto da accettare o rifiutare", "%(num)s temi proposti da accettare o rifiutare", n
        ),
        "findings_proposed": lambda: ngettext(
            "Bozza del position paper: %(num)s risultanza da rivedere",
            "Bozza del position paper: %(num)s risultanze da rivedere",
            n,
        ),
        "draft_comments": lambda: ngettext(
            "%(num)s commento alla bozza del position paper senza risposta",
            "%(num)s commenti alla bozza del position paper senza risposta",
            n,
        ),
        "approvals": lambda: ngettext(
            "%(num)s sezione del position paper da approvare", "%(num)s sezioni del position paper da approvare", n
        ),
        "margin_notes": lambda: ngettext(
            "Bozza del position paper: %(num)s commento a margine aperto",
            "Bozza del position paper: %(num)s commenti a margine aperti",
            n,
        ),
        "interviews_to_do": lambda: ngettext(
            "%(num)s intervista da fare o trascrivere", "%(num)s interviste da fare o trascrivere", n
        ),
        "minutes_missing": lambda: ngettext(
            "%(num)s incontro finito senza resoconto", "%(num)s incontri finiti senza resoconto", n
        ),
        "runs_failed": lambda: _("l’ultima aggregazione non è riuscita"),
        "actions_in_review": lambda: ngettext("%(num)s azione in esame", "%(num)s azioni in esame", n),
        "phases_closing": lambda: ngettext(
            "%(num)s fase si chiude entro due settimane", "%(num)s fasi si chiudono entro due settimane", n
        ),
        "speakers_asking": lambda: ngettext(
            "%(num)s persona chiede di parlare per un’organizzazione", "%(num)s persone chiedono di parlare per un’organizzazione", n
        ),
    }[work.code]
    return str(said())


def _address(slug: str, code: str) -> str:
    found: Callable[[], str] = {
        "reported": lambda: url_for("moderation.queue", slug=slug, elenco="segnalate"),
        "appeals": lambda: url_for("second_look.index", slug=slug, elenco="ricorsi"),
        "second_readings": lambda: url_for("second_look.index", slug=slug, elenco="riletture"),
        "objections": lambda: url_for("proposals.regroupings", slug=slug, elenco="contestate"),
        "appeals_late": lambda: url_for("second_look.index", slug=slug, elenco="ricorsi"),
        "second_readings_late": lambda: url_for("second_look.index", slug=slug, elenco="riletture"),
        "objections_late": lambda: url_for("proposals.regroupings", slug=slug, elenco="contestate"),
        "unread_texts": lambda: url_for("moderation.queue", slug=slug, elenco="in-attesa"),
        "to_evaluate": lambda: url_for("evaluations.worklist", slug=slug),
        "undecided": lambda: url_for("moderation.queue", slug=slug),
        "themes_proposed": lambda: url_for("evidence.themes", slug=slug),
        "findings_proposed": lambda: url_for("position_paper.workshop", slug=slug),
        "draft_comments": lambda: url_for("position_paper.consultations", slug=slug),
        "approvals": lambda: url_for("position_paper.sections", slug=slug),
        "margin_notes": lambda: url_for("position_paper.workshop", slug=slug, stato="commentate"),
        "interviews_to_do": lambda: url_for("interviews.desk", slug=slug),
        "minutes_missing": lambda: url_for("meetings.desk", slug=slug),
        "runs_failed": lambda: url_for("evidence.runs_list", slug=slug),
        "actions_in_review": lambda: url_for("plan.desk", slug=slug, stato="under_review"),
        "phases_closing": lambda: url_for("process_admin.phases", slug=slug),
        "speakers_asking": lambda: url_for("process_admin.organisations", slug=slug),
    }[code]
    return found()
