"""Forms of evaluations, offices, internal notes and dispositions in preparation, and the words for their codes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import to_utc
from wtforms import HiddenField

from consult.core.vocabulary import Outcome
from consult.listening.sources.forms import day
from consult.moderation import rules
from consult.moderation.forms.desk import DecisionForm, grouped
from consult.moderation.queries.evaluations import ShownEvaluation
from consult.moderation.queries.offices import EvaluatorRow, OfficeRow
from consult.moderation.queries.preparing import DraftRow
from consult.moderation.types import Asked, Competent, EvaluationState, Judgement, OverlapKind, Prepared
from consult.plan.queries import ActionCard
from consult.web.forms import Form, check_boxes, choice, clean_key, line, long_text, radio
from consult.web.labels import add_words, choices

add_words(
    Competent,
    {
        Competent.direct: _l("dell’ente"),
        Competent.shared: _l("condivisa con altri"),
        Competent.others: _l("di altri"),
        Competent.none: _l("di nessuno che si possa indicare"),
    },
)
add_words(
    EvaluationState,
    {
        EvaluationState.asked: _l("da fare"),
        EvaluationState.started: _l("iniziata"),
        EvaluationState.delivered: _l("consegnata"),
        EvaluationState.declined: _l("rimandata"),
        EvaluationState.withdrawn: _l("non più chiesta"),
    },
)
add_words(
    OverlapKind,
    {
        OverlapKind.finding: _l("risultanza"),
        OverlapKind.provision: _l("previsione di un piano"),
        OverlapKind.action: _l("azione"),
    },
)
#: The scale of feasibility, from the least to the most.
FEASIBILITY = {
    1: _l("non si può fare"),
    2: _l("molto difficile"),
    3: _l("possibile a certe condizioni"),
    4: _l("si può fare"),
    5: _l("si può fare subito"),
}
ANOTHER = "nuova"


def end_of_day(value: date) -> datetime:
    """The last minute of a day in the authority's zone, as an instant."""
    moment: datetime = to_utc(datetime.combine(value, time(23, 59)))
    return moment.replace(tzinfo=UTC)


class AskForm(Form):
    """Evaluators and offices that are asked about proposals."""

    evaluators = check_boxes(_l("A chi si chiede"))
    due = day(_l("Entro quale giorno"), description=_l("Tre giorni prima parte un promemoria."))
    question = long_text(
        _l("Che cosa si vuole sapere"),
        required=False,
        maximum=1000,
        rows=3,
        description=_l("Si legge nella richiesta, per esempio: guardate soprattutto i costi di gestione."),
    )

    def offer(self, people: Sequence[EvaluatorRow], offices: Sequence[OfficeRow]) -> None:
        """Fill in who can be asked, offices first."""
        named = [(f"ufficio:{o.id}", f"{o.name} ({len(o.people)})") for o in offices if o.people]
        self.evaluators.choices = [*named, *((f"persona:{p.account_id}", p.name) for p in people)]

    @property
    def asked(self) -> list[Asked]:
        """Who was chosen."""
        found = []
        for value in self.evaluators.data or []:
            kind, _colon, key = value.partition(":")
            who = clean_key(key)
            if who:
                found.append(Asked(office_id=who) if kind == "ufficio" else Asked(account_id=who))
        return found


class DeadlineForm(Form):
    """Another deadline for what is still to be done."""

    due = day(_l("Nuovo termine"))


class OfficeForm(Form):
    """An office that evaluates as one."""

    name = line(_l("Nome dell’ufficio"), maximum=200)
    people = check_boxes(_l("Chi ci lavora"))

    def offer(self, people: Sequence[EvaluatorRow]) -> None:
        """Fill in the evaluators of the process."""
        self.people.choices = [(str(p.account_id), p.name) for p in people]

    @property
    def account_ids(self) -> list[uuid.UUID]:
        """The people chosen."""
        return [key for value in self.people.data or [] if (key := clean_key(value))]


class NoteForm(Form):
    """A note among staff."""

    text = long_text(_l("Nota interna"), maximum=3000, rows=3)


class HandBackForm(Form):
    """A request that is not for this evaluator."""

    why = line(_l("Perché non è per questo ufficio"), maximum=500)
    version = HiddenField()


NOT_EUROS = _l("Scrivi solo euro interi, per esempio 150.000.")


def _euros(text: str | None) -> int | None:
    """Whole euros as people type them: dots, spaces and the sign are left out. None for nothing; -1 for what is no number."""
    bare = re.sub(r"[\s.€'’]|(?i:euro)|,00$", "", text or "")
    if not bare:
        return None
    return int(bare) if bare.isdecimal() and len(bare) <= 15 else -1


