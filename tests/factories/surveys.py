"""Questionnaires for tests: built and published through the services, with a mailer that keeps the letters."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from consult.core.permissions import SYSTEM
from consult.listening.surveys import queries, services
from consult.listening.surveys.types import QuestionRow
from consult.ports.mail import Letter
from tests.conftest import Stage

QUESTIONS: tuple[services.QuestionFields, ...] = (
    services.QuestionFields(kind="long", text="Di che cosa ha bisogno il territorio?", required=True),
    services.QuestionFields(kind="single", text="Che cosa usi di più?", options=("Treno", "Autobus", "Auto")),
    services.QuestionFields(kind="multiple", text="Che cosa manca?", options=("Verde", "Scuole", "Sanità"), page=2),
    services.QuestionFields(kind="scale", text="Quanto è urgente?", page=2),
    services.QuestionFields(kind="place", text="Da dove parli?", page=2),
    services.QuestionFields(kind="speaker", text="Come parli?", page=2),
)


@dataclass
class KeptMail:
    """A mailer that keeps letters, and fails for the addresses it was told."""

    letters: list[Letter] = field(default_factory=list)
    failing: dict[str, Exception] = field(default_factory=dict)

    def send(self, letter: Letter) -> None:
        """Keep the letter."""
        if letter.to in self.failing:
            raise self.failing[letter.to]
        self.letters.append(letter)

    def tokens(self) -> dict[str, str]:
        """The token of each address."""
        found = {}
        for letter in self.letters:
            mark = re.search(r"/q/([\w-]+)", letter.text)
            if mark:
                found[letter.to] = mark.group(1)
        return found


@dataclass(slots=True)
class Made:
    """A questionnaire that was made."""

    id: uuid.UUID
    questions: list[QuestionRow]

    def form(self, text: str = "Più treni la sera.", **more: Any) -> dict[str, Any]:
        """What a browser sends: the words, and answers by kind of question."""
        data: dict[str, Any] = {"azione": "invia"}
        for question in self.questions:
            value = {"long": text, **more}.get(question.kind)
            if value is not None:
                data[question.field] = value
        return data


def make_questionnaire(
    stage: Stage,
    *,
    privacy: str = "pseudonymous",
    access: str = "invitation",
    publish: bool = True,
    questions: tuple[services.QuestionFields, ...] = QUESTIONS,
    **settings: Any,
) -> Made:
    """Build it and publish it."""
    now = datetime.now(UTC)
    with stage.work() as session:
        key = services.create_questionnaire(
            session,
            process_id=stage.world.process_id,
            settings=services.Settings(title="Che cosa serve qui?", privacy=privacy, access=access, **settings),
            actor=SYSTEM,
            now=now,
        )
        for fields in questions:
            services.add_question(
                session, process_id=stage.world.process_id, questionnaire_id=key, fields=fields, actor=SYSTEM, now=now
            )
        if publish:
            services.publish(session, process_id=stage.world.process_id, questionnaire_id=key, actor=SYSTEM, now=now)
        return Made(key, queries.questions(session, questionnaire_id=key))


def invite_and_mail(stage: Stage, made: Made, people: list[str], *, mail: KeptMail | None = None) -> KeptMail:
    """Invite people (lines of a list) and do what the worker does; the letters are in what is returned."""
    mail, now = mail or KeptMail(), datetime.now(UTC)
    with stage.work() as session:
        services.invite(
            session,
            process_id=stage.world.process_id,
            questionnaire_id=made.id,
            text="\n".join(people),
            actor=SYSTEM,
            now=now,
        )
    with stage.work() as session:
        services.send_invitations(
            session, process_id=stage.world.process_id, questionnaire_id=made.id, actor=SYSTEM, now=now
        )
    with stage.work() as session:
        found = queries.questionnaire(session, questionnaire_id=made.id)
        assert found is not None
        keys = queries.invitations(session, questionnaire=found, size=10_000).rows
    with stage.app.test_request_context("/"):
        while found.anonymous:
            with stage.work() as session:
                ballots = services.mint_ballots(session, questionnaire_id=made.id, now=now)
            if not ballots.letters:
                break
            failed, refused = services.hand_over(ballots, mail)
            with stage.work() as session:
                services.finish_batch(session, questionnaire_id=made.id, failed=failed, refused=refused)
        if not found.anonymous:
            for row in keys:
                with stage.work() as session:
                    services.send_invitation(session, invitation_id=row.id, mailer=mail, secret="test", now=now)
    return mail
