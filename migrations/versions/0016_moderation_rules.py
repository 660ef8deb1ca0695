"""Moderation rules by version, texts looked through by them, who takes care of a text, texts decided together.

Revision: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column('moderation_act', sa.Column('batch_id', sa.UUID(), nullable=True, comment='Equal for texts decided together with one reason; empty for one by itself.'))
    op.create_index('ix_moderation_act_batch_id', 'moderation_act', ['batch_id'], unique=False, postgresql_where=sa.text('batch_id IS NOT NULL'))
    op.create_table('moderation_policy',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('version', sa.Integer(), nullable=False, comment='Version, from 1.'),
    sa.Column('words', sa.Text(), nullable=False, comment='The rules in words, in Markdown, for anyone to read.'),
    sa.Column('insults', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='Words that bring a text to the desk; not published.'),
    sa.Column('most_links', sa.Integer(), nullable=False, comment='A text with more links than these comes to the desk.'),
    sa.Column('burst_count', sa.Integer(), nullable=False, comment='So many texts of one person within the minutes come to the desk; 0: not looked for.'),
    sa.Column('burst_minutes', sa.Integer(), nullable=False, comment='Minutes of a burst.'),
    sa.Column('published_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When it came into force.'),
    sa.Column('published_by', sa.UUID(), nullable=True, comment='Who published it.'),
    sa.CheckConstraint('most_links >= 0 AND burst_count >= 0 AND burst_minutes >= 0', name=op.f('ck_moderation_policy_numbers_not_negative')),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_moderation_policy_process_id')),
    sa.ForeignKeyConstraint(['published_by'], ['account.id'], name=op.f('fk_moderation_policy_published_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_moderation_policy')),
    sa.UniqueConstraint('process_id', 'version', name=op.f('uq_moderation_policy_process_id_version')),
    comment='Moderation rules of processes, version by version; none is ever changed.'
    )
    op.create_table('text_screening',
    sa.Column('thing_kind', sa.String(length=20), nullable=False, comment='Kind of text.'),
    sa.Column('thing_id', sa.UUID(), nullable=False, comment='Key of the text, named by kind.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('revision', sa.Integer(), nullable=False, comment='Revision of the text that was looked through.'),
    sa.Column('policy_version', sa.Integer(), nullable=False, comment='Version of the rules; 0 for those of the platform.'),
    sa.Column('flags', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='What was found; empty for nothing.'),
    sa.Column('closed_act_id', sa.UUID(), nullable=True, comment='Act by which a moderator dealt with it; empty while it waits.'),
    sa.ForeignKeyConstraint(['closed_act_id'], ['moderation_act.id'], name=op.f('fk_text_screening_closed_act_id')),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_text_screening_process_id')),
    sa.PrimaryKeyConstraint('thing_kind', 'thing_id', name=op.f('pk_text_screening')),
    comment='Texts looked through by the moderation rules, with what was found.'
    )
    op.create_index('ix_text_screening_open', 'text_screening', ['process_id', 'thing_kind', 'thing_id'], unique=False, postgresql_where=sa.text("flags <> '[]'::jsonb AND closed_act_id IS NULL"))
    op.create_index('ix_text_screening_closed_act_id', 'text_screening', ['closed_act_id'], unique=False, postgresql_where=sa.text('closed_act_id IS NOT NULL'))
    op.create_table('moderation_assignment',
    sa.Column('thing_kind', sa.String(length=20), nullable=False, comment='Kind of text.'),
    sa.Column('thing_id', sa.UUID(), nullable=False, comment='Key of the text, named by kind.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('account_id', sa.UUID(), nullable=False, comment='Who takes care of it.'),
    sa.Column('assigned_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='Since when.'),
    sa.Column('assigned_by', sa.UUID(), nullable=True, comment='Who said so.'),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_moderation_assignment_account_id')),
    sa.ForeignKeyConstraint(['assigned_by'], ['account.id'], name=op.f('fk_moderation_assignment_assigned_by')),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_moderation_assignment_process_id')),
    sa.PrimaryKeyConstraint('thing_kind', 'thing_id', name=op.f('pk_moderation_assignment')),
    comment='Texts on the desk and the member of staff who takes care of each.'
    )
    op.create_index('ix_moderation_assignment_account_id', 'moderation_assignment', ['account_id', 'process_id'], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_table('moderation_assignment')
    op.drop_table('text_screening')
    op.drop_table('moderation_policy')
    op.drop_index('ix_moderation_act_batch_id', table_name='moderation_act', postgresql_where=sa.text('batch_id IS NOT NULL'))
    op.drop_column('moderation_act', 'batch_id')
