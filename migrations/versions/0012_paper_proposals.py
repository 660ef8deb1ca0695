"""Proposals on paper and at meetings, with their receipt; a point on the map; one-click words on comments.

Revision: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table('comment_reaction',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('comment_id', sa.UUID(), nullable=False, comment='Comment.'),
    sa.Column('account_id', sa.UUID(), nullable=True, comment='Person; empty once they erased their account: the reaction still counts.'),
    sa.Column('kind', sa.String(length=20), nullable=False, comment='agree or useful.'),
    sa.CheckConstraint("kind IN ('agree', 'useful')", name=op.f('ck_comment_reaction_kind_known')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_comment_reaction_account_id')),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_comment_reaction_comment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comment_reaction')),
    sa.UniqueConstraint('comment_id', 'account_id', 'kind', name=op.f('uq_comment_reaction_comment_id_account_id_kind')),
    comment='Reactions to comments: one of each kind per person.'
    )
    op.create_index('ix_comment_reaction_account_id', 'comment_reaction', ['account_id'], unique=False)
    op.add_column('comment', sa.Column('agree_count', sa.Integer(), server_default='0', nullable=False, comment='People who agree with it.'))
    op.add_column('comment', sa.Column('useful_count', sa.Integer(), server_default='0', nullable=False, comment='People who find it useful.'))
    op.add_column('proposal', sa.Column('latitude', sa.Float(), nullable=True, comment='Degrees north of the point it is about, if any.'))
    op.add_column('proposal', sa.Column('longitude', sa.Float(), nullable=True, comment='Degrees east of the point it is about, if any.'))
    op.add_column('proposal', sa.Column('origin', sa.String(length=20), server_default='web', nullable=False, comment='web, paper or meeting: how it came in.'))
    op.add_column('proposal', sa.Column('meeting_id', sa.UUID(), nullable=True, comment='Meeting it was collected at, where it was one.'))
    op.add_column('proposal', sa.Column('received_on', sa.Date(), nullable=True, comment='Day it was handed in, where it came on paper.'))
    op.add_column('proposal', sa.Column('entered_by', sa.UUID(), nullable=True, comment='Who typed it in for its author; empty once they erased their account.'))
    op.add_column('proposal', sa.Column('receipt_hash', sa.LargeBinary(length=32), nullable=True, comment='SHA-256 of the receipt code handed to the author of a paper proposal.'))
    op.create_index('ix_proposal_entered_by', 'proposal', ['entered_by'], unique=False, postgresql_where=sa.text('entered_by IS NOT NULL'))
    op.create_index('ix_proposal_meeting_id', 'proposal', ['meeting_id'], unique=False, postgresql_where=sa.text('meeting_id IS NOT NULL'))
    op.create_unique_constraint(op.f('uq_proposal_receipt_hash'), 'proposal', ['receipt_hash'])
    op.create_foreign_key(op.f('fk_proposal_entered_by'), 'proposal', 'account', ['entered_by'], ['id'])
    op.create_foreign_key(op.f('fk_proposal_meeting_id'), 'proposal', 'meeting', ['meeting_id'], ['id'])
    op.create_check_constraint(op.f('ck_proposal_origin_known'), 'proposal', "origin IN ('web', 'paper', 'meeting')")
    op.create_check_constraint(op.f('ck_proposal_point_is_whole'), 'proposal', "(latitude IS NULL) = (longitude IS NULL)")
    op.create_check_constraint(op.f('ck_proposal_point_on_earth'), 'proposal', "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180")
    op.create_check_constraint(op.f('ck_comment_reactions_not_negative'), 'comment', "agree_count >= 0 AND useful_count >= 0")


def downgrade() -> None:
    """Go back."""
    op.drop_constraint(op.f('ck_comment_reactions_not_negative'), 'comment', type_='check')
    op.drop_constraint(op.f('ck_proposal_point_on_earth'), 'proposal', type_='check')
    op.drop_constraint(op.f('ck_proposal_point_is_whole'), 'proposal', type_='check')
    op.drop_constraint(op.f('ck_proposal_origin_known'), 'proposal', type_='check')
    op.drop_constraint(op.f('fk_proposal_meeting_id'), 'proposal', type_='foreignkey')
    op.drop_constraint(op.f('fk_proposal_entered_by'), 'proposal', type_='foreignkey')
    op.drop_constraint(op.f('uq_proposal_receipt_hash'), 'proposal', type_='unique')
    op.drop_index('ix_proposal_meeting_id', table_name='proposal', postgresql_where=sa.text('meeting_id IS NOT NULL'))
    op.drop_index('ix_proposal_entered_by', table_name='proposal', postgresql_where=sa.text('entered_by IS NOT NULL'))
    op.drop_column('proposal', 'receipt_hash')
    op.drop_column('proposal', 'entered_by')
    op.drop_column('proposal', 'received_on')
    op.drop_column('proposal', 'meeting_id')
    op.drop_column('proposal', 'origin')
    op.drop_column('proposal', 'longitude')
    op.drop_column('proposal', 'latitude')
    op.drop_column('comment', 'useful_count')
    op.drop_column('comment', 'agree_count')
    op.drop_index('ix_comment_reaction_account_id', table_name='comment_reaction')
    op.drop_table('comment_reaction')
