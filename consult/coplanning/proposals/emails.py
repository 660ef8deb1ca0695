"""What people are told about the discussion of proposals: subjects and bodies of notices, in their language."""

from __future__ import annotations

from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _

from consult.coplanning.proposals.rules import lapse_cause
from consult.coplanning.proposals.types import LapseCause
from consult.core.settling import Term
from consult.core.vocabulary import Role
from consult.web.formats import told_day
from consult.web.formats import until as written_until
from consult.web.words import say


def comment_subject(title: str, *, answered: bool, own: bool, language: str) -> str:
    """Somebody answered the reader's comment, commented their proposal, or one they follow."""
    with force_locale(language):
        if answered:
            return str(_("Una risposta al tuo commento su «%(title)s»", title=title))
        if own:
            return str(_("Un commento alla tua proposta «%(title)s»", title=title))
        return str(_("Un commento a una proposta che segui: «%(title)s»", title=title))


def regrouping_subject(what: str, *, kind: str, role: str, title: str, other: str, language: str) -> str:
    """What happened to the reader's proposal, or to one they support or follow: merged, split, asked, still asked, refused, withdrawn, lapsed,
    answered, taken back."""
    with force_locale(language):
        if what == "soon":
            return str(_("Aspetta ancora la tua risposta: unire «%(other)s» alla tua proposta?", other=other))
        if what == "asked":
            return str(_("Qualcuno propone di unire «%(other)s» alla tua proposta", other=other))
        if what == "refused":
            return str(_("La tua richiesta di unire «%(title)s» non è stata accettata", title=title))
        if what == "withdrawn":
            return str(_("Chi chiedeva di unire «%(other)s» alla tua proposta ha ritirato la richiesta", other=other))
        if what == "lapsed":
            if role == "into":
                return str(_("È decaduta la richiesta di unire «%(other)s» alla tua proposta", other=other))
            return str(_("La tua richiesta di unire «%(title)s» è decaduta senza risposta", title=title))
        if what == "answered":
            return str(_("Una risposta alla tua obiezione su «%(title)s»", title=title))
        if what == "undone":
            if kind == "split":
                return str(_("La divisione di «%(title)s» è stata annullata", title=title))
            return str(_("L’unione di «%(title)s» con altre è stata annullata", title=title))
        if role == "into":
            return str(_("Alla proposta «%(title)s» ne è stata unita un’altra", title=title))
        if kind == "split":
            words = {
                "author": _("La tua proposta «%(title)s» è stata divisa", title=title),
                "near": _("«%(title)s», che sostieni o segui, è stata divisa", title=title),
            }
        else:
            words = {
                "author": _("La tua proposta «%(title)s» è stata unita a un’altra", title=title),
                "near": _("«%(title)s», che sostieni o segui, continua in un’altra proposta", title=title),
            }
        return str(words[role])


def regrouping_body(what: str, *, role: str, reason: str, others: str, until: Term | None, cause: str | None, language: str) -> str:
    """Why, where it goes on, and what the reader can do now. `cause`: why it lapsed; nobody answered until `until`, or it could not be done
    any more."""
    with force_locale(language):
        parts = [_("Perché: %(reason)s", reason=reason)] if reason else []
        if what == "made":
            parts.append(_("Continua in: %(others)s", others=others))
            if role == "author" and until:
                parts.append(_("Se non sei d’accordo puoi dirlo entro il %(day)s: qualcuno ti risponderà.", day=written_until(until)))
            if role == "near":
                parts.append(_("Il tuo sostegno resta dove l’hai dato. Se vuoi, sostieni anche la nuova proposta."))
        elif what in ("asked", "soon"):
            parts.append(_("Se accetti, la tua proposta porterà avanti anche l’altra. Decidi tu."))
            parts.append(_("Puoi rispondere fino al %(day)s. Poi la richiesta decade e le due proposte restano separate.", day=written_until(until)))
        elif what == "withdrawn":
            parts.append(_("Non devi fare niente: le due proposte restano separate."))
        elif what == "lapsed":
            parts.append(say(lapse_cause(cause, day=written_until(until), two=True)))
            parts.append(_("Le due proposte restano separate."))
            if cause == LapseCause.late and role == "author":
                parts.append(_("Puoi chiederlo di nuovo, o scrivere un commento a chi l’ha scritta."))
        return "\n\n".join(str(part) for part in parts)


