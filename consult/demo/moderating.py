"""What the demonstration shows of moderation: reports, decisions by two moderators, appeals against them, readings of the same text twice."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from consult.coplanning.proposals import services as proposals
from consult.core.permissions import Actor
from consult.core.vocabulary import Stance, ThingKind
from consult.discussion.types import ReportReason
from consult.moderation.queries import second_look
from consult.moderation.services import appeals, screening, second_reading, visibility

RULES = (
    "Si discute di idee, non di persone. Un testo si nasconde solo per uno dei motivi dell'elenco, e chi l'ha scritto riceve il motivo e può "
    "fare ricorso.\n\nIn queste prime settimane **ogni decisione viene riletta** da un altro moderatore, che non sa che cosa ha deciso il "
    "primo: serve a capire se leggiamo le regole allo stesso modo."
)
_GATE = "passo-carrabile"
_NEIGHBOUR = "vicino"
_SHOP = "negozio"
_ANGRY = "arrabbiato"
_DRY = "asciutto"
_FIGURES = "cifre"
_RUMOUR = "voci"
_SHOUT = "gridato"
#: What was written under which proposal, with which stance.
_REMARKS: Mapping[str, tuple[str, str, Stance]] = {
    _GATE: (
        "p1-02",
        "Prima di parlare di sportelli nuovi, qualcuno mi spiega perché la mia pratica per il passo carrabile è ferma da otto mesi? Allo "
        "sportello che c'è già non risponde nessuno.",
        Stance.against,
    ),
    _NEIGHBOUR: (
        "p5-04",
        "Sono d'accordo. Le chiavi del salone le ha il signor Aldo del numero 14, quello che sta sempre male: chiamatelo allo 011 555 0142.",
        Stance.in_favour,
    ),
    _SHOP: (
        "p1-07",
        "Idea giusta. La nostra cooperativa consegna già a sei mense con furgoni frigoriferi: chi vuole un preventivo ci scriva, per i primi "
        "dieci comuni facciamo lo sconto.",
        Stance.in_favour,
    ),
    _ANGRY: (
        "p6-05",
        "Chi ha scritto questa roba non ha mai accompagnato un figlio a scuola in vita sua. Si vergogni.",
        Stance.against,
    ),
    _DRY: (
        "p3-08",
        "Sono soldi buttati: da noi la ciclabile la usano in quattro, e tre sono assessori. Prima si aggiustino le buche.",
        Stance.against,
    ),
    _FIGURES: (
        "p2-03",
        "I capannoni vuoti nella nostra zona sono almeno duecento, e metà ha ancora il tetto in amianto. Senza bonifica non si riusa niente.",
        Stance.neutral,
    ),
    _RUMOUR: (
        "p3-02",
        "Si sa già come va a finire: il servizio lo prende la solita ditta, l'appalto è già scritto. Chiedete in giro.",
        Stance.against,
    ),
    _SHOUT: (
        "p4-03",
        "VOTATE LA PROPOSTA SUGLI UFFICI UNICI!!! VOTATE LA PROPOSTA SUGLI UFFICI UNICI!!! PASSATE PAROLA!!!",
        Stance.in_favour,
    ),
}


def moderate(
    session: Session,
    *,
    process_id: uuid.UUID,
    keys: Mapping[str, uuid.UUID],
    first: Actor,
    second: Actor,
    resident: Actor,
    people: list[Actor],
    now: datetime,
) -> None:
    """Let two moderators decide over the last days; an appeal of each kind, a reading that agrees and one that does not."""
    _publish_rules(session, process_id, first, now - timedelta(days=8))
    authors = {name: people[3 + 5 * i] for i, name in enumerate(_REMARKS)} | {_NEIGHBOUR: resident}
    remarks = {
        name: proposals.comment(
            session, process_id=process_id, proposal_id=keys[proposal], text=text, stance=stance, actor=authors[name],
            now=now - timedelta(days=6),
        )
        for name, (proposal, text, stance) in _REMARKS.items()
    }  # fmt: skip  # one call of named values reads better so
    for name, why in (
        (_ANGRY, ReportReason.insult),
        (_DRY, ReportReason.insult),
        (_FIGURES, ReportReason.false_information),
    ):
        proposals.report_comment(
            session, process_id=process_id, proposal_id=keys[_REMARKS[name][0]], comment_id=remarks[name], reason=why, note="",
            actor=people[2], now=now - timedelta(days=5),
        )  # fmt: skip  # one call of named values reads better so

    def hide(name: str, reason: str, who: Actor, days: float) -> uuid.UUID:
        return visibility.hide(
            session, process_id=process_id, kind=ThingKind.comment, thing_id=remarks[name], version=None, reason_code=reason, actor=who,
            now=now - timedelta(days=days),
        )  # fmt: skip  # one call of named values reads better so

    def keep(name: str, who: Actor, days: float) -> None:
        visibility.keep(
            session, process_id=process_id, kind=ThingKind.comment, thing_id=remarks[name], actor=who, now=now - timedelta(days=days)
        )  # fmt: skip  # one call of named values reads better so

    off_topic, advertising, insult = (
        hide(_GATE, "off_topic", second, 4), hide(_SHOP, "advertising", first, 4.5), hide(_ANGRY, "insult", first, 4),
    )  # fmt: skip  # one decision each
    hide(_NEIGHBOUR, "personal_data", second, 1)
    keep(_DRY, second, 3)
    keep(_FIGURES, first, 3)
    appeal: dict[str, Any] = {"process_id": process_id, "now": now - timedelta(days=3)}
    # One waits for the other moderator; one was right; one was not.
    appeals.file_appeal(
        session, act_id=off_topic, actor=authors[_GATE],
        words="Non volevo parlare della mia pratica. Volevo dire che, prima di aprire sportelli nei negozi, bisogna che rispondano quelli che "
        "ci sono: è un argomento contro la proposta, e l'ho scritto con l'esempio che conosco.",
        **appeal,
    )  # fmt: skip  # one call of named values reads better so
    right = appeals.file_appeal(
        session, act_id=advertising, actor=authors[_SHOP],
        words="Ho scritto chi siamo perché si capisca che le consegne si possono fare. Lo sconto potevo non nominarlo, questo sì.", **appeal,
    )  # fmt: skip  # one call of named values reads better so
    wrong = appeals.file_appeal(
        session, act_id=insult, actor=authors[_ANGRY], words="Ero arrabbiato, ma non ho detto nessuna parolaccia.", **appeal
    )  # fmt: skip  # one call of named values reads better so
    for key, accept, words in (
        (
            right,
            True,
            "Il commento porta un'esperienza utile alla proposta: torna visibile. Le offerte, però, qui non si fanno.",
        ),
        (
            wrong,
            False,
            "Il commento giudica chi ha scritto e non ciò che propone. Si può scrivere di nuovo, dicendo che cosa non convince.",
        ),
    ):
        appeals.answer(
            session, process_id=process_id, appeal_id=key, accept=accept, words=words, actor=second, now=now - timedelta(days=2)
        )  # fmt: skip  # one call of named values reads better so
    # On the desk this morning, waiting for whoever sits down first.
    for name, why, note, hours in (
        (_RUMOUR, ReportReason.false_information, "L'appalto non c'è ancora stato: lavoro in quell'ufficio.", 20),
        (_SHOUT, ReportReason.advertising, "", 6),
    ):
        proposals.report_comment(
            session, process_id=process_id, proposal_id=keys[_REMARKS[name][0]], comment_id=remarks[name], reason=why, note=note,
            actor=people[4], now=now - timedelta(hours=hours),
        )  # fmt: skip  # one call of named values reads better so
    # Of what the first moderator decided the second read two again; what the second decided waits for the first.
    waiting = second_look.readings(session, process_id=process_id, account_id=second.account_id, now=now).rows
    for row, reason in zip(waiting, ("", "insult"), strict=False):
        second_reading.read_again(
            session, process_id=process_id, reading_id=row.id, reason_code=reason, actor=second, now=now - timedelta(days=1)
        )  # fmt: skip  # one call of named values reads better so


def _publish_rules(session: Session, process_id: uuid.UUID, moderator: Actor, at: datetime) -> None:
    screening.publish_policy(
        session, process_id=process_id, seen_version=0, words=RULES, insults="",
        numbers={"most_links": 2, "burst_count": 5, "burst_minutes": 10, "second_percent": 100}, actor=moderator, now=at,
    )  # fmt: skip  # one call of named values reads better so
