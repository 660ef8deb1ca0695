"""Who may answer and what was answered: invitations and ballots; answers, staged and final; keys, drafts, counters.

Triggers hold the privacy mode fixed and keep persons out of anonymous rows.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    DDL,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime
from consult.listening.surveys.models.building import Questionnaire


class Invitation(Base):
    """Somebody invited. In anonymous mode it holds no token: nothing ties a person to a ballot."""

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("questionnaire_id", "email"),
        CheckConstraint("state IN ('waiting', 'sent', 'failed', 'refused')", name="state_known"),
        {"comment": "Who was invited to which questionnaire. In anonymous mode without token and without time."},
    )

    id: Mapped[Key]
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questionnaire.id"), comment="Questionnaire.")
    email: Mapped[str] = mapped_column(String(254), comment="Address, lower case.")
    organisation: Mapped[str] = mapped_column(String(200), default="", comment="Organisation, where there is one.")
    speaker_kind: Mapped[str | None] = mapped_column(String(20), comment="Kind of speaker.")
    zone_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("zone.id"), comment="Zone.")
    state: Mapped[str] = mapped_column(
        String(10), default="waiting", comment="waiting, sent, failed (may be sent again) or refused."
    )
    token_hash: Mapped[bytes | None] = mapped_column(
        LargeBinary(32), unique=True, comment="SHA-256 of the link's token; pseudonymous mode only."
    )
    sent_on: Mapped[date | None] = mapped_column(Date, comment="Day the letter left.")
    reminded_on: Mapped[date | None] = mapped_column(Date, comment="Day of the last reminder.")


class Ballot(Base):
    """A right to answer once, tied to nobody. Minted shuffled, all in one transaction."""

    __tablename__ = "ballot"
    __table_args__ = (
        Index("ix_ballot_questionnaire_id", "questionnaire_id"),
        {"comment": "Rights to answer once (anonymous mode): hashes only, tied to nobody."},
    )

    token_hash: Mapped[bytes] = mapped_column(
        LargeBinary(32), primary_key=True, comment="SHA-256 of the 128-bit token, which is stored nowhere."
    )
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questionnaire.id"), comment="Questionnaire.")
    used: Mapped[bool] = mapped_column(default=False, server_default="false", comment="Whether it was spent.")


class Answer(Base):
    """One answered questionnaire. No person and no time stand here, in either mode."""

    __tablename__ = "answer"
    __table_args__ = (
        Index("ix_answer_questionnaire_id", "questionnaire_id", "id"),
        {"comment": "Answered questionnaires: what was said, not by whom and not when."},
    )

    id: Mapped[Key]
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questionnaire.id"), comment="Questionnaire.")
    values: Mapped[dict[str, Any]] = mapped_column(comment="Answers by question: text, code, codes or number.")
    zone_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("zone.id"), comment="Zone, coarsened in anonymous mode."
    )
    speaker_kind: Mapped[str | None] = mapped_column(
        String(20), comment="Kind of speaker, coarsened in anonymous mode."
    )
    receipt_hash: Mapped[bytes] = mapped_column(
        LargeBinary(32), unique=True, comment="SHA-256 of the receipt code: the only handle."
    )
    on_paper: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Whether an operator entered it from paper."
    )


class StagedAnswer(Base):
    """An anonymous answer that waits for the sweep. The table is emptied by TRUNCATE, which leaves no dead rows."""

    __tablename__ = "staged_answer"
    __table_args__ = ({"comment": "Anonymous answers before the shuffled sweep; emptied with TRUNCATE."},)

    id: Mapped[Key]
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(
        comment="Questionnaire; no foreign key, so that emptying touches no other table."
    )
    values: Mapped[dict[str, Any]] = mapped_column(comment="Answers by question.")
    zone_id: Mapped[uuid.UUID | None] = mapped_column(comment="Zone as answered.")
    speaker_kind: Mapped[str | None] = mapped_column(String(20), comment="Kind of speaker as answered.")
    receipt_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True, comment="SHA-256 of the receipt code.")
    on_paper: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Whether an operator entered it from paper."
    )


class AnswerKey(Base):
    """Who gave which answer, in pseudonymous mode only; deleted on the day that was announced."""

    __tablename__ = "answer_key"
    __table_args__ = (
        UniqueConstraint("questionnaire_id", "account_id"),
        CheckConstraint("(invitation_id IS NULL) <> (account_id IS NULL)", name="one_person"),
        {"comment": "Pseudonymous mode: who gave which answer, told to the respondent, deleted at a date."},
    )

    answer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("answer.id"), primary_key=True, comment="Answer.")
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questionnaire.id"), comment="Questionnaire.")
    invitation_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("invitation.id"), unique=True, comment="Invited person."
    )
    account_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), index=True, comment="Signed-in person."
    )
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts edits: a stale save is refused."
    )
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="When it was first sent.")
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was last edited.")


class Participation(Base):
    """Who took part in an anonymous questionnaire for registered people: so that each answers once. What was said stands elsewhere."""

    __tablename__ = "participation"
    __table_args__ = ({"comment": "Registered people who answered an anonymous questionnaire; no time, no answer."},)

    questionnaire_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("questionnaire.id"), primary_key=True, comment="Questionnaire."
    )
    account_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("account.id"), primary_key=True, index=True, comment="Person who took part."
    )


class AccountDraft(Base):
    """What a signed-in person has typed and not sent, in pseudonymous mode only."""

    __tablename__ = "account_draft"
    __table_args__ = ({"comment": "Unsent answers of signed-in people (pseudonymous mode); gone when sent or closed."},)

    questionnaire_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("questionnaire.id"), primary_key=True, comment="Questionnaire."
    )
    account_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("account.id"), primary_key=True, index=True, comment="Signed-in person."
    )
    values: Mapped[dict[str, Any]] = mapped_column(comment="Answers by question, as far as they were typed.")
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts savings: one from another window is not overwritten."
    )


class AnswerDraft(Base):
    """What somebody has typed and not sent, under the hash of the link's token or of a resume code, never under a person."""

    __tablename__ = "answer_draft"
    __table_args__ = (
        {"comment": "Unsent answers by hash of the link's token or of a resume code; gone when sent or closed."},
    )

    token_hash: Mapped[bytes] = mapped_column(
        LargeBinary(32), primary_key=True, comment="SHA-256 of the link's token or of the resume code."
    )
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(
        comment="Questionnaire; no foreign key, so that emptying touches no other table."
    )
    values: Mapped[dict[str, Any]] = mapped_column(comment="Answers by question, as far as they were typed.")
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts savings: one from another window is not overwritten."
    )


