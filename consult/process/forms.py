"""Forms of processes."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateTimeLocalField
from wtforms.validators import Optional

from consult.core.vocabulary import ASSIGNABLE, Role, ThingKind
from consult.web.forms import Form, check_boxes, choice, email, line, long_text, tick
from consult.web.labels import choices

#: Words for the acts that the record keeps; an act without words shows its code.
ACTS: dict[str, Any] = {
    "account.opened": _l("account aperto"),
    "account.invited": _l("persona invitata"),
    "account.signed_up": _l("registrazione chiesta"),
    "account.signed_up_again": _l("registrazione chiesta di nuovo"),
    "account.verified": _l("indirizzo confermato"),
    "account.changed": _l("profilo cambiato"),
    "account.erased": _l("account cancellato"),
    "sign_in": _l("accesso"),
    "sign_in.failed": _l("accesso non riuscito"),
    "sign_in.demonstration": _l("accesso dimostrativo"),
    "password.reset_asked": _l("nuova password chiesta"),
    "password.reset": _l("password scelta di nuovo"),
    "password.invite": _l("invito accettato"),
    "password.changed": _l("password cambiata"),
    "mail.refused": _l("messaggio rifiutato dal server di posta"),
    "notices.preference": _l("preferenza sugli avvisi"),
    "clean_up": _l("pulizia della notte"),
    "frame.imported": _l("struttura importata"),
    "frame.imported_again": _l("struttura importata di nuovo"),
    "territory.imported": _l("territorio importato"),
    "territory.imported_again": _l("territorio importato di nuovo"),
    "territory.municipalities": _l("elenco dei comuni importato"),
    "process.opened": _l("processo aperto"),
    "process.published": _l("processo pubblicato"),
    "process.described": _l("parole del processo cambiate"),
    "process.premoderation": _l("lettura prima della pubblicazione cambiata"),
    "phase.settled": _l("fase chiusa"),
    "phase.closing_again": _l("fase di nuovo in chiusura, per un esito che manca"),
    "phase.dated": _l("date di una fase cambiate"),
    "organisation.asked": _l("richiesta di parlare per un’organizzazione"),
    "organisation.accepted": _l("persona confermata per un’organizzazione"),
    "organisation.refused": _l("persona non confermata per un’organizzazione"),
    "organisation.left": _l("organizzazione lasciata"),
    "role.given": _l("ruolo dato"),
    "role.taken": _l("ruolo tolto"),
    "notice.published": _l("informativa pubblicata"),
}


class OpenProcessForm(Form):
    """A new process."""

    frame_id = choice(_l("Struttura del piano"))
    territory_id = choice(_l("Territorio"))
    title = line(_l("Titolo"), required=False, maximum=300, description=_l("Se resta vuoto, quello della struttura."))
    name = line(_l("Nome del piano"), required=False, maximum=300)
    slug = line(
        _l("Nome nell’indirizzo"),
        required=False,
        maximum=60,
        description=_l("Lettere minuscole, cifre e trattini. Non si cambia più. Se resta vuoto, nasce dal titolo."),
    )
    summary = long_text(_l("Che cosa chiede, in parole semplici"), required=False, maximum=2000)


class WordsForm(Form):
    """The words of a process."""

    title = line(_l("Titolo"), maximum=300)
    name = line(_l("Nome del piano"), required=False, maximum=300)
    summary = long_text(_l("Che cosa chiede, in parole semplici"), required=False, maximum=2000)


class PremoderationForm(Form):
    """Which kinds of new text a moderator reads before anybody else."""

    kinds = check_boxes(
        _l("Che cosa legge un moderatore prima di tutti gli altri"),
        choices=choices(ThingKind, only=(ThingKind.proposal, ThingKind.comment, ThingKind.contribution)),
        description=_l(
            "Se non si spunta niente, i testi compaiono subito e si moderano dopo. Chi scrive sa sempre come funziona."
        ),
    )


class PhaseForm(Form):
    """The dates of one phase, in the authority's zone."""

    opens_at = DateTimeLocalField(_l("Apre"), format="%Y-%m-%dT%H:%M", validators=[Optional()])
    closes_at = DateTimeLocalField(_l("Chiude"), format="%Y-%m-%dT%H:%M", validators=[Optional()])
    sure = tick(_l("Sì, chiudi adesso: chi sta scrivendo non potrà più inviare"))


class MemberForm(Form):
    """A person to give a role to."""

    email = email(_l("Indirizzo e-mail"))
    display_name = line(
        _l("Nome"), required=False, maximum=80, description=_l("Serve solo se la persona non ha ancora un account.")
    )
    role = choice(_l("Ruolo"), choices=choices(Role, only=ASSIGNABLE))


class NoticeForm(Form):
    """The text of a privacy notice."""

    text = long_text(_l("Testo dell’informativa"), minimum=80, maximum=10_000, rows=18)
