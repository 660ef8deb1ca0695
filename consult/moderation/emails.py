"""What authors, supporters and followers are told, in their language. Without an application around it, in Italian."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from consult.core.vocabulary import Outcome, Role
from consult.web.formats import told_day


def subject(what: str, outcome: Outcome, codes: Sequence[str], author: bool, language: str) -> str:
    """One line that says what happened: part of which action, or which outcome, or taken back."""
    with force_locale(language):
        if what == "reversal":
            if author:
                return str(_("L’esito della tua proposta è stato ritirato: torna in esame"))
            return str(_("L’esito di una proposta che segui è stato ritirato: torna in esame"))
        if codes:
            if author:
                return str(_("La tua proposta fa parte dell’azione %(code)s", code=", ".join(codes)))
            return str(_("Una proposta che sostieni fa parte dell’azione %(code)s", code=", ".join(codes)))
        words = {
            Outcome.postponed: _("rinviata"),
            Outcome.not_competent: _("non di competenza"),
            Outcome.rejected: _("non accolta"),
        }.get(outcome, _("decisa"))
        if author:
            return str(_("La tua proposta ha una risposta: %(outcome)s", outcome=words))
        return str(_("Una proposta che sostieni ha una risposta: %(outcome)s", outcome=words))


def body(what: str, number: int, title: str, reason: str, reversal: str, language: str) -> str:
    """The proposal by number and title, the public reason, and what can be done now."""
    with force_locale(language):
        named = _("Proposta n. %(number)s: %(title)s", number=number, title=title)
        if what == "reversal":
            return "\n\n".join(
                part for part in (named, reversal, _("Riceverai un nuovo avviso quando sarà decisa.")) if part
            )
        last = _("Seguendo il collegamento si vede il filo: dalla proposta a ciò che ne è nato.")
        return "\n\n".join((named, _("Perché: %(reason)s", reason=reason), last))


def cited_subject(findings: int, language: str) -> str:
    """One line: what somebody said stands in the position paper now."""
    with force_locale(language):
        return str(
            ngettext(
                "Quello che hai detto è in una risultanza del position paper",
                "Quello che hai detto è in %(num)d risultanze del position paper",
                findings,
            )
        )


def cited_body(titles: Sequence[str], version: int, language: str) -> str:
    """Which findings, and what the link shows."""
    with force_locale(language):
        first = _(
            "È uscita la versione %(n)s del position paper. Queste risultanze si appoggiano anche alle tue parole:",
            n=version,
        )
        last = _("Seguendo il collegamento si vede il filo: da quello che hai detto a ciò che ne nasce.")
        return "\n\n".join((first, "\n".join(f"- {title}" for title in titles), last))


def taken_up_subject(code: str, language: str) -> str:
    """One line: an action rests on a finding in which somebody's words stand."""
    with force_locale(language):
        return str(_("Quello che hai detto ha portato all’azione %(code)s", code=code))


def taken_up_body(title: str, action: str, reason: str, language: str) -> str:
    """The finding, the action, the public reason."""
    with force_locale(language):
        first = _(
            "L’azione «%(action)s» si appoggia alla risultanza «%(title)s», in cui ci sono anche le tue parole.",
            action=action,
            title=title,
        )
        last = _("Seguendo il collegamento si vede il filo: da quello che hai detto all’azione.")
        return "\n\n".join((first, _("Perché: %(reason)s", reason=reason), last))


def given_back_subject(code: str, language: str) -> str:
    """One line: an action does not rest on somebody's words any more."""
    with force_locale(language):
        return str(_("L’azione %(code)s non si appoggia più a quello che hai detto", code=code))


def given_back_body(action: str, reason: str, language: str) -> str:
    """The action, why, and what stays."""
    with force_locale(language):
        first = _("Il legame tra le tue parole e l’azione «%(action)s» è stato tolto.", action=action)
        why = _("Perché: %(reason)s", reason=reason) if reason else ""
        last = _("La risultanza resta dov’è. Seguendo il collegamento si vede che cosa ne nasce adesso.")
        return "\n\n".join(part for part in (first, why, last) if part)


