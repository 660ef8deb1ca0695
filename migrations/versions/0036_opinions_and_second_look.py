"""Conversations of short statements with their votes; appeals against moderators' decisions, and second readings of a sample.

Revision: 0036
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table('opinion_conversation',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False, comment='Grows with each change: the optimistic lock.'),
    sa.Column('state', sa.String(length=20), server_default='draft', nullable=False, comment='draft, open, closed or cancelled.'),
    sa.Column('title', sa.String(length=200), nullable=False, comment='Title.'),
    sa.Column('question', sa.Text(), nullable=False, comment='What it is about, in Markdown.'),
    sa.Column('participants_add', sa.Boolean(), server_default='false', nullable=False, comment='Whether participants may add statements, which a moderator reads first.'),
    sa.Column('results_shown', sa.String(length=20), server_default='always', nullable=False, comment='always, or closed: only once it is over.'),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When it was prepared.'),
    sa.Column('created_by', sa.UUID(), nullable=True, comment='Who prepared it; empty once they erased their account.'),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True, comment='When it was opened.'),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=True, comment="Deadline, by the database's clock."),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True, comment='When it was closed, or ran out.'),
    sa.Column('counted_at', sa.DateTime(timezone=True), nullable=True, comment='When results were last worked out.'),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True, comment='When it was counted for the last time and votes were parted from people.'),
    sa.Column('results', postgresql.JSONB(astext_type=Text()), nullable=True, comment='Public results with method and parameters; numbers only, groups under five left out.'),
    sa.Column('asking', postgresql.JSONB(astext_type=Text()), server_default='{}', nullable=False, comment='By statement, how much is learnt by asking it next.'),
    sa.CheckConstraint("finished_at IS NULL OR state = 'closed'", name=op.f('ck_opinion_conversation_finished_when_closed')),
    sa.CheckConstraint("results_shown IN ('always', 'closed')", name=op.f('ck_opinion_conversation_results_shown_known')),
    sa.CheckConstraint("state IN ('draft', 'open', 'closed', 'cancelled')", name=op.f('ck_opinion_conversation_state_known')),
    sa.ForeignKeyConstraint(['created_by'], ['account.id'], name=op.f('fk_opinion_conversation_created_by')),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_opinion_conversation_process_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opinion_conversation')),
    comment='Conversations in which people agree, disagree or pass on short statements.'
    )
    op.create_index(op.f('ix_opinion_conversation_created_by'), 'opinion_conversation', ['created_by'], unique=False)
    op.create_index('ix_opinion_conversation_process_id', 'opinion_conversation', ['process_id', 'created_at', 'id'], unique=False)
    op.create_index('ix_opinion_conversation_unfinished', 'opinion_conversation', ['closes_at'], unique=False, postgresql_where=sa.text('finished_at IS NULL'))
    op.create_table('moderation_appeal',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('act_id', sa.UUID(), nullable=False, comment='Decision appealed against.'),
    sa.Column('appellant_id', sa.UUID(), nullable=True, comment='Author of the text; empty once they erased their account.'),
    sa.Column('words', sa.Text(), nullable=False, comment='Why the author thinks it wrong; read by moderators only.'),
    sa.Column('state', sa.String(length=20), server_default='open', nullable=False, comment='open, accepted, confirmed or settled.'),
    sa.Column('filed_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When it was made.'),
    sa.Column('answer', sa.Text(), server_default='', nullable=False, comment='The answer to the author.'),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True, comment='When it was answered.'),
    sa.Column('decided_by', sa.UUID(), nullable=True, comment='Moderator who answered, never the one of the decision.'),
    sa.Column('restoring_act_id', sa.UUID(), nullable=True, comment='Act by which the text was shown again.'),
    sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name=op.f('ck_moderation_appeal_decided_has_date')),
    sa.CheckConstraint("state IN ('open', 'accepted', 'confirmed', 'settled')", name=op.f('ck_moderation_appeal_state_known')),
    sa.CheckConstraint("state NOT IN ('accepted', 'confirmed') OR answer <> ''", name=op.f('ck_moderation_appeal_decision_has_answer')),
    sa.ForeignKeyConstraint(['act_id'], ['moderation_act.id'], name=op.f('fk_moderation_appeal_act_id')),
    sa.ForeignKeyConstraint(['appellant_id'], ['account.id'], name=op.f('fk_moderation_appeal_appellant_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['account.id'], name=op.f('fk_moderation_appeal_decided_by')),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_moderation_appeal_process_id')),
    sa.ForeignKeyConstraint(['restoring_act_id'], ['moderation_act.id'], name=op.f('fk_moderation_appeal_restoring_act_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_moderation_appeal')),
    sa.UniqueConstraint('act_id', name=op.f('uq_moderation_appeal_act_id')),
    comment='Appeals of authors against texts hidden or refused, decided by another moderator.'
    )
    op.create_index('ix_moderation_appeal_appellant_id', 'moderation_appeal', ['appellant_id'], unique=False, postgresql_where=sa.text('appellant_id IS NOT NULL'))
    op.create_index(op.f('ix_moderation_appeal_decided_by'), 'moderation_appeal', ['decided_by'], unique=False)
    op.create_index('ix_moderation_appeal_process_id', 'moderation_appeal', ['process_id', 'filed_at', 'id'], unique=False)
    op.create_index(op.f('ix_moderation_appeal_restoring_act_id'), 'moderation_appeal', ['restoring_act_id'], unique=False)
    op.create_table('moderation_reading',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('act_id', sa.UUID(), nullable=False, comment='Decision read again.'),
    sa.Column('state', sa.String(length=20), server_default='waiting', nullable=False, comment='waiting, agreed, disputed or settled.'),
    sa.Column('drawn_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When it was drawn.'),
    sa.Column('second_reason', sa.String(length=40), nullable=True, comment='Reason of the second to hide; an empty text for leaving it visible.'),
    sa.Column('second_by', sa.UUID(), nullable=True, comment='Second moderator.'),
    sa.Column('second_at', sa.DateTime(timezone=True), nullable=True, comment='When the second decided.'),
    sa.Column('third_reason', sa.String(length=40), nullable=True, comment='Reason of the third to hide; an empty text for leaving it visible.'),
    sa.Column('third_by', sa.UUID(), nullable=True, comment='Third moderator.'),
    sa.Column('third_at', sa.DateTime(timezone=True), nullable=True, comment='When the third decided.'),
    sa.Column('changing_act_id', sa.UUID(), nullable=True, comment='Act by which the third changed the decision.'),
    sa.CheckConstraint("(state = 'settled') = (third_at IS NOT NULL)", name=op.f('ck_moderation_reading_third_has_date')),
    sa.CheckConstraint("(state = 'waiting') = (second_at IS NULL)", name=op.f('ck_moderation_reading_second_has_date')),
    sa.CheckConstraint("state IN ('waiting', 'agreed', 'disputed', 'settled')", name=op.f('ck_moderation_reading_state_known')),
    sa.CheckConstraint('second_by IS NULL OR third_by IS NULL OR second_by <> third_by', name=op.f('ck_moderation_reading_third_is_another')),
    sa.ForeignKeyConstraint(['act_id'], ['moderation_act.id'], name=op.f('fk_moderation_reading_act_id')),
    sa.ForeignKeyConstraint(['changing_act_id'], ['moderation_act.id'], name=op.f('fk_moderation_reading_changing_act_id')),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_moderation_reading_process_id')),
    sa.ForeignKeyConstraint(['second_by'], ['account.id'], name=op.f('fk_moderation_reading_second_by')),
    sa.ForeignKeyConstraint(['third_by'], ['account.id'], name=op.f('fk_moderation_reading_third_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_moderation_reading')),
    sa.UniqueConstraint('act_id', name=op.f('uq_moderation_reading_act_id')),
    comment='Decisions drawn by lot to be read again, blind, by another moderator.'
    )
    op.create_index(op.f('ix_moderation_reading_changing_act_id'), 'moderation_reading', ['changing_act_id'], unique=False)
    op.create_index('ix_moderation_reading_process_id', 'moderation_reading', ['process_id'], unique=False)
    op.create_index(op.f('ix_moderation_reading_second_by'), 'moderation_reading', ['second_by'], unique=False)
    op.create_index(op.f('ix_moderation_reading_third_by'), 'moderation_reading', ['third_by'], unique=False)
    op.create_index('ix_moderation_reading_to_do', 'moderation_reading', ['process_id', 'drawn_at', 'id'], unique=False, postgresql_where=sa.text("state IN ('waiting', 'disputed')"))
    op.create_table('opinion_participant',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('conversation_id', sa.UUID(), nullable=False, comment='Conversation.'),
    sa.Column('account_id', sa.UUID(), nullable=True, comment='Person, until the end or their erasure.'),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True, comment='When they last voted or changed a vote; empty after the end.'),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_opinion_participant_account_id')),
    sa.ForeignKeyConstraint(['conversation_id'], ['opinion_conversation.id'], name=op.f('fk_opinion_participant_conversation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opinion_participant')),
    sa.UniqueConstraint('conversation_id', 'account_id', name=op.f('uq_opinion_participant_conversation_id_account_id')),
    comment='Who votes in conversations; at the end written anew in random order, without their people.'
    )
    op.create_index('ix_opinion_participant_account_id', 'opinion_participant', ['account_id'], unique=False, postgresql_where=sa.text('account_id IS NOT NULL'))
    op.create_table('opinion_turnout',
    sa.Column('conversation_id', sa.UUID(), nullable=False, comment='Conversation.'),
    sa.Column('account_id', sa.UUID(), nullable=False, comment='Person.'),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_opinion_turnout_account_id')),
    sa.ForeignKeyConstraint(['conversation_id'], ['opinion_conversation.id'], name=op.f('fk_opinion_turnout_conversation_id')),
    sa.PrimaryKeyConstraint('conversation_id', 'account_id', name=op.f('pk_opinion_turnout')),
    comment='Who took part in conversations that are over, apart from what was said.'
    )
    op.create_index('ix_opinion_turnout_account_id', 'opinion_turnout', ['account_id'], unique=False)
    op.create_table('opinion_statement',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('conversation_id', sa.UUID(), nullable=False, comment='Conversation.'),
    sa.Column('number', sa.Integer(), nullable=False, comment='Its number in the conversation, never given twice.'),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False, comment='Grows with each change of state: the optimistic lock.'),
    sa.Column('text', sa.String(length=300), nullable=False, comment='The statement, plain text.'),
    sa.Column('state', sa.String(length=20), server_default='shown', nullable=False, comment='waiting, shown, out or hidden.'),
    sa.Column('origin', sa.String(length=20), nullable=False, comment='facilitator, finding, proposal or participant.'),
    sa.Column('finding_id', sa.UUID(), nullable=True, comment='Published finding it is drawn from.'),
    sa.Column('proposal_id', sa.UUID(), nullable=True, comment='Proposal it is drawn from.'),
    sa.Column('author_id', sa.UUID(), nullable=True, comment='Who wrote it; empty once they erased their account. Never shown.'),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When it was written.'),
    sa.CheckConstraint("(origin = 'finding') = (finding_id IS NOT NULL)", name=op.f('ck_opinion_statement_finding_where_from_one')),
    sa.CheckConstraint("(origin = 'proposal') = (proposal_id IS NOT NULL)", name=op.f('ck_opinion_statement_proposal_where_from_one')),
    sa.CheckConstraint("origin IN ('facilitator', 'finding', 'proposal', 'participant')", name=op.f('ck_opinion_statement_origin_known')),
    sa.CheckConstraint("state IN ('waiting', 'shown', 'out', 'hidden')", name=op.f('ck_opinion_statement_state_known')),
    sa.ForeignKeyConstraint(['author_id'], ['account.id'], name=op.f('fk_opinion_statement_author_id')),
    sa.ForeignKeyConstraint(['conversation_id'], ['opinion_conversation.id'], name=op.f('fk_opinion_statement_conversation_id')),
    sa.ForeignKeyConstraint(['finding_id'], ['finding.id'], name=op.f('fk_opinion_statement_finding_id')),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_opinion_statement_process_id')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_opinion_statement_proposal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opinion_statement')),
    sa.UniqueConstraint('conversation_id', 'number', name=op.f('uq_opinion_statement_conversation_id_number')),
    comment='Statements of conversations, with what they are drawn from.'
    )
    op.create_index(op.f('ix_opinion_statement_author_id'), 'opinion_statement', ['author_id'], unique=False)
    op.create_index(op.f('ix_opinion_statement_finding_id'), 'opinion_statement', ['finding_id'], unique=False)
    op.create_index(op.f('ix_opinion_statement_proposal_id'), 'opinion_statement', ['proposal_id'], unique=False)
    op.create_index('ix_opinion_statement_waiting', 'opinion_statement', ['process_id', 'created_at', 'id'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_table('opinion_ballot',
    sa.Column('participant_id', sa.UUID(), nullable=False, comment='Participant.'),
    sa.Column('statement_id', sa.UUID(), nullable=False, comment='Statement.'),
    sa.Column('vote', sa.SmallInteger(), nullable=False, comment='1 agree, -1 disagree, 0 pass.'),
    sa.CheckConstraint('vote IN (1, 0, -1)', name=op.f('ck_opinion_ballot_vote_known')),
    sa.ForeignKeyConstraint(['participant_id'], ['opinion_participant.id'], name=op.f('fk_opinion_ballot_participant_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['statement_id'], ['opinion_statement.id'], name=op.f('fk_opinion_ballot_statement_id')),
    sa.PrimaryKeyConstraint('participant_id', 'statement_id', name=op.f('pk_opinion_ballot')),
    comment='One vote for each participant and statement; changeable and withdrawable until the end.'
    )
    op.create_index('ix_opinion_ballot_statement_id', 'opinion_ballot', ['statement_id'], unique=False)
    op.add_column('moderation_policy', sa.Column('second_percent', sa.Integer(), server_default='10', nullable=False, comment='How many decisions of a hundred another moderator reads again.'))
    op.create_check_constraint(
        op.f("ck_moderation_policy_second_is_a_share"), "moderation_policy", "second_percent BETWEEN 0 AND 100"
    )


def downgrade() -> None:
    """Go back."""
    op.drop_column('moderation_policy', 'second_percent')
    op.drop_index('ix_opinion_ballot_statement_id', table_name='opinion_ballot')
    op.drop_table('opinion_ballot')
    op.drop_index('ix_opinion_statement_waiting', table_name='opinion_statement', postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index(op.f('ix_opinion_statement_proposal_id'), table_name='opinion_statement')
    op.drop_index(op.f('ix_opinion_statement_finding_id'), table_name='opinion_statement')
    op.drop_index(op.f('ix_opinion_statement_author_id'), table_name='opinion_statement')
    op.drop_table('opinion_statement')
    op.drop_index('ix_opinion_turnout_account_id', table_name='opinion_turnout')
    op.drop_table('opinion_turnout')
    op.drop_index('ix_opinion_participant_account_id', table_name='opinion_participant', postgresql_where=sa.text('account_id IS NOT NULL'))
    op.drop_table('opinion_participant')
    op.drop_index('ix_moderation_reading_to_do', table_name='moderation_reading', postgresql_where=sa.text("state IN ('waiting', 'disputed')"))
    op.drop_index(op.f('ix_moderation_reading_third_by'), table_name='moderation_reading')
    op.drop_index(op.f('ix_moderation_reading_second_by'), table_name='moderation_reading')
    op.drop_index('ix_moderation_reading_process_id', table_name='moderation_reading')
    op.drop_index(op.f('ix_moderation_reading_changing_act_id'), table_name='moderation_reading')
    op.drop_table('moderation_reading')
    op.drop_index(op.f('ix_moderation_appeal_restoring_act_id'), table_name='moderation_appeal')
    op.drop_index('ix_moderation_appeal_process_id', table_name='moderation_appeal')
    op.drop_index(op.f('ix_moderation_appeal_decided_by'), table_name='moderation_appeal')
    op.drop_index('ix_moderation_appeal_appellant_id', table_name='moderation_appeal', postgresql_where=sa.text('appellant_id IS NOT NULL'))
    op.drop_table('moderation_appeal')
    op.drop_index('ix_opinion_conversation_unfinished', table_name='opinion_conversation', postgresql_where=sa.text('finished_at IS NULL'))
    op.drop_index('ix_opinion_conversation_process_id', table_name='opinion_conversation')
    op.drop_index(op.f('ix_opinion_conversation_created_by'), table_name='opinion_conversation')
    op.drop_table('opinion_conversation')
