"""Working tables, waiting lists, ballots and remarks of meetings; files of answers, of contributions and of documents.

Revision: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table('contribution_door',
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('proof', sa.Boolean(), nullable=False, comment='Whether who has no account proves an e-mail address first.'),
    sa.Column('files', sa.Boolean(), nullable=False, comment='Whether files may be sent along.'),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_contribution_door_process_id')),
    sa.PrimaryKeyConstraint('process_id', name=op.f('pk_contribution_door')),
    comment='How a process takes open contributions.'
    )
    op.create_table('source_import',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process it adds to.'),
    sa.Column('file_id', sa.UUID(), nullable=True, comment='The file as it was uploaded; empty where a command read it.'),
    sa.Column('name', sa.String(length=200), nullable=False, comment='Name of the file.'),
    sa.Column('state', sa.String(length=10), nullable=False, comment='draft, queued, done, failed or undone.'),
    sa.Column('mapping', postgresql.JSONB(astext_type=Text()), nullable=False, comment='Column of the file by what it holds.'),
    sa.Column('added', sa.Integer(), server_default='0', nullable=False, comment='Sources it added.'),
    sa.Column('already_there', sa.Integer(), server_default='0', nullable=False, comment='Rows that were there before.'),
    sa.Column('bad', postgresql.JSONB(astext_type=Text()), nullable=False, comment='Rows not taken: line and reason, never their text.'),
    sa.Column('notes', postgresql.JSONB(astext_type=Text()), nullable=False, comment='What was left empty, and how often.'),
    sa.Column('failure', sa.String(length=300), server_default='', nullable=False, comment='Why it failed, in words.'),
    sa.Column('created_by', sa.UUID(), nullable=True, comment='Account that brought the file; empty for a command.'),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When it was uploaded.'),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True, comment='When it was done, failed or undone.'),
    sa.CheckConstraint("state IN ('draft', 'queued', 'done', 'failed', 'undone')", name=op.f('ck_source_import_state_known')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_source_import_file_id')),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_source_import_process_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_source_import')),
    comment='Imports of files of answers.'
    )
    op.create_index('ix_source_import_process_order', 'source_import', ['process_id', 'created_at', 'id'], unique=False)
    op.create_table('contribution_waiting',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('email', sa.String(length=254), nullable=False, comment='Address the letter goes to; gone with the row.'),
    sa.Column('given', postgresql.JSONB(astext_type=Text()), nullable=False, comment='The form as it was filled in.'),
    sa.Column('notice_id', sa.UUID(), nullable=True, comment='Privacy notice that was shown.'),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When it was sent.'),
    sa.ForeignKeyConstraint(['notice_id'], ['privacy_notice.id'], name=op.f('fk_contribution_waiting_notice_id')),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_contribution_waiting_process_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contribution_waiting')),
    comment='Contributions that wait for proof of an address; deleted when proved or after two days.'
    )
    op.create_index(op.f('ix_contribution_waiting_created_at'), 'contribution_waiting', ['created_at'], unique=False)
    op.create_index(op.f('ix_contribution_waiting_process_id'), 'contribution_waiting', ['process_id'], unique=False)
    op.create_table('meeting_file',
    sa.Column('meeting_id', sa.UUID(), nullable=False, comment='Meeting.'),
    sa.Column('file_id', sa.UUID(), nullable=False, comment='File.'),
    sa.Column('title', sa.String(length=200), nullable=False, comment='What it is, in words.'),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_meeting_file_file_id')),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_file_meeting_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('meeting_id', 'file_id', name=op.f('pk_meeting_file')),
    comment='Files of meetings: materials, slides, maps.'
    )
    op.create_table('meeting_table',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('meeting_id', sa.UUID(), nullable=False, comment='Meeting.'),
    sa.Column('number', sa.Integer(), nullable=False, comment='Number on the table.'),
    sa.Column('title', sa.String(length=200), nullable=False, comment='What the table is about, where it has a theme.'),
    sa.Column('zone_id', sa.UUID(), nullable=True, comment='Zone it speaks for; empty: whoever sits there says theirs.'),
    sa.Column('facilitator_id', sa.UUID(), nullable=True, comment='Who leads it and takes notes.'),
    sa.Column('seats', sa.Integer(), nullable=True, comment='Places at the table; empty: no limit.'),
    sa.CheckConstraint('seats IS NULL OR seats > 0', name=op.f('ck_meeting_table_seats_positive')),
    sa.ForeignKeyConstraint(['facilitator_id'], ['account.id'], name=op.f('fk_meeting_table_facilitator_id')),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_table_meeting_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['zone_id'], ['zone.id'], name=op.f('fk_meeting_table_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting_table')),
    sa.UniqueConstraint('meeting_id', 'number', name=op.f('uq_meeting_table_meeting_id_number')),
    comment='Working tables of meetings.'
    )
    op.create_index(op.f('ix_meeting_table_facilitator_id'), 'meeting_table', ['facilitator_id'], unique=False)
    op.create_index(op.f('ix_meeting_table_zone_id'), 'meeting_table', ['zone_id'], unique=False)
    op.create_table('document_paragraph',
    sa.Column('document_id', sa.UUID(), nullable=False, comment='Document.'),
    sa.Column('position', sa.Integer(), nullable=False, comment='Order in the document.'),
    sa.Column('page', sa.String(length=20), nullable=False, comment='Page it stands on, where the file says so.'),
    sa.Column('text', sa.Text(), nullable=False, comment='Its words.'),
    sa.Column('source_id', sa.UUID(), nullable=True, comment='Source it was made, once it was chosen.'),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_document_paragraph_document_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], name=op.f('fk_document_paragraph_source_id')),
    sa.PrimaryKeyConstraint('document_id', 'position', name=op.f('pk_document_paragraph')),
    comment="Text of documents' files, by paragraph; only what is chosen becomes a source."
    )
    op.create_table('meeting_ballot',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('meeting_id', sa.UUID(), nullable=False, comment='Meeting.'),
    sa.Column('by_table', sa.Boolean(), nullable=False, comment='True for what a table decided together.'),
    sa.Column('table_id', sa.UUID(), nullable=True, comment='Table it was given at.'),
    sa.Column('zone_id', sa.UUID(), nullable=True, comment='Zone it speaks for; empty where that was not said.'),
    sa.Column('people', sa.Integer(), nullable=True, comment='For a table: how many sat there.'),
    sa.Column('voter_hash', sa.LargeBinary(length=32), nullable=True, comment="SHA-256 of a random mark that only the participant's browser holds."),
    sa.CheckConstraint('NOT by_table OR table_id IS NOT NULL', name=op.f('ck_meeting_ballot_table_named')),
    sa.CheckConstraint('by_table = (voter_hash IS NULL)', name=op.f('ck_meeting_ballot_table_or_voter')),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_ballot_meeting_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['table_id'], ['meeting_table.id'], name=op.f('fk_meeting_ballot_table_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['zone_id'], ['zone.id'], name=op.f('fk_meeting_ballot_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting_ballot')),
    sa.UniqueConstraint('meeting_id', 'voter_hash', name=op.f('uq_meeting_ballot_meeting_id_voter_hash')),
    comment='Ballots of first sessions: of a table as a whole, or of one participant, who is not known.'
    )
    op.create_index(op.f('ix_meeting_ballot_zone_id'), 'meeting_ballot', ['zone_id'], unique=False)
    op.create_index('uq_meeting_ballot_table', 'meeting_ballot', ['table_id'], unique=True, postgresql_where=sa.text('by_table'))
    op.create_table('meeting_note',
    sa.Column('source_id', sa.UUID(), nullable=False, comment='Source that holds its words.'),
    sa.Column('meeting_id', sa.UUID(), nullable=False, comment='Meeting.'),
    sa.Column('table_id', sa.UUID(), nullable=True, comment='Table it was said at.'),
    sa.Column('strategy_id', sa.UUID(), nullable=True, comment='Strategy it speaks of, as the facilitator heard it.'),
    sa.Column('stance', sa.String(length=10), nullable=True, comment='in_favour, against or neutral, where it takes one.'),
    sa.Column('round', sa.Integer(), server_default='1', nullable=False, comment='1: what matters here; 2: what a picked strategy needs here.'),
    sa.Column('client_key', sa.UUID(), nullable=True, comment='Key made by the page it was typed in, so that sending it again adds nothing.'),
    sa.CheckConstraint("stance IS NULL OR stance IN ('in_favour', 'against', 'neutral')", name=op.f('ck_meeting_note_stance_known')),
    sa.CheckConstraint('round IN (1, 2)', name=op.f('ck_meeting_note_round_one_or_two')),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_note_meeting_id')),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], name=op.f('fk_meeting_note_source_id')),
    sa.ForeignKeyConstraint(['strategy_id'], ['strategy.id'], name=op.f('fk_meeting_note_strategy_id')),
    sa.ForeignKeyConstraint(['table_id'], ['meeting_table.id'], name=op.f('fk_meeting_note_table_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('source_id', name=op.f('pk_meeting_note')),
    sa.UniqueConstraint('meeting_id', 'client_key', name=op.f('uq_meeting_note_meeting_id_client_key')),
    comment='Table, strategy, stance and session of notes; their words stand in the source.'
    )
    op.create_index('ix_meeting_note_strategy_id', 'meeting_note', ['strategy_id', 'source_id'], unique=False)
    op.create_index(op.f('ix_meeting_note_table_id'), 'meeting_note', ['table_id'], unique=False)
    op.create_table('meeting_remark',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('meeting_id', sa.UUID(), nullable=False, comment='Meeting.'),
    sa.Column('source_id', sa.UUID(), nullable=True, comment='Note it is about; empty: the minutes as a whole.'),
    sa.Column('text', sa.Text(), nullable=False, comment='The remark.'),
    sa.Column('name', sa.String(length=120), nullable=False, comment='Name, where it was given; staff only.'),
    sa.Column('state', sa.String(length=10), server_default='open', nullable=False, comment='open, taken or not_taken.'),
    sa.Column('answer', sa.Text(), nullable=False, comment='What was done about it, in words.'),
    sa.Column('made_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When.'),
    sa.CheckConstraint("state IN ('open', 'taken', 'not_taken')", name=op.f('ck_meeting_remark_state_known')),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_remark_meeting_id')),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], name=op.f('fk_meeting_remark_source_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting_remark')),
    comment='Remarks of attendees on minutes in review; the notes themselves are edited by staff only.'
    )
    op.create_index('ix_meeting_remark_order', 'meeting_remark', ['meeting_id', 'made_at', 'id'], unique=False)
    op.create_index(op.f('ix_meeting_remark_source_id'), 'meeting_remark', ['source_id'], unique=False)
    op.create_table('contribution_file',
    sa.Column('contribution_id', sa.UUID(), nullable=False, comment='Contribution.'),
    sa.Column('file_id', sa.UUID(), nullable=False, comment='File.'),
    sa.ForeignKeyConstraint(['contribution_id'], ['contribution.id'], name=op.f('fk_contribution_file_contribution_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_contribution_file_file_id')),
    sa.PrimaryKeyConstraint('contribution_id', 'file_id', name=op.f('pk_contribution_file')),
    comment='Files sent along with contributions; never public.'
    )
    op.create_table('meeting_pick',
    sa.Column('ballot_id', sa.UUID(), nullable=False, comment='Ballot.'),
    sa.Column('rank', sa.Integer(), nullable=False, comment='1 matters most.'),
    sa.Column('strategy_id', sa.UUID(), nullable=False, comment='Strategy.'),
    sa.CheckConstraint('rank BETWEEN 1 AND 10', name=op.f('ck_meeting_pick_rank_one_to_ten')),
    sa.ForeignKeyConstraint(['ballot_id'], ['meeting_ballot.id'], name=op.f('fk_meeting_pick_ballot_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['strategy_id'], ['strategy.id'], name=op.f('fk_meeting_pick_strategy_id')),
    sa.PrimaryKeyConstraint('ballot_id', 'rank', name=op.f('pk_meeting_pick')),
    sa.UniqueConstraint('ballot_id', 'strategy_id', name=op.f('uq_meeting_pick_ballot_id_strategy_id')),
    comment='Strategies of ballots, ranked.'
    )
    op.create_index(op.f('ix_meeting_pick_strategy_id'), 'meeting_pick', ['strategy_id'], unique=False)
    op.add_column('document', sa.Column('file_id', sa.UUID(), nullable=True, comment="The document's own file, where it was uploaded."))
    op.create_foreign_key(op.f('fk_document_file_id'), 'document', 'stored_file', ['file_id'], ['id'])
    op.add_column('meeting', sa.Column('join_code', sa.String(length=8), nullable=True, comment='Short code for the phones of who is in the room.'))
    # Six letters out of each random key, with those that are easily mistaken replaced; the key's randomness makes them differ.
    op.execute("UPDATE meeting SET join_code = translate(upper(substr(md5(id::text), 1, 6)), '01258B', 'HJKMNP')")
    op.alter_column('meeting', 'join_code', existing_type=sa.String(length=8), nullable=False)
    op.add_column('meeting', sa.Column('picking', sa.Boolean(), server_default='false', nullable=False, comment='Whether ballots are taken now.'))
    op.add_column('meeting', sa.Column('picks', sa.Integer(), server_default='5', nullable=False, comment='How many strategies a ballot may rank.'))
    op.add_column('meeting', sa.Column('review_from', sa.DateTime(timezone=True), nullable=True, comment='Since when who was there may read the minutes and remark on them.'))
    op.add_column('meeting', sa.Column('review_until', sa.DateTime(timezone=True), nullable=True, comment='Until when they may.'))
    op.create_unique_constraint(op.f('uq_meeting_join_code'), 'meeting', ['join_code'])
    op.add_column('meeting_registration', sa.Column('state', sa.String(length=10), server_default='registered', nullable=False, comment='registered or waiting.'))
    op.add_column('meeting_registration', sa.Column('table_id', sa.UUID(), nullable=True, comment='Table they chose.'))
    op.add_column('meeting_registration', sa.Column('came', sa.Boolean(), nullable=True, comment='Whether they came; empty while nobody has ticked the list.'))
    op.alter_column('meeting_registration', 'email',
               existing_type=sa.VARCHAR(length=254),
               nullable=True,
               comment='Address, lower case, for news of the meeting; emptied thirty days after it, empty for who just came.',
               existing_comment='Address, lower case, for news of the meeting.')
    op.create_index('ix_meeting_registration_order', 'meeting_registration', ['meeting_id', 'state', 'registered_at', 'id'], unique=False)
    op.create_index(op.f('ix_meeting_registration_table_id'), 'meeting_registration', ['table_id'], unique=False)
    op.create_foreign_key(op.f('fk_meeting_registration_table_id'), 'meeting_registration', 'meeting_table', ['table_id'], ['id'], ondelete='SET NULL')
    op.create_table_comment(
        'meeting_registration',
        'Who registered for a meeting, waits for a place or came; never tied to its notes.',
        existing_comment='Who registered for a meeting; never tied to its notes.',
        schema=None
    )
    op.add_column('source', sa.Column('import_id', sa.UUID(), nullable=True, comment='Import that brought it, where it came from a file of answers.'))
    op.add_column('source', sa.Column('asked', sa.String(length=500), server_default='', nullable=False, comment='Question it answers, where a file said so.'))
    op.create_index('ix_source_import_id', 'source', ['import_id'], unique=False, postgresql_where=sa.text('import_id IS NOT NULL'))
    op.create_foreign_key(op.f('fk_source_import_id'), 'source', 'source_import', ['import_id'], ['id'])
    op.create_check_constraint(op.f('ck_meeting_picks_one_to_ten'), 'meeting', 'picks BETWEEN 1 AND 10')
    op.create_check_constraint(op.f('ck_meeting_review_has_both_ends'), 'meeting', '(review_from IS NULL) = (review_until IS NULL)')
    op.create_check_constraint(op.f('ck_meeting_registration_state_known'), 'meeting_registration', "state IN ('registered', 'waiting')")


def downgrade() -> None:
    """Go back; what the new tables hold is lost."""
    op.drop_constraint(op.f('ck_meeting_registration_state_known'), 'meeting_registration', type_='check')
    op.drop_constraint(op.f('ck_meeting_review_has_both_ends'), 'meeting', type_='check')
    op.drop_constraint(op.f('ck_meeting_picks_one_to_ten'), 'meeting', type_='check')
    # Without the new columns a row without address, or one that waits, can't be told from the others.
    op.execute("DELETE FROM meeting_registration WHERE email IS NULL OR state = 'waiting'")
    op.drop_constraint(op.f('fk_source_import_id'), 'source', type_='foreignkey')
    op.drop_index('ix_source_import_id', table_name='source', postgresql_where=sa.text('import_id IS NOT NULL'))
    op.drop_column('source', 'asked')
    op.drop_column('source', 'import_id')
    op.create_table_comment(
        'meeting_registration',
        'Who registered for a meeting; never tied to its notes.',
        existing_comment='Who registered for a meeting, waits for a place or came; never tied to its notes.',
        schema=None
    )
    op.drop_constraint(op.f('fk_meeting_registration_table_id'), 'meeting_registration', type_='foreignkey')
    op.drop_index(op.f('ix_meeting_registration_table_id'), table_name='meeting_registration')
    op.drop_index('ix_meeting_registration_order', table_name='meeting_registration')
    op.alter_column('meeting_registration', 'email',
               existing_type=sa.VARCHAR(length=254),
               nullable=False,
               comment='Address, lower case, for news of the meeting.',
               existing_comment='Address, lower case, for news of the meeting; emptied thirty days after it, empty for who just came.')
    op.drop_column('meeting_registration', 'came')
    op.drop_column('meeting_registration', 'table_id')
    op.drop_column('meeting_registration', 'state')
    op.drop_constraint(op.f('uq_meeting_join_code'), 'meeting', type_='unique')
    op.drop_column('meeting', 'review_until')
    op.drop_column('meeting', 'review_from')
    op.drop_column('meeting', 'picks')
    op.drop_column('meeting', 'picking')
    op.drop_column('meeting', 'join_code')
    op.drop_constraint(op.f('fk_document_file_id'), 'document', type_='foreignkey')
    op.drop_column('document', 'file_id')
    op.drop_index(op.f('ix_meeting_pick_strategy_id'), table_name='meeting_pick')
    op.drop_table('meeting_pick')
    op.drop_table('contribution_file')
    op.drop_index(op.f('ix_meeting_remark_source_id'), table_name='meeting_remark')
    op.drop_index('ix_meeting_remark_order', table_name='meeting_remark')
    op.drop_table('meeting_remark')
    op.drop_index(op.f('ix_meeting_note_table_id'), table_name='meeting_note')
    op.drop_index('ix_meeting_note_strategy_id', table_name='meeting_note')
    op.drop_table('meeting_note')
    op.drop_index('uq_meeting_ballot_table', table_name='meeting_ballot', postgresql_where=sa.text('by_table'))
    op.drop_index(op.f('ix_meeting_ballot_zone_id'), table_name='meeting_ballot')
    op.drop_table('meeting_ballot')
    op.drop_table('document_paragraph')
    op.drop_index(op.f('ix_meeting_table_zone_id'), table_name='meeting_table')
    op.drop_index(op.f('ix_meeting_table_facilitator_id'), table_name='meeting_table')
    op.drop_table('meeting_table')
    op.drop_table('meeting_file')
    op.drop_index(op.f('ix_contribution_waiting_process_id'), table_name='contribution_waiting')
    op.drop_index(op.f('ix_contribution_waiting_created_at'), table_name='contribution_waiting')
    op.drop_table('contribution_waiting')
    op.drop_index('ix_source_import_process_order', table_name='source_import')
    op.drop_table('source_import')
    op.drop_table('contribution_door')
