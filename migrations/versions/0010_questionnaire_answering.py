"""Questionnaires for registered people, drafts of people with an account, paper, targets, published results, files.

Revision: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BEFORE = "access IN ('invitation', 'open')"
NOW = "access IN ('invitation', 'registered', 'open')"
DRAFT_GUARD = """
CREATE OR REPLACE FUNCTION account_draft_never_anonymous() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM questionnaire WHERE id = NEW.questionnaire_id AND privacy = 'anonymous') THEN
    RAISE EXCEPTION 'an anonymous draft is never kept under an account';
  END IF;
  RETURN NEW;
END $$
"""
TRIGGER = (
    "CREATE TRIGGER account_draft_never_anonymous BEFORE INSERT OR UPDATE ON account_draft"
    " FOR EACH ROW EXECUTE FUNCTION account_draft_never_anonymous()"
)


def _key(name: str, comment: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.UUID(), nullable=nullable, comment=comment)


def _json(name: str, comment: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment=comment)


def _moment(name: str, comment: str, *, nullable: bool = False) -> sa.Column[object]:
    default = None if nullable else sa.text("clock_timestamp()")
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable, comment=comment)


def _refers(table: str, column: str, target: str, **options: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), **options)


def upgrade() -> None:
    """Go forward."""
    op.drop_constraint(op.f("ck_questionnaire_access_known"), "questionnaire", type_="check")
    op.create_check_constraint(op.f("ck_questionnaire_access_known"), "questionnaire", NOW)
    op.alter_column(
        "questionnaire",
        "access",
        comment="invitation, registered (people with an account), or open to anyone.",
        existing_comment="invitation, or open to anyone.",
    )
    op.add_column(
        "questionnaire",
        sa.Column(
            "may_edit",
            sa.Boolean(),
            server_default="true",
            nullable=False,
            comment="Whether answers may be corrected until closing (pseudonymous).",
        ),
    )
    for table in ("answer", "staged_answer"):
        op.add_column(
            table,
            sa.Column(
                "on_paper",
                sa.Boolean(),
                server_default="false",
                nullable=False,
                comment="Whether an operator entered it from paper.",
            ),
        )
    _draft_comments(now=True)
    op.create_table(
        "participation",
        _key("questionnaire_id", "Questionnaire."),
        _key("account_id", "Person who took part."),
        _refers("participation", "questionnaire_id", "questionnaire"),
        _refers("participation", "account_id", "account"),
        sa.PrimaryKeyConstraint("questionnaire_id", "account_id", name=op.f("pk_participation")),
        comment="Registered people who answered an anonymous questionnaire; no time, no answer.",
    )
    op.create_index(op.f("ix_participation_account_id"), "participation", ["account_id"])
    op.create_table(
        "account_draft",
        _key("questionnaire_id", "Questionnaire."),
        _key("account_id", "Signed-in person."),
        _json("values", "Answers by question, as far as they were typed."),
        _refers("account_draft", "questionnaire_id", "questionnaire"),
        _refers("account_draft", "account_id", "account"),
        sa.PrimaryKeyConstraint("questionnaire_id", "account_id", name=op.f("pk_account_draft")),
        comment="Unsent answers of signed-in people (pseudonymous mode); gone when sent or closed.",
    )
    op.create_index(op.f("ix_account_draft_account_id"), "account_draft", ["account_id"])
    op.execute(DRAFT_GUARD)
    op.execute(TRIGGER)
    op.create_table(
        "survey_target",
        _key("id", "Random key."),
        _key("questionnaire_id", "Questionnaire."),
        _key("zone_id", "Zone, or empty.", nullable=True),
        sa.Column("speaker_kind", sa.String(length=20), nullable=True, comment="Kind of speaker, or empty."),
        sa.Column("wanted", sa.Integer(), nullable=False, comment="How many answers are wanted."),
        sa.CheckConstraint("(zone_id IS NULL) <> (speaker_kind IS NULL)", name=op.f("ck_survey_target_one_group")),
        sa.CheckConstraint("wanted BETWEEN 1 AND 1000000", name=op.f("ck_survey_target_wanted_sensible")),
        _refers("survey_target", "questionnaire_id", "questionnaire", ondelete="CASCADE"),
        _refers("survey_target", "zone_id", "zone"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_target")),
        sa.UniqueConstraint(
            "questionnaire_id",
            "zone_id",
            "speaker_kind",
            postgresql_nulls_not_distinct=True,
            name=op.f("uq_survey_target_questionnaire_id_zone_id_speaker_kind"),
        ),
        comment="How many answers are wanted from whom: shown as coverage while there is time to act.",
    )
    op.create_table(
        "published_result",
        _key("question_id", "Question; one result each."),
        _key("questionnaire_id", "Questionnaire."),
        _json("content", "Counts with labels, as shown; what is hidden is not in it."),
        _moment("published_at", "When it was made public."),
        _refers("published_result", "question_id", "question"),
        _refers("published_result", "questionnaire_id", "questionnaire"),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_published_result")),
        comment="Results of questions made public, frozen, with small groups hidden.",
    )
    op.create_index("ix_published_result_questionnaire_id", "published_result", ["questionnaire_id"])
    op.create_table(
        "survey_file",
        _key("id", "Random key."),
        _key("questionnaire_id", "Questionnaire."),
        sa.Column(
            "kind",
            sa.String(length=20),
            nullable=False,
            comment="csv (in words), codes (csv in codes), xlsx, json, dictionary (of the columns) or sheet (paper).",
        ),
        sa.Column("language", sa.String(length=10), nullable=False, comment="Language of its labels."),
        sa.Column("state", sa.String(length=10), nullable=False, comment="waiting, writing, ready or failed."),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False, comment="Answers written so far."),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False, comment="Answers there are."),
        _key("file_id", "Stored file with the bytes, named by key only.", nullable=True),
        sa.Column("size", sa.Integer(), nullable=True, comment="Bytes."),
        _key("asked_by", "Account that asked for it.", nullable=True),
        _moment("asked_at", "When it was asked for."),
        _moment("ready_at", "When it was ready.", nullable=True),
        sa.CheckConstraint(
            "kind IN ('csv', 'codes', 'xlsx', 'json', 'dictionary', 'sheet')", name=op.f("ck_survey_file_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'writing', 'ready', 'failed')", name=op.f("ck_survey_file_state_known")
        ),
        _refers("survey_file", "questionnaire_id", "questionnaire"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_file")),
        sa.UniqueConstraint("file_id", name=op.f("uq_survey_file_file_id")),
        comment="Exports and printed sheets being written or ready; deleted after some days.",
    )
    op.create_index("ix_survey_file_questionnaire_id", "survey_file", ["questionnaire_id"])


def _draft_comments(*, now: bool) -> None:
    old = ("SHA-256 of the link's token.", "Unsent answers by hash of the link's token; gone when sent or closed.")
    new = (
        "SHA-256 of the link's token or of the resume code.",
        "Unsent answers by hash of the link's token or of a resume code; gone when sent or closed.",
    )
    before, after = (old, new) if now else (new, old)
    op.alter_column("answer_draft", "token_hash", comment=after[0], existing_comment=before[0])
    op.create_table_comment("answer_draft", after[1], existing_comment=before[1])


def downgrade() -> None:
    """Go back. Questionnaires for registered people become open ones; drafts, targets, published results and files are lost."""
    for table in ("survey_file", "published_result", "survey_target", "account_draft", "participation"):
        op.drop_table(table)
    op.execute("DROP FUNCTION IF EXISTS account_draft_never_anonymous()")
    _draft_comments(now=False)
    for table in ("answer", "staged_answer"):
        op.drop_column(table, "on_paper")
    op.drop_column("questionnaire", "may_edit")
    op.alter_column(
        "questionnaire",
        "access",
        comment="invitation, or open to anyone.",
        existing_comment="invitation, registered (people with an account), or open to anyone.",
    )
    op.execute("UPDATE questionnaire SET access = 'open' WHERE access = 'registered'")
    op.drop_constraint(op.f("ck_questionnaire_access_known"), "questionnaire", type_="check")
    op.create_check_constraint(op.f("ck_questionnaire_access_known"), "questionnaire", BEFORE)
