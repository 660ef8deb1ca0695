"""Telling people about the discussion of proposals, their merges and splits, and changes proposed to their words."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from consult.coplanning.proposals import services
from consult.coplanning.proposals.services.telling import tell_comment, tell_regrouping
from consult.coplanning.proposals.services.telling_amendments import tell_amendment
from consult.coplanning.proposals.services.telling_objections import tell_objection
from consult.core.clock import database_now
from worker.jobs import outbox_task
from worker.letters import outgoing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@outbox_task("coplanning.tell_comment")
def tell(session: Session, *, comment_id: str) -> None:
    """Tell author, followers and who is answered of a comment."""
    with outgoing():
        tell_comment(session, comment_id=uuid.UUID(comment_id), now=database_now(session))


@outbox_task("coplanning.tell_regrouping")
def tell_of_regrouping(session: Session, *, regrouping_id: str, what: str) -> None:
    """Tell authors, supporters and followers of a merge or split."""
    with outgoing():
        tell_regrouping(session, regrouping_id=uuid.UUID(regrouping_id), what=what, now=database_now(session))


@outbox_task("coplanning.lapse_question")
def lapse(session: Session, *, regrouping_id: str) -> None:
    """End a question between two authors that nobody answered."""
    services.lapse(session, regrouping_id=uuid.UUID(regrouping_id), now=database_now(session))


@outbox_task("coplanning.lapse_amendment")
def lapse_amendment(session: Session, *, amendment_id: str) -> None:
    """End a change that its proposal's author did not answer."""
    services.lapse_amendment(session, amendment_id=uuid.UUID(amendment_id), now=database_now(session))


@outbox_task("coplanning.tell_objection")
def tell_of_objection(session: Session, *, regrouping_id: str, proposal_id: str) -> None:
    """Tell who has to answer of an objection to a merge or split."""
    with outgoing():
        tell_objection(
            session, regrouping_id=uuid.UUID(regrouping_id), proposal_id=uuid.UUID(proposal_id), now=database_now(session)
        )


@outbox_task("coplanning.tell_amendment")
def tell_of_amendment(session: Session, *, amendment_id: str, what: str) -> None:
    """Tell authors, supporters and followers of a change proposed to a proposal, and of the answer."""
    with outgoing():
        tell_amendment(session, amendment_id=uuid.UUID(amendment_id), what=what, now=database_now(session))
