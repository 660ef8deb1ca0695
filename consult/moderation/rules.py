"""Pure rules of moderation: reasons, outcomes, passages, the ten seconds of undo."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from consult.analytics.prepare import normalised, personal_spans
from consult.core.sentences import N_, Sentence
from consult.core.vocabulary import LINKING_OUTCOMES, Outcome
from consult.moderation.types import Competent, Flag, Judgement, Policy, Reason, Verb

#: For so long the person who decided may take the decision back without giving a reason.
UNDO_SECONDS = 10
#: What the network may cost between the screen and the database's clock.
UNDO_GRACE_SECONDS = 2
#: People are told only when nobody can undo any more.
TELL_AFTER_SECONDS = UNDO_SECONDS + UNDO_GRACE_SECONDS + 1
MAX_TOGETHER = 30
#: How many proposals one request for evaluations, or one preparation of dispositions, may concern.
MAX_CHOSEN = 500
#: How many dispositions are published in one transaction; a longer list is published in several.
MAX_PUBLISHED = 100
#: A reminder goes out when so many days are left.
REMIND_DAYS = 3


O = Outcome  # noqa: E741  # One letter keeps the table below readable.
#: Why a text is hidden. Codes never change; a code that is no longer given stays here, so that old acts can be read.
HIDING: tuple[Reason, ...] = (
    Reason("insult", N_("Insulti o offese")),
    Reason("hate", N_("Odio o discriminazione verso persone o gruppi")),
    Reason("personal_data", N_("Dati personali di altri")),
    Reason("false_information", N_("Informazioni false presentate come fatti")),
    Reason("advertising", N_("Pubblicità")),
    Reason("off_topic", N_("Non riguarda il processo")),
    Reason("copy", N_("Copia di un testo già inviato dalla stessa persona")),
    Reason("illegal", N_("Contenuto contrario alla legge")),
    Reason("other", N_("Altro motivo")),
)
#: Why a proposal has its outcome.
DECIDING: tuple[Reason, ...] = (
    Reason("fits_strategy", N_("Attua la strategia e si può fare"), frozenset({O.adopted})),
    Reason("answers_need", N_("Risponde a un bisogno emerso dall’ascolto"), frozenset({O.adopted, O.adopted_in_part})),
    Reason("part_feasible", N_("Una parte si può fare nei tempi del piano"), frozenset({O.adopted_in_part})),
    Reason("part_competence", N_("Una parte è di competenza dell’ente"), frozenset({O.adopted_in_part})),
    Reason("same_request", N_("Chiede la stessa cosa di altre proposte"), frozenset({O.merged})),
    Reason("in_plan", N_("L’azione è già nel piano"), frozenset({O.already_planned})),
    Reason("under_way", N_("È già in corso"), frozenset({O.already_planned})),
    Reason("needs_study", N_("Serve prima uno studio"), frozenset({O.postponed})),
    Reason("needs_funding", N_("Mancano per ora le risorse"), frozenset({O.postponed})),
    Reason("needs_agreement", N_("Serve prima un accordo con altri enti"), frozenset({O.postponed})),
    Reason("state_or_region", N_("Spetta allo Stato o alla Regione"), frozenset({O.not_competent})),
    Reason("municipality", N_("Spetta ai comuni"), frozenset({O.not_competent})),
    Reason("other_body", N_("Spetta a un altro ente o a un gestore di servizi"), frozenset({O.not_competent})),
    Reason("against_strategy", N_("È in contrasto con le strategie del piano"), frozenset({O.rejected})),
    Reason("not_feasible", N_("Non si può realizzare"), frozenset({O.rejected})),
    Reason("too_costly", N_("Il costo è troppo alto rispetto al risultato"), frozenset({O.rejected})),
    Reason("not_enough_said", N_("Non dice abbastanza per poter decidere"), frozenset({O.rejected, O.postponed})),
)
#: Why a finding or what was noted at a meeting is taken up into an action.
TAKING_UP: tuple[Reason, ...] = (
    Reason("need_heard", N_("Risponde a un bisogno emerso dall’ascolto")),
    Reason("agreed_at_meeting", N_("Chi era all’incontro era d’accordo")),
    Reason("gap_in_plans", N_("Nessun piano in vigore se ne occupa")),
    Reason("strengthens_action", N_("Rafforza un’azione già nel piano")),
    Reason("balances_zones", N_("Riequilibra le opportunità tra le zone")),
)
_HIDING = {reason.code: reason for reason in HIDING}
_DECIDING = {reason.code: reason for reason in DECIDING}
_TAKING_UP = {reason.code: reason for reason in TAKING_UP}
#: Outcomes in the order of the forms.
LINKING: tuple[Outcome, ...] = tuple(o for o in Outcome if o in LINKING_OUTCOMES)
NOT_LINKING: tuple[Outcome, ...] = tuple(o for o in Outcome if o not in LINKING_OUTCOMES)


def hiding_reason(code: str) -> Reason | None:
    """The reason for hiding with this code."""
    return _HIDING.get(code)


def deciding_reason(code: str, outcome: Outcome) -> Reason | None:
    """The reason with this code, where it can explain this outcome."""
    reason = _DECIDING.get(code)
    return reason if reason and outcome in reason.outcomes else None


def taking_up_reason(code: str) -> Reason | None:
    """The reason for taking something up with this code."""
    return _TAKING_UP.get(code)


_BARE = re.compile(r"[\w ]*")


def words_of(code: str) -> str:
    """The words of any reason's code; the code itself where it is unknown, and nothing for what can't be a code.

    Pages translate what this gives, and a translation is taken as markup: nothing but known words and bare codes may pass.
    """
    reason = _HIDING.get(code) or _DECIDING.get(code) or _TAKING_UP.get(code)
    return reason.words if reason else code if _BARE.fullmatch(code) else ""


def reasons_for(outcomes: tuple[Outcome, ...]) -> list[Reason]:
    """The reasons that can explain at least one of these outcomes, in order."""
    return [reason for reason in DECIDING if reason.outcomes & set(outcomes)]


def carries_links(outcome: Outcome) -> bool:
    """Whether a disposition with this outcome leads to actions."""
    return outcome in LINKING_OUTCOMES


#: What may stand between two words when a passage is copied from the page instead of from the source: blanks and Markdown's marks.
_BETWEEN = r"[\s*_`>#\-]+"


def find_passage(text: str, passage: str) -> tuple[int, int] | None:
    """Where a passage stands in a text, as characters [start, end); None unless its words stand there one after the other.

    Blanks and Markdown marks between words may differ, since people copy from the page; words may not. The span that is found
    is the text's own, so what is stored is always verbatim.
    """
    wanted = passage.strip()
    if not any(letter.isalnum() for letter in wanted):
        return None
    start = text.find(wanted)
    if start >= 0:
        return start, start + len(wanted)
    words = [word for raw in wanted.split() if (word := raw.strip("*_`>#-"))]
    if not words:
        return None
    found = re.search(_BETWEEN.join(re.escape(word) for word in words), text)
    return found.span() if found else None


def may_undo(*, by: uuid.UUID | None, who: uuid.UUID | None, at: datetime, now: datetime) -> bool:
    """Whether a decision may still be undone without more ado: by who took it, within ten seconds by the database's clock."""
    return by is not None and by == who and now - at <= timedelta(seconds=UNDO_SECONDS + UNDO_GRACE_SECONDS)


