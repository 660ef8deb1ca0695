"""Forms of the moderation desk, and the words for its codes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from consult.core.vocabulary import Outcome
from consult.moderation import rules
from consult.moderation.queries.items import Candidate, Item
from consult.moderation.types import AppealState, Chosen, DispositionState, Flag, Policy, ReadingState, Verb
from consult.plan.queries import ActionCard
from consult.plan.types import ActionFields
from consult.web.forms import Form, choice, clean_key, line, long_text, number, radio
from consult.web.labels import add_words, choices, label

add_words(
    Verb,
    {
        Verb.hidden: _l("nascosto"),
        Verb.restored: _l("mostrato di nuovo"),
        Verb.kept: _l("lasciato visibile"),
        Verb.published: _l("pubblicato dopo la lettura"),
        Verb.refused: _l("rifiutato"),
    },
)
add_words(DispositionState, {DispositionState.published: _l("pubblicato"), DispositionState.reversed: _l("ritirato")})
add_words(
    Flag,
    {
        Flag.personal_data: _l("forse dati personali"),
        Flag.insult: _l("parola dell’elenco"),
        Flag.links: _l("molti collegamenti"),
        Flag.burst: _l("molti testi in poco tempo"),
    },
)
add_words(
    AppealState,
    {
        AppealState.open: _l("aspetta una risposta"),
        AppealState.accepted: _l("accolto"),
        AppealState.confirmed: _l("non accolto"),
        AppealState.settled: _l("chiuso: il testo è di nuovo visibile"),
    },
)
add_words(
    ReadingState,
    {
        ReadingState.waiting: _l("da rileggere"),
        ReadingState.agreed: _l("d’accordo"),
        ReadingState.disputed: _l("decide un terzo moderatore"),
        ReadingState.settled: _l("ha deciso un terzo moderatore"),
    },
)
NEW = "nuova"


def seen_version(value: str | None) -> int:
    """The version a form was opened on; 0, which nothing has, where the field was tampered with."""
    return int(value) if value and value.isdigit() and len(value) < 9 else 0


class HideForm(Form):
    """Hide a text."""

    reason = choice(_l("Motivo"))
    note = line(_l("Nota per i colleghi"), required=False, maximum=500)
    version = HiddenField()

    def offer(self) -> None:
        """Fill in the reasons."""
        self.reason.choices = [("", _("Scegli un motivo")), *[(r.code, _(r.words)) for r in rules.HIDING]]


class TogetherForm(Form):
    """One decision for several texts."""

    act = radio(
        _l("Che cosa si fa"),
        choices=[("keep", _l("lascia visibili")), ("hide", _l("nascondi")), ("assign", _l("affida"))],
    )
    reason = choice(_l("Motivo, se si nasconde o si rifiuta"), required=False)
    note = line(_l("Nota per i colleghi"), required=False, maximum=500)
    account = choice(_l("A chi, se si affida"), required=False)

    def offer(self, moderators: Sequence[tuple[str, str]], *, waiting: bool = False) -> None:
        """Fill in the reasons and who moderates here; `waiting` for texts that a moderator reads first."""
        if waiting:
            self.act.choices = [("publish", _("pubblica")), ("refuse", _("rifiuta")), ("assign", _("affida"))]
        self.reason.choices = [("", _("Scegli un motivo")), *[(r.code, _(r.words)) for r in rules.HIDING]]
        self.account.choices = [("", _("Nessuno")), *moderators]


class PolicyForm(Form):
    """A new version of the rules of moderation."""

    words = long_text(
        _l("Le regole, in parole"),
        maximum=10_000,
        rows=10,
        description=_l("Le legge chiunque. Si possono usare elenchi e grassetti."),
    )
    insults = long_text(
        _l("Parole che portano un testo sulla scrivania"),
        required=False,
        maximum=20_000,
        rows=6,
        description=_l(
            "Una per riga, anche più parole insieme. Non si pubblicano. Un testo segnato così resta visibile."
        ),
    )
    most_links = number(_l("Collegamenti oltre i quali un testo va guardato"))
    burst_count = number(_l("Testi della stessa persona"), description=_l("Con 0 non si guarda quanti ne arrivano."))
    burst_minutes = number(_l("In quanti minuti"))
    second_percent = number(
        _l("Decisioni da rileggere, su cento"),
        description=_l("Estratte a sorte: un altro moderatore le rilegge senza vedere che cosa è stato deciso."),
    )
    version = HiddenField()

    def show(self, policy: Policy) -> None:
        """Fill in the rules in force."""
        self.words.data = policy.words
        self.insults.data = "\n".join(policy.insults)
        for name in ("most_links", "burst_count", "burst_minutes", "second_percent"):
            self[name].data = getattr(policy, name)
        self.version.data = str(policy.version)


class AppealForm(Form):
    """An author's appeal."""

    words = long_text(
        _l("Perché pensi che sia un errore"),
        maximum=rules.MAX_APPEAL,
        rows=5,
        description=_l("Lo leggono solo i moderatori. Bastano poche righe."),
    )