def objection_subject(title: str, *, kind: str, late: bool, language: str) -> str:
    """An author objects to what a moderator did with their proposal; `late`: and nobody has answered."""
    with force_locale(language):
        if late:
            return str(_("Da due settimane un’obiezione aspetta una risposta: «%(title)s»", title=title))
        if kind == "split":
            return str(_("Un’obiezione alla divisione di «%(title)s»", title=title))
        return str(_("Un’obiezione all’unione di «%(title)s» con altre", title=title))


def objection_body(*, role: Role, late: bool, until: datetime, language: str) -> str:
    """Who answers, and until when; to managers and administrators (`role`), told because nobody else can, that they can give somebody the
    role."""
    with force_locale(language):
        if role is Role.administrator:
            nobody = (
                _("Nessun altro moderatore ha risposto, e non c’è chi gestisca il processo e possa farlo.")
                if late
                else _("Nel processo non c’è nessuno che possa rispondere: servirebbe un moderatore che non ha preso la decisione.")
            )
            return " ".join((nobody, _("Alla pagina qui sotto si può dare subito il ruolo di moderatore a un’altra persona.")))
        if late:
            return str(_("Nessun altro moderatore ha risposto: ora può farlo chi gestisce il processo, se non ha deciso l’unione o la divisione."))
        if role is Role.manager:
            return str(
                _(
                    "Nel processo nessun moderatore può rispondere: servirebbe chi non ha deciso e non si oppone. Chi gestisce il processo "
                    "può rispondere dal %(day)s; fino ad allora può dare il ruolo di moderatore a un’altra persona.",
                    day=told_day(until),
                )
            )
        day = told_day(until)
        return str(_("Risponde un moderatore diverso da chi ha deciso, entro il %(day)s. Poi può farlo chi gestisce il processo.", day=day))


def amendment_subject(what: str, *, title: str, language: str) -> str:
    """A change was proposed, its time is nearly over, it was taken up, or not, or nobody answered; what somebody supports or follows reads
    otherwise now."""
    with force_locale(language):
        words = {
            "new": _("Una modifica proposta al testo di «%(title)s»", title=title),
            "soon": _("Una modifica a «%(title)s» aspetta ancora la tua risposta", title=title),
            "accepted": _("La tua modifica è stata accolta: ora sei tra chi ha scritto «%(title)s»", title=title),
            "declined": _("Una risposta alla modifica che hai proposto a «%(title)s»", title=title),
            "lapsed": _("La modifica che hai proposto a «%(title)s» è decaduta senza risposta", title=title),
            "left": _("È decaduta la modifica proposta al testo di «%(title)s»", title=title),
            "changed": _("È cambiato il testo di «%(title)s», che sostieni o segui", title=title),
        }
        return str(words[what])


def amendment_body(what: str, *, words: str, until: Term | None, cause: str | None, language: str) -> str:
    """What was said of it, until when it waits or why it ended (`cause`), and what the reader can do now."""
    with force_locale(language):
        first = {
            "new": _("Perché: %(reason)s", reason=words),
            "soon": _("Perché: %(reason)s", reason=words),
            "changed": _("Perché: %(reason)s", reason=words),
        }.get(what, words)
        if what in ("lapsed", "left"):
            first = say(lapse_cause(cause, day=written_until(until)))
        term = ""
        if what in ("new", "soon") and until:
            term = _("Puoi rispondere fino al %(day)s. Poi la modifica decade e il testo resta com’è.", day=written_until(until))
        again = what == "lapsed" and cause == LapseCause.late
        last = {
            "new": _(
                "La proposta resta com’è finché non accetti. Decidi tu; se dici di no, scrivi una frase per spiegare."
            ),
            "declined": _("Il testo della proposta resta com’era. Puoi sempre aggiungere un commento."),
            "lapsed": _("Il testo della proposta resta com’era."),
            "left": _("Il testo della proposta resta com’era. Non devi fare niente."),
            "changed": _(
                "Chi ha scritto la proposta ha accolto una modifica. Se non sei più d’accordo puoi togliere il sostegno."
            ),
        }.get(what, "")
        more = _("Puoi proporla di nuovo, o scriverne in un commento.") if again else ""
        return "\n\n".join(str(part) for part in (first, last, term, more) if part)