def share(part: int, whole: int, smallest: int = 5) -> float | None:
    """A rate for the public; None where the group is so small that a person could be recognised, or empty."""
    return part / whole if whole >= smallest else None


#: The smallest number of people or decisions that the public log shows.
SMALLEST_SHOWN = 5
#: Until when an author may appeal.
APPEAL_DAYS = 30
MIN_APPEAL, MAX_APPEAL = 20, 1_000
MIN_ANSWER, MAX_ANSWER = 10, 1_000
#: What takes a text away, and what is drawn to be read again.
TAKING_AWAY = frozenset({Verb.hidden, Verb.refused})
READ_AGAIN = frozenset({Verb.hidden, Verb.refused, Verb.kept, Verb.published})


def lot(act_id: uuid.UUID) -> int:
    """The lot of a decision, from 0 to 99: its random key draws it, so that nobody can steer or foresee what is read again."""
    return act_id.int % 100


def may_appeal(*, acted_at: datetime, now: datetime) -> bool:
    """Whether there is still time to appeal."""
    return now - acted_at <= timedelta(days=APPEAL_DAYS)


_LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
MOST_INSULTS = 500


def insult_lines(typed: str) -> tuple[str, ...]:
    """The words of an insult list as typed, one or more words a line: small letters, each once, in order."""
    lines = (" ".join(re.findall(r"\w+", normalised(line))) for line in typed.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line))


