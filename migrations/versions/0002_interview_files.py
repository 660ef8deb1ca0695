"""Files of transcripts with what was read in them, and the time at which a passage was said.

Revision: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column('interview_passage', sa.Column('at_ms', sa.Integer(), nullable=True, comment='When it was said, in milliseconds from the beginning; empty where no time is known.'))
    op.create_table('interview_original',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('interview_id', sa.UUID(), nullable=False, comment='Interview.'),
    sa.Column('file_id', sa.UUID(), nullable=False, comment='The file as it came.'),
    sa.Column('layout', sa.String(length=20), nullable=False, comment='How it is laid out: captions, table or lines.'),
    sa.Column('sure', sa.Boolean(), nullable=False, comment='False where who asks was concluded from the questions.'),
    sa.Column('turns', postgresql.JSONB(), nullable=False, comment='Speaker, words, asked, time of each passage; emptied once confirmed or given up.'),
    sa.Column('left_out', postgresql.JSONB(), nullable=False, comment='Lines before the first voice, to be looked at; emptied with the passages.'),
    sa.Column('read_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When it was read.'),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=True, comment='When its passages were confirmed; empty while they wait.'),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_interview_original_file_id_stored_file')),
    sa.ForeignKeyConstraint(['interview_id'], ['interview.id'], name=op.f('fk_interview_original_interview_id_interview')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_interview_original')),
    comment='Files of transcripts, and what was read in them until it is confirmed.'
    )
    op.create_index('ix_interview_original_interview_id', 'interview_original', ['interview_id'], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_index('ix_interview_original_interview_id', table_name='interview_original')
    op.drop_table('interview_original')
    op.drop_column('interview_passage', 'at_ms')