class AnswerForm(Form):
    """The answer to an appeal; where nothing is written the usual words are sent."""

    answer = long_text(
        _l("Che cosa si risponde"),
        required=False,
        maximum=rules.MAX_ANSWER,
        rows=3,
        description=_l("Lo legge chi ha fatto ricorso. Vuoto: si manda la frase solita."),
    )


class VersionForm(Form):
    """A decision of one key: restore, keep, undo."""

    version = HiddenField()


class ReverseForm(Form):
    """Take a disposition back."""

    why = line(_l("Perché l’esito viene ritirato"), maximum=500)


class DecisionForm(Form):
    """An outcome that leads to no action."""

    outcome = radio(_l("Esito"), choices=[])
    reason = choice(_l("Motivo"))
    public_reason = long_text(
        _l("Perché, in parole per chi l’ha scritta"),
        maximum=2000,
        rows=3,
        description=_l("Si legge sulla pagina della proposta e nel messaggio a chi l’ha scritta e sostenuta."),
    )
    body = line(_l("Chi decide"), description=_l("L’organo o l’ufficio, per esempio: Unità di progetto."))
    version = HiddenField()

    @property
    def decided(self) -> dict[str, Any]:
        """Outcome, reason and body, as the services take them."""
        return {
            "outcome": Outcome(self.outcome.data),
            "reason_code": self.reason.data,
            "public_reason": self.public_reason.data,
            "body": self.body.data,
        }

    def offer(self, outcomes: tuple[Outcome, ...]) -> None:
        """Fill in outcomes and the reasons that can explain them."""
        self.outcome.choices = choices(Outcome, only=outcomes)
        self.reason.choices = grouped(outcomes, _("Scegli un motivo"))


def grouped(outcomes: tuple[Outcome, ...], none: str) -> dict[str | None, list[tuple[str, Any]]]:
    """Reasons as choices, under the outcomes that they may explain, so that nobody has to guess which go together; first of all `none`."""
    found: dict[str | None, list[tuple[str, Any]]] = {None: [("", none)]}
    for reason in rules.reasons_for(outcomes):
        fitting = [label(outcome, "Outcome") for outcome in outcomes if outcome in reason.outcomes]
        found.setdefault(", ".join(map(str, fitting)), []).append((reason.code, _(reason.words)))
    return found


