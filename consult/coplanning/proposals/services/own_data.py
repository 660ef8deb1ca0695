"""Proposals in the export and erasure of a person."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import (
    Amendment,
    Proposal,
    ProposalCoauthor,
    ProposalFile,
    ProposalFollow,
    ProposalLineage,
    ProposalSupport,
    Regrouping,
    RegroupingPart,
)
from consult.coplanning.proposals.services.attaching import forget_files
from consult.files.models import StoredFile
from consult.process.models import Process


class OwnProposals:
    """Proposals, supports and follows of one person; implements `core.protocols.PersonalData`."""

    name = "proposals"

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """What the person proposed, supports and follows, oldest first."""
        rows: list[Mapping[str, Any]] = []
        written = session.execute(
            select(Process.slug, Proposal)
            .join(Process, Process.id == Proposal.process_id)
            .where(Proposal.author_id == account_id)
            .order_by(Proposal.created_at, Proposal.id)
        )
        for slug, row in written:
            rows.append(
                {
                    "kind": "proposal",
                    "process": slug,
                    "number": row.number,
                    "title": row.title,
                    "text": row.text,
                    "organisation": row.organisation,
                    "name_shown": row.show_name,
                    "pseudonym": row.pseudonym,
                    "state": row.state,
                    "outcome": row.outcome,
                    "submitted_at": row.created_at.isoformat(),
                }
            )
        files = session.execute(
            select(Process.slug, Proposal.number, StoredFile.name, StoredFile.kind, StoredFile.size)
            .join(Proposal, Proposal.process_id == Process.id)
            .join(ProposalFile, ProposalFile.proposal_id == Proposal.id)
            .join(StoredFile, StoredFile.id == ProposalFile.file_id)
            .where(Proposal.author_id == account_id)
            .order_by(Proposal.created_at, Proposal.id, ProposalFile.position)
        )
        rows += [
            {"kind": "attachment", "process": slug, "proposal": number, "name": name, "type": kind, "size": size}
            for slug, number, name, kind, size in files
        ]
        for kind, table in (("support", ProposalSupport), ("follow", ProposalFollow)):
            marks = session.execute(
                select(Process.slug, Proposal.number, Proposal.title, table.created_at)
                .join(Proposal, Proposal.id == table.proposal_id)
                .join(Process, Process.id == Proposal.process_id)
                .where(table.account_id == account_id)
                .order_by(table.created_at, Proposal.id)
            )
            rows += [
                {"kind": kind, "process": slug, "proposal": number, "title": title, "since": since.isoformat()}
                for slug, number, title, since in marks
            ]
        objections = session.execute(
            select(Process.slug, Proposal.number, RegroupingPart.objection, RegroupingPart.objected_at)
            .join(Proposal, Proposal.id == RegroupingPart.proposal_id)
            .join(Process, Process.id == Proposal.process_id)
            .where(Proposal.author_id == account_id, RegroupingPart.objected_at.is_not(None))
            .order_by(RegroupingPart.objected_at, Proposal.id)
        )
        rows += [
            {
                "kind": "objection",
                "process": slug,
                "proposal": number,
                "text": words,
                "written_at": at.isoformat() if at else None,
            }
            for slug, number, words, at in objections
        ]
        changes = session.execute(
            select(Process.slug, Proposal.number, Amendment)
            .join(Proposal, Proposal.id == Amendment.proposal_id)
            .join(Process, Process.id == Amendment.process_id)
            .where(Amendment.author_id == account_id)
            .order_by(Amendment.created_at, Amendment.id)
        )
        rows += [
            {
                "kind": "amendment",
                "process": slug,
                "proposal": number,
                "title": row.title,
                "text": row.text,
                "reason": row.reason,
                "name_shown": row.show_name,
                "pseudonym": row.pseudonym,
                "state": row.state,
                "proposed_at": row.created_at.isoformat(),
            }
            for slug, number, row in changes
        ]
        answers = session.execute(
            select(Process.slug, Proposal.number, Amendment.answer, Amendment.state, Amendment.answered_at)
            .join(Proposal, Proposal.id == Amendment.proposal_id)
            .join(Process, Process.id == Amendment.process_id)
            .where(Amendment.answered_by == account_id)
            .order_by(Amendment.answered_at, Amendment.id)
        )
        rows += [
            {
                "kind": "answer_to_amendment",
                "process": slug,
                "proposal": number,
                "text": words,
                "state": state,
                "written_at": at.isoformat() if at else None,
            }
            for slug, number, words, state, at in answers
        ]
        return rows

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """Proposals and amendments stay without author, signature and files; supports stay as numbers; follows go."""
        forget_files(session, account_id=account_id)
        mine = select(Proposal.id).where(Proposal.author_id == account_id)
        session.execute(
            update(RegroupingPart)
            .where(RegroupingPart.proposal_id.in_(mine), RegroupingPart.objected_at.is_not(None))
            .values(objection="", objected_at=None)
        )
        session.execute(update(Regrouping).where(Regrouping.asked_by == account_id).values(asked_by=None))
        session.execute(update(Regrouping).where(Regrouping.ended_by == account_id).values(ended_by=None))
        session.execute(
            update(Proposal)
            .where(Proposal.author_id == account_id)
            .values(author_id=None, show_name=False, pseudonym="")
        )
        for signed, whose in ((Amendment, Amendment.author_id), (ProposalCoauthor, ProposalCoauthor.account_id)):
            session.execute(
                update(signed).where(whose == account_id).values({whose.key: None, "show_name": False, "pseudonym": ""})
            )
        session.execute(update(Amendment).where(Amendment.answered_by == account_id).values(answered_by=None))
        session.execute(update(ProposalSupport).where(ProposalSupport.account_id == account_id).values(account_id=None))
        session.execute(delete(ProposalFollow).where(ProposalFollow.account_id == account_id))
        session.execute(update(Proposal).where(Proposal.entered_by == account_id).values(entered_by=None))
        session.execute(update(ProposalLineage).where(ProposalLineage.created_by == account_id).values(created_by=None))


PERSONAL_DATA = OwnProposals()