class AnswerCount(Base):
    """How many answers came in an hour: all that is known of time in anonymous mode."""

    __tablename__ = "answer_count"
    __table_args__ = (
        {"comment": "Answers per hour, over several rows an hour so that senders do not wait for each other."},
    )

    questionnaire_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("questionnaire.id"), primary_key=True, comment="Questionnaire."
    )
    hour: Mapped[datetime] = mapped_column(UtcDateTime(), primary_key=True, comment="Beginning of the hour.")
    slot: Mapped[int] = mapped_column(
        SmallInteger, primary_key=True, comment="One of several rows of the hour, chosen at random."
    )
    answers: Mapped[int] = mapped_column(Integer, default=0, comment="Answers.")


_FUNCTIONS = (
    (
        Questionnaire,
        "questionnaire_mode_fixed",
        "BEFORE UPDATE",
        """
BEGIN
  IF NEW.privacy <> OLD.privacy
     AND (OLD.state <> 'draft' OR EXISTS (SELECT 1 FROM invitation WHERE questionnaire_id = OLD.id)) THEN
    RAISE EXCEPTION 'the privacy mode of a questionnaire is fixed once it is published or somebody is invited';
  END IF;
  IF OLD.state <> 'draft' AND NEW.state = 'draft' THEN
    RAISE EXCEPTION 'a published questionnaire does not become a draft again';
  END IF;
  RETURN NEW;
END""",
    ),
    (
        AnswerKey,
        "answer_key_never_anonymous",
        "BEFORE INSERT OR UPDATE",
        """
BEGIN
  IF EXISTS (SELECT 1 FROM questionnaire WHERE id = NEW.questionnaire_id AND privacy = 'anonymous') THEN
    RAISE EXCEPTION 'an anonymous answer has no key';
  END IF;
  RETURN NEW;
END""",
    ),
    (
        AccountDraft,
        "account_draft_never_anonymous",
        "BEFORE INSERT OR UPDATE",
        """
BEGIN
  IF EXISTS (SELECT 1 FROM questionnaire WHERE id = NEW.questionnaire_id AND privacy = 'anonymous') THEN
    RAISE EXCEPTION 'an anonymous draft is never kept under an account';
  END IF;
  RETURN NEW;
END""",
    ),
    (
        Invitation,
        "invitation_never_anonymous_token",
        "BEFORE INSERT OR UPDATE",
        """
BEGIN
  IF NEW.token_hash IS NOT NULL
     AND EXISTS (SELECT 1 FROM questionnaire WHERE id = NEW.questionnaire_id AND privacy = 'anonymous') THEN
    RAISE EXCEPTION 'an anonymous invitation holds no token';
  END IF;
  RETURN NEW;
END""",
    ),
)


def _statement(sql: str) -> DDL:
    return DDL(sql)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves this constructor without types.


for _model, _name, _when, _body in _FUNCTIONS:
    _create = f"CREATE OR REPLACE FUNCTION {_name}() RETURNS trigger LANGUAGE plpgsql AS $${_body} $$"
    event.listen(_model.__table__, "after_create", _statement(_create))
    event.listen(
        _model.__table__,
        "after_create",
        _statement(f"CREATE TRIGGER {_name} {_when} ON {_model.__tablename__} FOR EACH ROW EXECUTE FUNCTION {_name}()"),
    )
