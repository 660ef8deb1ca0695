"""What was asked of the writers of files, and how far it is."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class PaperFileRequest(Base):
    """The latest request for one file of a paper: waiting, done, or failed with the reason."""

    __tablename__ = "paper_file_request"
    __table_args__ = (
        UniqueConstraint("paper_id", "version_number", "draft_number", "format"),
        CheckConstraint("format IN ('html', 'pdf', 'docx', 'odt', 'json')", name="format_known"),
        CheckConstraint("why IN ('', 'too_much', 'refused', 'lost')", name="why_known"),
        CheckConstraint("(failed_at IS NULL) = (why = '')", name="failure_has_reason"),
        CheckConstraint("done_at IS NULL OR failed_at IS NULL", name="done_or_failed"),
        {"comment": "Files of papers that were asked for: waiting, done, or failed and why. The files stand in paper_file."},
    )

    id: Mapped[Key]
    paper_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("paper.id"), comment="Paper.")
    version_number: Mapped[int] = mapped_column(Integer, comment="Published version; 0 for a draft.")
    draft_number: Mapped[int] = mapped_column(
        Integer, comment="Draft in consultation; 0 for a version, or the draft as it is being written."
    )
    format: Mapped[str] = mapped_column(String(5), comment="html, pdf, docx, odt or json.")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="When it was asked for last.")
    asked_by: Mapped[uuid.UUID | None] = mapped_column(
        comment="Account that is told where it fails; empty once it is done or failed, and for who has none."
    )
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was built; empty while it waits.")
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was given up.")
    why: Mapped[str] = mapped_column(
        String(10),
        default="",
        server_default="",
        comment="too_much: beyond the time or memory a file is given; refused: by the typesetter; lost: with its worker, each time.",
    )
