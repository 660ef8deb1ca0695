"""Inviting: lists, letters, ballots. In anonymous mode nothing ever ties a person to a ballot."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.framework.models import Zone
from consult.listening.sources.rules import fold
from consult.listening.surveys import emails, rules
from consult.listening.surveys.models import AnswerDraft, AnswerKey, Ballot, Invitation, Questionnaire
from consult.listening.surveys.services.building import locked
from consult.listening.surveys.types import Invitee
from consult.ports.mail import Letter, MailAway, Mailer, MailRefused
from consult.process.models import Process

#: Letters of one anonymous batch: few enough for one job, many enough to hide each other.
_BATCH = 100


@dataclass(frozen=True, slots=True)
class InviteReport:
    """What a list gave: added, already invited, and lines left out with the reason."""

    added: int
    already: int
    bad: tuple[tuple[int, str], ...]


def invite(
    session: Session, *, process_id: uuid.UUID, questionnaire_id: uuid.UUID, text: str, actor: Actor, now: datetime
) -> InviteReport:
    """Put the people of a pasted list or CSV on the list of invitations; nothing leaves yet. The privacy mode is fixed from now on."""
    row = locked(session, process_id, questionnaire_id)
    if row.access != "invitation":
        raise Invalid("Questo questionario è aperto a chiunque: non servono inviti.")
    people, bad = rules.read_invitees(text)
    if len(people) > rules.MOST_INVITED:
        raise Invalid(Sentence("Si possono inserire al massimo %(n)s persone per volta.", n=rules.MOST_INVITED))
    zones = _zones(session, process_id)
    values = []
    for person in people:
        zone_id = zones.get(fold(person.zone)) if person.zone else None
        if person.zone and zone_id is None:
            bad.append(
                (person.line, Sentence("«%(zone)s» non è una zona di questo territorio.", zone=person.zone[:60]))
            )
            continue
        values.append(_row(questionnaire_id, person, zone_id))
    added = 0
    if values:
        statement = (
            insert(Invitation)
            .on_conflict_do_nothing(index_elements=["questionnaire_id", "email"])
            .returning(Invitation.id)
        )
        added = len(session.execute(statement, values).all())
    record(
        session, actor=actor, action="questionnaire.people_listed", kind=ThingKind.questionnaire, object_id=questionnaire_id,
        process_id=process_id, added=added,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return InviteReport(added, len(values) - added, tuple(sorted(bad)))


def uninvite(
    session: Session, *, process_id: uuid.UUID, questionnaire_id: uuid.UUID, invitation_id: uuid.UUID, actor: Actor, now: datetime
) -> str:
    """Take somebody off the list whose letter never left; returns the address. Raises NotFound, Invalid once a letter has left."""
    locked(session, process_id, questionnaire_id)
    row = session.execute(
        select(Invitation)
        .where(Invitation.id == invitation_id, Invitation.questionnaire_id == questionnaire_id)
        .with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questa persona non è in elenco.")
    answered = select(AnswerKey.answer_id).where(AnswerKey.invitation_id == invitation_id)
    if row.state == "sent" or session.execute(answered).scalar_one_or_none() is not None:
        raise Invalid("La lettera è già partita: il suo link vale.")
    address = row.email
    # A link that came back with a reminder may have been opened before.
    session.execute(delete(AnswerDraft).where(AnswerDraft.token_hash == row.token_hash))
    session.delete(row)
    record(
        session, actor=actor, action="questionnaire.person_unlisted", kind=ThingKind.questionnaire, object_id=questionnaire_id,
        process_id=process_id,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return address


def _row(questionnaire_id: uuid.UUID, person: Invitee, zone_id: uuid.UUID | None) -> dict[str, object]:
    return {
        "id": uuid.uuid4(),
        "questionnaire_id": questionnaire_id,
        "email": person.email,
        "organisation": person.organisation,
        "speaker_kind": person.speaker_kind,
        "zone_id": zone_id,
    }


def _zones(session: Session, process_id: uuid.UUID) -> dict[str, uuid.UUID]:
    territory = select(Process.territory_id).where(Process.id == process_id).scalar_subquery()
    found: dict[str, uuid.UUID] = {}
    for code, name, key in session.execute(
        select(Zone.code, Zone.name, Zone.id).where(Zone.territory_id == territory).order_by(Zone.position)
    ):
        for spelling in (code, name, f"zona {code}", f"{code} {name}", f"zona {code} {name}"):
            found[fold(spelling)] = key
    return found


def send_invitations(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    actor: Actor,
    now: datetime,
    again: bool = False,
) -> int:
    """Ask for the letters of those who wait (`again`: also of those whose letter failed); returns how many. Raises Invalid.

    In anonymous mode letters leave in groups of at least 10, so that ballots minted together hide each other.
    """
    row = locked(session, process_id, questionnaire_id)
    if row.state != "published":
        raise Invalid("Gli inviti partono quando il questionario è pubblicato.")
    if again:
        session.execute(
            update(Invitation)
            .where(Invitation.questionnaire_id == questionnaire_id, Invitation.state == "failed")
            .values(state="waiting")
        )
    waiting = session.execute(
        select(func.count())
        .select_from(Invitation)
        .where(Invitation.questionnaire_id == questionnaire_id, Invitation.state == "waiting")
    ).scalar_one()
    if not waiting:
        raise Invalid("Nessun invito aspetta di partire.")
    if row.privacy == "anonymous" and waiting < rules.SMALLEST_BATCH:
        raise Invalid(
            Sentence(
                "In modalità anonima gli inviti partono in gruppi di almeno %(n)s: così nessuno può essere riconosciuto.",
                n=rules.SMALLEST_BATCH,
            )
        )
    topic = "surveys.mail_ballots" if row.privacy == "anonymous" else "surveys.mail_invitations"
    jobs.enqueue(session, topic, questionnaire_id=questionnaire_id)
    record(
        session, actor=actor, action="questionnaire.invitations_sent", kind=ThingKind.questionnaire, object_id=questionnaire_id,
        process_id=process_id, letters=int(waiting),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return int(waiting)


def ask_for_letters(session: Session, *, questionnaire_id: uuid.UUID) -> int:
    """Pseudonymous mode: one job per invitation that waits."""
    keys = session.execute(
        select(Invitation.id)
        .where(Invitation.questionnaire_id == questionnaire_id, Invitation.state == "waiting")
        .order_by(Invitation.id)
    ).scalars().all()  # fmt: skip  # one chain reads better so
    for key in keys:
        jobs.enqueue(session, "surveys.mail_invitation", key=f"{key}:{secrets.token_hex(4)}", invitation_id=key)
    return len(keys)


def send_invitation(session: Session, *, invitation_id: uuid.UUID, mailer: Mailer, secret: str, now: datetime) -> None:
    """Pseudonymous mode: mail one personal link. The same invitation always has the same link, so sending again is harmless."""
    found = session.execute(
        select(Invitation, Questionnaire)
        .join(Questionnaire, Questionnaire.id == Invitation.questionnaire_id)
        .where(Invitation.id == invitation_id)
        .with_for_update(of=Invitation)
    ).one_or_none()
    if found is None:
        return
    invitation, questionnaire = found
    if invitation.state != "waiting" or questionnaire.state != "published" or questionnaire.privacy != "pseudonymous":
        return
    token = rules.token_of(invitation.id, secret)
    invitation.token_hash = rules.token_hash(token)
    invitation.sent_on = now.date()
    try:
        mailer.send(
            emails.invitation(questionnaire, to=invitation.email, token=token, key=f"invitation:{invitation.id}")
        )
        invitation.state = "sent"
    except MailRefused:
        invitation.state = "refused"
    session.flush()


@dataclass(frozen=True, slots=True)
class Ballots:
    """Letters of one batch in random order, each with a token that is stored nowhere. Lives in memory only."""

    questionnaire_id: uuid.UUID
    letters: tuple[tuple[uuid.UUID, Letter], ...]


def mint_ballots(session: Session, *, questionnaire_id: uuid.UUID, now: datetime) -> Ballots:
    """Anonymous mode: mint a ballot for each invitation that waits, shuffled, all in one transaction, and mark the letters as sent.

    The caller commits and only then sends: a crash in between costs letters, which are asked for again by hand, never a second vote.
    """
    questionnaire = session.execute(
        select(Questionnaire).where(Questionnaire.id == questionnaire_id).with_for_update()
    ).scalar_one_or_none()
    if questionnaire is None or questionnaire.state != "published" or questionnaire.privacy != "anonymous":
        return Ballots(questionnaire_id, ())
    people = list(
        session.execute(
            select(Invitation.id, Invitation.email)
            .where(Invitation.questionnaire_id == questionnaire_id, Invitation.state == "waiting")
            .order_by(Invitation.id)
            .with_for_update()
        )
    )
    if len(people) < rules.SMALLEST_BATCH:
        return Ballots(questionnaire_id, ())
    chance = SystemRandom()
    chance.shuffle(people)
    if len(people) >= _BATCH + rules.SMALLEST_BATCH:
        people = people[:_BATCH]
    tokens = [rules.new_token() for _person in people]
    hashes = [rules.token_hash(token) for token in tokens]
    chance.shuffle(hashes)
    session.execute(insert(Ballot), [{"token_hash": mark, "questionnaire_id": questionnaire_id} for mark in hashes])
    chance.shuffle(people)
    session.execute(
        update(Invitation)
        .where(Invitation.id.in_([key for key, _email in people]))
        .values(state="sent", sent_on=now.date())
    )
    questionnaire.ballots_minted += len(people)
    session.flush()
    letters = [
        (key, emails.invitation(questionnaire, to=email, token=token, key=secrets.token_hex(16), hide_recipient=True))
        for (key, email), token in zip(people, tokens, strict=True)
    ]
    return Ballots(questionnaire_id, tuple(letters))


def hand_over(ballots: Ballots, mailer: Mailer) -> tuple[list[uuid.UUID], list[uuid.UUID]]:
    """Hand the letters to the mail server, after the commit of `mint_ballots`. Returns invitations that failed and that were refused."""
    failed: list[uuid.UUID] = []
    refused: list[uuid.UUID] = []
    for key, letter in ballots.letters:
        try:
            mailer.send(letter)
        except MailAway:
            failed.append(key)
        except MailRefused:
            refused.append(key)
    return failed, refused


def finish_batch(
    session: Session, *, questionnaire_id: uuid.UUID, failed: Sequence[uuid.UUID], refused: Sequence[uuid.UUID]
) -> None:
    """Remember whose letter did not leave, and ask for the next batch where people still wait.

    Ballots of letters that did not leave stay minted and unused: the surplus is shown with the results.
    """
    for state, keys in (("failed", failed), ("refused", refused)):
        if keys:
            session.execute(update(Invitation).where(Invitation.id.in_(list(keys))).values(state=state))
    waiting = session.execute(
        select(func.count())
        .select_from(Invitation)
        .where(Invitation.questionnaire_id == questionnaire_id, Invitation.state == "waiting")
    ).scalar_one()
    if waiting >= rules.SMALLEST_BATCH:
        jobs.enqueue(session, "surveys.mail_ballots", questionnaire_id=questionnaire_id)
    session.flush()


def send_reminders(
    session: Session, *, process_id: uuid.UUID, questionnaire_id: uuid.UUID, actor: Actor, now: datetime
) -> int:
    """Ask for reminders, at most one a day: to those who have not answered, or in anonymous mode to everybody, without link."""
    row = locked(session, process_id, questionnaire_id)
    if row.state != "published":
        raise Invalid("Il questionario non è aperto.")
    statement = select(Invitation.id).where(
        Invitation.questionnaire_id == questionnaire_id,
        Invitation.state == "sent",
        (Invitation.reminded_on.is_(None)) | (Invitation.reminded_on < now.date()),
    )
    if row.privacy == "pseudonymous":
        statement = statement.where(
            ~select(AnswerKey.answer_id).where(AnswerKey.invitation_id == Invitation.id).exists()
        )
    keys = session.execute(statement.order_by(Invitation.id)).scalars().all()
    if not keys:
        raise Invalid("Oggi non c’è nessuno a cui ricordarlo.")
    for key in keys:
        jobs.enqueue(session, "surveys.mail_reminder", key=f"{key}:{now.date().isoformat()}", invitation_id=key)
    record(
        session, actor=actor, action="questionnaire.reminders_sent", kind=ThingKind.questionnaire, object_id=questionnaire_id,
        process_id=process_id, letters=len(keys),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return len(keys)


def send_reminder(session: Session, *, invitation_id: uuid.UUID, mailer: Mailer, secret: str, now: datetime) -> None:
    """Mail one reminder; with the personal link in pseudonymous mode only, where who answered since gets none."""
    found = session.execute(
        select(Invitation, Questionnaire)
        .join(Questionnaire, Questionnaire.id == Invitation.questionnaire_id)
        .where(Invitation.id == invitation_id)
        .with_for_update(of=Invitation)
    ).one_or_none()
    if found is None:
        return
    invitation, questionnaire = found
    if invitation.state != "sent" or questionnaire.state != "published" or invitation.reminded_on == now.date():
        return
    token = None
    if questionnaire.privacy == "pseudonymous":
        answered = select(AnswerKey.answer_id).where(AnswerKey.invitation_id == invitation_id)
        if session.execute(answered).scalar_one_or_none() is not None:
            return
        token = rules.token_of(invitation.id, secret)
    invitation.reminded_on = now.date()
    try:
        mailer.send(
            emails.reminder(
                questionnaire,
                to=invitation.email,
                token=token,
                key=f"reminder:{invitation.id}:{now.date().isoformat()}",
            )
        )
    except MailRefused:
        invitation.state = "refused"
    session.flush()
