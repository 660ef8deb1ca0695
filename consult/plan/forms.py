"""Forms of the editing desk, and the words for the plan's codes."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import FileField, HiddenField

from consult.plan.queries import ActionDetail
from consult.plan.types import ActionFields, ActionOrigin, ActionState, ChangeKind, Competence
from consult.web.forms import Form, check_boxes, choice, clean_key, line, long_text, radio
from consult.web.labels import add_words, choices

add_words(
    ActionState,
    {
        ActionState.draft: _l("bozza"),
        ActionState.under_review: _l("in esame"),
        ActionState.adopted: _l("adottata"),
        ActionState.withdrawn: _l("ritirata"),
    },
)
add_words(
    ActionOrigin,
    {
        ActionOrigin.promoted: _l("nata da ciò che si è detto e proposto"),
        ActionOrigin.imported: _l("importata da un piano precedente"),
        ActionOrigin.typed: _l("scritta dagli uffici"),
    },
)
COMPETENCE_WORDS: dict[str, Any] = {
    Competence.direct: _l("dell’ente"),
    Competence.shared: _l("condivisa con altri enti"),
    Competence.others: _l("di altri enti"),
}
add_words(Competence, COMPETENCE_WORDS)
add_words(
    ChangeKind,
    {
        ChangeKind.created: _l("scritta"),
        ChangeKind.edited: _l("modificata"),
        ChangeKind.state: _l("cambiata di stato"),
        ChangeKind.linked: _l("collegata a ciò che la sostiene"),
        ChangeKind.unlinked: _l("scollegata"),
    },
)


class ActionForm(Form):
    """The words of an action."""

    strategy = choice(_l("Strategia"))
    title = line(_l("Titolo"), maximum=200)
    text = long_text(
        _l("Che cosa si fa"),
        required=False,
        maximum=8000,
        rows=10,
        description=_l("Si possono usare elenchi e grassetti."),
    )
    competence = radio(_l("Di chi è la competenza"), choices=choices(Competence), default=str(Competence.direct))
    lead_body = line(_l("Ente o ufficio capofila"), required=False)
    partners = long_text(_l("Chi partecipa"), required=False, maximum=2000, rows=2)
    zones = check_boxes(_l("Zone"), description=_l("Nessuna scelta vuol dire tutto il territorio."))
    connections = check_boxes(_l("Altre strategie collegate"))
    provisions = check_boxes(_l("Previsioni di altri piani"))
    period = line(_l("Periodo"), required=False, maximum=100, description=_l("Per esempio: 2027-2028."))
    funding = long_text(_l("Fonti di finanziamento"), required=False, maximum=2000, rows=2)
    objective_code = line(_l("Codice dell’obiettivo in DUP o PIAO"), required=False, maximum=60)
    note = line(_l("Perché questa modifica"), required=False, maximum=300)
    version = HiddenField()

    def offer(
        self, *, strategies: list[tuple[str, Any]], zones: list[tuple[str, Any]], provisions: list[tuple[str, Any]]
    ) -> None:
        """Fill in what can be chosen."""
        self.strategy.choices = strategies
        self.connections.choices = strategies
        self.zones.choices = zones
        self.provisions.choices = provisions

    def show(self, action: ActionDetail) -> None:
        """Fill in what is saved; nothing a person typed is touched."""
        for name in ("title", "text", "competence", "lead_body", "partners", "period", "funding", "objective_code"):
            self[name].data = getattr(action, name)
        self.strategy.data = str(action.strategy_id)
        self.version.data = str(action.version)
        self.zones.data = [str(key) for key, _code, _name in action.zones]
        self.connections.data = [str(key) for key, _code, _name in action.connections]
        self.provisions.data = [str(key) for key, _code, _name in action.provisions]

    def fields(self) -> ActionFields:
        """What was typed, for the service."""

        def keys(name: str) -> tuple[Any, ...]:
            return tuple(key for value in self[name].data or () if (key := clean_key(value)))

        return ActionFields(
            title=self.title.data or "",
            text=self.text.data or "",
            competence=Competence(self.competence.data),
            lead_body=self.lead_body.data or "",
            partners=self.partners.data or "",
            period=self.period.data or "",
            funding=self.funding.data or "",
            objective_code=self.objective_code.data or "",
            zone_ids=keys("zones"),
            strategy_ids=keys("connections"),
            provision_ids=keys("provisions"),
        )

    @property
    def seen_version(self) -> int:
        """The version the form was opened on; 0, which no action has, where the field was tampered with."""
        value = self.version.data or ""
        return int(value) if value.isdigit() and len(value) < 9 else 0


class StateForm(Form):
    """A move of an action to another state."""

    version = HiddenField()
    state = HiddenField()
    note = line(_l("Perché"), required=False, maximum=300)


class PlanFileForm(Form):
    """A table of actions."""

    file = FileField(_l("Il file"), description=_l("CSV, al massimo 10 MB. La prima riga ha i nomi delle colonne."))
