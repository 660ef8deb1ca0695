"""Invitations to interviews, the personal page, the history of consent, guide questions by axis and strategy.

Revision: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column('interview', sa.Column('email', sa.String(length=320), server_default='', nullable=False, comment='Address for the invitation and the personal page.'))
    op.add_column('interview', sa.Column('meets_at', sa.DateTime(timezone=True), nullable=True, comment='When the conversation is fixed for.'))
    op.add_column('interview', sa.Column('place', sa.String(length=200), server_default='', nullable=False, comment='Where, or how, it takes place.'))
    op.add_column('interview', sa.Column('invitations', sa.Integer(), server_default='0', nullable=False, comment='Letters of invitation sent: the sequence of the calendar entry.'))
    op.add_column('interview', sa.Column('door_hash', sa.LargeBinary(length=32), nullable=True, comment='Hash of the link to the personal page; empty until one is sent.'))
    op.create_unique_constraint(op.f('uq_interview_door_hash'), 'interview', ['door_hash'])
    op.add_column('guide_question', sa.Column('axis_id', sa.UUID(), nullable=True, comment='Axis it asks about.'))
    op.add_column('guide_question', sa.Column('strategy_id', sa.UUID(), nullable=True, comment='Strategy it asks about.'))
    op.create_foreign_key(op.f('fk_guide_question_axis_id'), 'guide_question', 'axis', ['axis_id'], ['id'])
    op.create_foreign_key(op.f('fk_guide_question_strategy_id'), 'guide_question', 'strategy', ['strategy_id'], ['id'])
    op.create_table('consent_change',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('interview_id', sa.UUID(), nullable=False, comment='Interview.'),
    sa.Column('may_record', sa.Boolean(), nullable=False, comment='Consent to record.'),
    sa.Column('may_transcribe', sa.Boolean(), nullable=False, comment='Consent to transcribe.'),
    sa.Column('may_code', sa.Boolean(), nullable=False, comment='Consent to code and count.'),
    sa.Column('quote', sa.String(length=20), nullable=False, comment='Consent to quote: none, anonymous, role or name.'),
    sa.Column('embargo_until', sa.Date(), nullable=True, comment='No quote before this day.'),
    sa.Column('text_version', sa.String(length=80), nullable=False, comment='Version of the consent text.'),
    sa.Column('given_on', sa.Date(), nullable=True, comment='Day it was given.'),
    sa.Column('given_by', sa.String(length=10), nullable=False, comment='Who entered it: staff, or the person on the personal page.'),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When.'),
    sa.CheckConstraint("given_by IN ('staff', 'person')", name=op.f('ck_consent_change_given_by_known')),
    sa.ForeignKeyConstraint(['interview_id'], ['interview.id'], name=op.f('fk_consent_change_interview_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent_change')),
    comment='History of consent to interviews.'
    )
    op.create_index('ix_consent_change_interview_id', 'consent_change', ['interview_id', 'changed_at'], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_index('ix_consent_change_interview_id', table_name='consent_change')
    op.drop_table('consent_change')
    op.drop_column('guide_question', 'strategy_id')
    op.drop_column('guide_question', 'axis_id')
    for name in ('door_hash', 'invitations', 'place', 'meets_at', 'email'):
        op.drop_column('interview', name)