def action_subject(state: str, code: str, language: str) -> str:
    """One line: what happened to an action that somebody's words stand behind."""
    with force_locale(language):
        if state == "adopted":
            return str(_("L’azione %(code)s è adottata", code=code))
        if state == "withdrawn":
            return str(_("L’azione %(code)s è stata ritirata", code=code))
        return str(_("L’azione %(code)s torna in lavorazione", code=code))


def action_body(action: str, note: str, language: str) -> str:
    """The action by its title, why, and what the link shows."""
    with force_locale(language):
        first = _("«%(action)s» nasce anche da quello che hai proposto, sostenuto o detto.", action=action)
        last = _("Seguendo il collegamento si vede da che cosa nasce.")
        reason = _("Perché: %(reason)s", reason=note) if note else ""
        return "\n\n".join(part for part in (first, reason, last) if part)


def evaluation_subject(what: str, *, number: int, language: str) -> str:
    """How many proposals wait for an evaluation: asked for now, due soon, or late."""
    with force_locale(language):
        if what == "soon":
            return str(
                ngettext("Manca poco: %(num)s proposta da valutare", "Manca poco: %(num)s proposte da valutare", number)
            )
        if what == "late":
            return str(
                ngettext(
                    "Termine passato: %(num)s proposta da valutare",
                    "Termine passato: %(num)s proposte da valutare",
                    number,
                )
            )
        return str(ngettext("%(num)s proposta da valutare", "%(num)s proposte da valutare", number))


def evaluation_body(*, process: str, question: str, due: str, language: str) -> str:
    """Where, until when, what should be looked at."""
    with force_locale(language):
        parts = [process, _("Termine: %(due)s.", due=due), question]
        last = _("Chi non è l’ufficio giusto può rimandare la richiesta con un clic.")
        return "\n\n".join(part for part in (*parts, last) if part)


def evaluated_subject(number: int, language: str) -> str:
    """That everyone who was asked about a proposal has answered."""
    with force_locale(language):
        return str(_("Proposta n. %(n)s: tutte le valutazioni sono arrivate", n=number))


def evaluated_body(delivered: int, declined: int, language: str) -> str:
    """How many answered, how many handed back, what comes now."""
    with force_locale(language):
        parts = [ngettext("%(num)s valutazione consegnata.", "%(num)s valutazioni consegnate.", delivered)]
        if declined:
            parts.append(ngettext("%(num)s richiesta rimandata.", "%(num)s richieste rimandate.", declined))
        parts.append(_("Si leggono una accanto all’altra; poi si prepara l’esito."))
        return " ".join(str(part) for part in parts)


def note_subject(number: int, language: str) -> str:
    """That somebody wrote a note about a proposal."""
    with force_locale(language):
        return str(_("Una nuova nota interna sulla proposta n. %(n)s", n=number))


def note_body(name: str, language: str) -> str:
    """Who wrote it; its words stay on the desk."""
    with force_locale(language):
        return str(_("L’ha scritta %(name)s. Si legge solo sulla scrivania.", name=name))


def read_subject(kind: str, shown: bool, language: str) -> str:
    """Whether what a moderator read first appears now."""
    with force_locale(language):
        words = {
            ("proposal", True): _("La tua proposta è pubblicata"),
            ("proposal", False): _("La tua proposta non è stata pubblicata"),
            ("comment", True): _("Il tuo commento è pubblicato"),
            ("comment", False): _("Il tuo commento non è stato pubblicato"),
            ("amendment", True): _("La modifica che proponi è pubblicata"),
            ("amendment", False): _("La modifica che proponi non è stata pubblicata"),
            ("source", True): _("Il tuo contributo è stato accolto tra le voci"),
            ("source", False): _("Il tuo contributo non è stato accolto"),
            ("statement", True): _("La tua frase è tra quelle a cui si risponde"),
            ("statement", False): _("La tua frase non è stata accolta"),
        }
        return str(words[kind, shown])