def flags_of(text: str, policy: Policy, *, lately: int = 0) -> tuple[Flag, ...]:
    """Why a text should be looked at. `lately`: how many texts its author sent within the policy's minutes, this one included."""
    found = []
    if personal_spans(text):
        found.append(Flag.personal_data)
    # Whole words only: a list that names one word must not catch the longer ones it is part of.
    words = " " + " ".join(re.findall(r"\w+", normalised(text))) + " "
    if any(f" {insult} " in words for insult in policy.insults):
        found.append(Flag.insult)
    if len(_LINK.findall(text)) > policy.most_links:
        found.append(Flag.links)
    if policy.burst_count and lately >= policy.burst_count:
        found.append(Flag.burst)
    return tuple(found)


#: What an evaluator may write at most in each text, in characters.
MAX_OPINION, MAX_SHORT = 4_000, 1_000
#: The most euros anybody may estimate.
MOST_EUROS = 10**12


def wrong_in(judgement: Judgement, *, delivering: bool) -> dict[str, str]:
    """What is wrong with an evaluation, field by field. Begun ones may have gaps, delivered ones may not."""
    wrong: dict[str, str] = {}
    if judgement.cost_to is not None and judgement.cost_from is None:
        wrong["cost_from"] = Sentence("Manca l’inizio dell’intervallo: con un solo numero si ripete lo stesso.")
    elif judgement.cost_from is not None and not 0 <= judgement.cost_from <= MOST_EUROS:
        wrong["cost_from"] = Sentence("Il costo va da 0 a mille miliardi di euro.")
    elif judgement.cost_to is not None and not (judgement.cost_from or 0) <= judgement.cost_to <= MOST_EUROS:
        wrong["cost_to"] = Sentence("La fine dell’intervallo non può essere minore dell’inizio.")
    if judgement.reason_code and (
        not judgement.outcome or deciding_reason(judgement.reason_code, Outcome(judgement.outcome)) is None
    ):
        wrong["reason_code"] = Sentence("Scegli un motivo che vada d’accordo con l’esito.")
    if not delivering:
        return wrong
    if not judgement.competence:
        wrong["competence"] = Sentence("Prima di consegnare serve dire di chi è la competenza.")
    elif judgement.competence in (Competent.shared, Competent.others) and not judgement.competent_bodies.strip():
        wrong["competent_bodies"] = Sentence("Scrivi di quale ente o ufficio.")
    if judgement.competence in (Competent.direct, Competent.shared) and judgement.feasibility is None:
        wrong["feasibility"] = Sentence("Serve un giudizio, anche se provvisorio.")
    if len(judgement.opinion.strip()) < 10:
        wrong["opinion"] = Sentence("Scrivi il parere: bastano poche parole.")
    return wrong


def whole_range(judgement: Judgement) -> tuple[int | None, int | None]:
    """The costs as a range: one number alone begins and ends it."""
    if judgement.cost_from is None:
        return None, None
    return judgement.cost_from, judgement.cost_from if judgement.cost_to is None else judgement.cost_to


def disagree(values: Iterable[str]) -> bool:
    """Whether those who said something said different things."""
    return len({value for value in values if value}) > 1