class PromotionForm(DecisionForm):
    """Proposals that become part of an action."""

    action = radio(_l("In quale azione"), choices=[])
    title = line(_l("Titolo della nuova azione"), required=False, maximum=200)
    text = long_text(_l("Testo della nuova azione"), required=False, maximum=8000, rows=6)

    def offer_actions(self, actions: Sequence[ActionCard]) -> None:
        """Fill in the actions that can take up proposals, a new one first."""
        named = [(str(a.id), f"{a.code} {a.title}") for a in actions]
        self.action.choices = [(NEW, _("Una nuova azione")), *named]

    def begin(self, lead: Item, body: str) -> None:
        """What an untouched form shows."""
        self.action.data = NEW
        self.outcome.data = str(Outcome.adopted)
        self.title.data = lead.title
        self.text.data = lead.text
        self.body.data = body

    @property
    def new_action(self) -> ActionFields | None:
        """The action to be written, where a new one was chosen."""
        if self.action.data != NEW:
            return None
        return ActionFields(title=self.title.data or "", text=self.text.data or "")

    @property
    def action_id(self) -> uuid.UUID | None:
        """The action that is there already, where one was chosen."""
        return None if self.action.data == NEW else clean_key(self.action.data)


class TakeUpForm(Form):
    """A finding or a meeting note that becomes one of the things an action rests on."""

    passage = long_text(
        _l("Il passaggio che conta"),
        maximum=20_000,
        rows=6,
        description=_l("Si può togliere ciò che non riguarda l’azione, non cambiare le parole."),
    )
    action = choice(_l("In quale azione"))
    strategy = choice(_l("Strategia della nuova azione"), required=False)
    title = line(_l("Titolo della nuova azione"), required=False, maximum=200)
    text = long_text(_l("Testo della nuova azione"), required=False, maximum=8000, rows=6)
    reason = choice(_l("Motivo"))
    public_reason = long_text(
        _l("Perché, in parole"), maximum=2000, rows=3, description=_l("Si legge sulla pagina dell’azione e nel filo.")
    )
    body = line(_l("Chi decide"), description=_l("L’organo o l’ufficio, per esempio: Unità di progetto."))
    seen = HiddenField()

    def offer(self, *, strategies: Sequence[tuple[str, str]], actions: Sequence[ActionCard]) -> None:
        """Fill in the strategies, the actions that can still take something up, a new one first, and the reasons."""
        self.strategy.choices = [("", _("Scegli una strategia")), *strategies]
        self.action.choices = [(NEW, _("Una nuova azione")), *((str(a.id), f"{a.code} {a.title}") for a in actions)]
        self.reason.choices = [("", _("Scegli un motivo")), *((r.code, _(r.words)) for r in rules.TAKING_UP)]

    @property
    def new_action(self) -> ActionFields | None:
        """The action to be written, where a new one was chosen."""
        if self.action.data != NEW:
            return None
        return ActionFields(title=self.title.data or "", text=self.text.data or "")

    @property
    def action_id(self) -> uuid.UUID | None:
        """The action that is there already, where one was chosen."""
        return None if self.action.data == NEW else clean_key(self.action.data)

    @property
    def links_seen(self) -> int:
        """How many links there were when the form was opened; -1, which never fits, where the field was tampered with."""
        value = self.seen.data or ""
        return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else -1


def chosen_proposals(lead: Item) -> list[Chosen]:
    """The proposals ticked in a promotion form, the lead first, each with its version and passage as sent."""
    keys = [lead.id, *(key for value in request.form.getlist("con") if (key := clean_key(value)))]
    return [
        Chosen(
            proposal_id=key,
            version=seen_version(request.form.get(f"versione-{key}")),
            passage=request.form.get(f"passo-{key}", ""),
        )
        for key in dict.fromkeys(keys)
    ]


def typed_passages(lead: Item, others: Sequence[Candidate]) -> dict[uuid.UUID, str]:
    """What stands in each passage field: what was sent, else the whole text."""
    texts = {lead.id: lead.text, **{c.id: c.text for c in others}}
    return {key: request.form.get(f"passo-{key}", text) for key, text in texts.items()}


def ticked() -> set[str]:
    """Keys of the proposals that were ticked."""
    return set(request.form.getlist("con"))