def read_body(title: str, reason: str, language: str) -> str:
    """Which text, and why not where it was refused."""
    with force_locale(language):
        named = f"«{title}»"
        if not reason:
            return named
        last = _(
            "Alla pagina qui sotto si legge il motivo. Se pensi che sia un errore, puoi fare ricorso a un altro moderatore."
        )
        return "\n\n".join((named, _("Perché: %(reason)s", reason=_(reason)), last))


def moved_subject(kind: str, shown: bool, language: str) -> str:
    """Whether what anyone could read is hidden now, or visible again."""
    with force_locale(language):
        words = {
            ("proposal", True): _("La tua proposta è di nuovo visibile"),
            ("proposal", False): _("La tua proposta è stata nascosta"),
            ("comment", True): _("Il tuo commento è di nuovo visibile"),
            ("comment", False): _("Il tuo commento è stato nascosto"),
            ("amendment", True): _("La modifica che proponi è di nuovo visibile"),
            ("amendment", False): _("La modifica che proponi è stata nascosta"),
            ("source", True): _("Il tuo contributo è di nuovo visibile"),
            ("source", False): _("Il tuo contributo è stato nascosto"),
            ("statement", True): _("La tua frase è di nuovo visibile"),
            ("statement", False): _("La tua frase è stata nascosta"),
        }
        return str(words[kind, shown])


def overdue_subject(kind: str, language: str) -> str:
    """What nobody decided for two weeks."""
    with force_locale(language):
        if kind == "appeal":
            return str(_("Da due settimane un ricorso aspetta una risposta"))
        return str(_("Da due settimane due moderatori non sono d’accordo su un testo"))


def overdue_body(role: Role, language: str) -> str:
    """Who may decide now; to administrators (`role`), who may not, that somebody has to get a role."""
    with force_locale(language):
        if role is Role.administrator:
            return str(
                _(
                    "Nessun altro moderatore ha deciso, e non c’è chi gestisca il processo e possa farlo. "
                    "Alla pagina qui sotto si dà il ruolo di moderatore o la gestione del processo a un’altra persona."
                )
            )
        return str(
            _(
                "Nessun altro moderatore ha deciso: ora può farlo chi gestisce il processo, se non ha preso parte alla decisione. "
                "Oppure si dà il ruolo di moderatore a un’altra persona."
            )
        )


def appeal_subject(state: str, language: str) -> str:
    """That an appeal waits, or how it was answered."""
    with force_locale(language):
        words = {
            "open": _("Un ricorso aspetta una risposta"),
            "accepted": _("Il tuo ricorso è accolto: il testo è di nuovo visibile"),
            "confirmed": _("Il tuo ricorso non è accolto"),
            "settled": _("Il tuo testo è di nuovo visibile"),
        }
        return str(words[state])


def appeal_waits(role: Role, until: datetime, language: str) -> str:
    """What is asked of moderators; of managers and administrators, told because no moderator can answer, to give somebody the role."""
    with force_locale(language):
        if role is Role.moderator:
            return str(_("Risponde chi non ha preso la decisione. Servono due minuti."))
        first = (
            _(
                "Nel processo nessun moderatore può rispondere: servirebbe chi non ha preso la decisione. "
                "Chi gestisce il processo può rispondere dal %(day)s.",
                day=told_day(until),
            )
            if role is Role.manager
            else _("Nel processo non c’è nessuno che possa rispondere: servirebbe un moderatore che non ha preso la decisione.")
        )
        return " ".join((first, _("Alla pagina qui sotto si può dare subito il ruolo di moderatore a un’altra persona.")))


def appeal_body(state: str, answer: str, title: str, language: str) -> str:
    """Which text it is about, and the answer in words."""
    with force_locale(language):
        last = _("Un moderatore lo ha mostrato di nuovo: il ricorso è chiuso.") if state == "settled" else _("La risposta: %(answer)s", answer=answer)
        return "\n\n".join([f"«{title}»", last] if title else [last])