class EvaluationForm(Form):
    """What an evaluator says about a proposal."""

    competence = radio(_l("Di chi è la competenza"), choices=choices(Competent), required=False)
    competent_bodies = line(
        _l("Quali enti o uffici"),
        required=False,
        maximum=300,
        description=_l("Serve se la competenza è condivisa o di altri."),
    )
    feasibility = radio(
        _l("Si può fare?"), choices=[(str(n), words) for n, words in FEASIBILITY.items()], required=False
    )
    feasibility_words = long_text(
        _l("Da che cosa dipende"), required=False, maximum=rules.MAX_SHORT, rows=2
    )  # fmt: skip  # one field reads better so
    cost_from = line(_l("Costo stimato, da (euro)"), required=False, maximum=20)
    cost_to = line(_l("a (euro)"), required=False, maximum=20)
    cost_words = long_text(_l("Che cosa comprende il costo"), required=False, maximum=rules.MAX_SHORT, rows=2)
    other_codes = line(
        _l("Altre azioni o previsioni, per codice"),
        required=False,
        maximum=300,
        description=_l("Per esempio: 2.1.4, PUMS M1."),
    )
    opinion = long_text(
        _l("Parere interno"),
        required=False,
        maximum=rules.MAX_OPINION,
        rows=5,
        description=_l("Lo legge solo chi modera e chi valuta. Non si pubblica mai."),
    )
    outcome = choice(_l("Esito proposto"), required=False)
    reason_code = choice(_l("Motivo proposto"), required=False)
    version = HiddenField()

    def offer(self) -> None:
        """Fill in outcomes and reasons."""
        self.outcome.choices = [("", _("Nessuno")), *choices(Outcome)]
        self.reason_code.choices = grouped(tuple(Outcome), _("Nessuno"))

    def show(self, found: ShownEvaluation) -> None:
        """Fill in what was saved."""
        for name in (
            "competence",
            "competent_bodies",
            "feasibility_words",
            "cost_words",
            "opinion",
            "outcome",
            "reason_code",
        ):
            self[name].data = getattr(found, name)
        self.feasibility.data = str(found.feasibility or "")
        self.cost_from.data = "" if found.cost_from is None else f"{found.cost_from:,}".replace(",", ".")
        self.cost_to.data = "" if found.cost_to is None else f"{found.cost_to:,}".replace(",", ".")
        self.version.data = str(found.version)

    def readable(self) -> bool:
        """Whether the costs are numbers; hangs a sentence at those that are not."""
        wrong = {name: str(NOT_EUROS) for name in ("cost_from", "cost_to") if _euros(self[name].data) == -1}
        self.put_errors(wrong)
        return not wrong

    @property
    def judgement(self) -> Judgement:
        """What was filled in."""
        return Judgement(
            competence=self.competence.data or "",
            competent_bodies=self.competent_bodies.data or "",
            feasibility=int(self.feasibility.data) if self.feasibility.data else None,
            feasibility_words=self.feasibility_words.data or "",
            cost_from=_euros(self.cost_from.data),
            cost_to=_euros(self.cost_to.data),
            cost_words=self.cost_words.data or "",
            opinion=self.opinion.data or "",
            outcome=self.outcome.data or "",
            reason_code=self.reason_code.data or "",
        )


def accepted_overlaps(method: str, suggested: set[uuid.UUID]) -> dict[tuple[OverlapKind, uuid.UUID], str]:
    """The overlaps ticked in a form, each with the method where it was suggested."""
    found: dict[tuple[OverlapKind, uuid.UUID], str] = {}
    for value in request.form.getlist("sovrapposta")[:40]:
        kind, _colon, raw = value.partition(":")
        key = clean_key(raw)
        if key and kind in set(OverlapKind):
            found[OverlapKind(kind), key] = method if key in suggested else ""
    return found


class PrepareForm(DecisionForm):
    """A disposition for later, of any outcome; those that lead to an action name it."""

    action = choice(
        _l("In quale azione"),
        required=False,
        description=_l("Serve se l’esito porta la proposta nel piano."),
    )
    action_title = line(_l("Titolo della nuova azione"), required=False, maximum=200)
    passage = long_text(
        _l("Il passaggio che conta"),
        required=False,
        maximum=8000,
        rows=3,
        description=_l("Parole della proposta. Se resta vuoto, conta tutto il testo."),
    )
    draft_version = HiddenField()

    def offer_actions(self, actions: Sequence[ActionCard]) -> None:
        """Fill in the actions that take up proposals, a new one last."""
        named = [(str(a.id), f"{a.code} {a.title}") for a in actions]
        self.action.choices = [("", _("Nessuna")), *named, (ANOTHER, _("Una nuova azione"))]

    def show(self, draft: DraftRow) -> None:
        """Fill in what was saved."""
        for name in ("outcome", "public_reason", "body", "passage"):
            self[name].data = getattr(draft, name)
        self.reason.data = draft.reason_code
        self.action.data = str(draft.action_id) if draft.action_id else ANOTHER if draft.action_title else ""
        self.action_title.data = "" if draft.action_id else draft.action_title

    @property
    def prepared(self) -> Prepared:
        """What was filled in."""
        title = (self.action_title.data or "") if self.action.data == ANOTHER else ""
        return Prepared(
            outcome=Outcome(self.outcome.data),
            reason_code=self.reason.data,
            public_reason=self.public_reason.data or "",
            body=self.body.data or "",
            action_id=None if self.action.data == ANOTHER else clean_key(self.action.data),
            action_title=title,
            passage=self.passage.data or "",
        )


def chosen_keys(name: str) -> dict[uuid.UUID, int]:
    """What was ticked in a list, `key:version` each, up to a little more than any service takes."""
    found: dict[uuid.UUID, int] = {}
    for value in request.form.getlist(name)[: rules.MAX_CHOSEN + 1]:
        raw, _colon, version = value.partition(":")
        key = clean_key(raw)
        if key:
            found[key] = int(version) if version.isdecimal() and len(version) < 9 else 0
    return found
