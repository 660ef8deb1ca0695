"""Words of "another answer" become sources, as the words of open questions are.

Revision: 0020
"""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward: in random order, so that no order of rows tells whose words they are."""
    op.execute(
        """
        INSERT INTO source (id, process_id, channel, unit_kind, unit_id, voice_id, position, text, language, zone_id, speaker_kind,
                            visibility, quotable, attribution, state, revision, asked)
        SELECT gen_random_uuid(), q.process_id, 'answer', 'question_other', split_part(e.key, ':', 1)::uuid, a.id, 0, e.value #>> '{}',
               q.languages ->> 0, a.zone_id, a.speaker_kind, 'internal', 'anonymous', '', 'live', 1, ''
        FROM answer a
        JOIN questionnaire q ON q.id = a.questionnaire_id
        CROSS JOIN LATERAL jsonb_each(a.values) AS e
        WHERE e.key LIKE '%\\:other' AND jsonb_typeof(e.value) = 'string'
        ORDER BY random()
        """
    )
    op.execute(
        """
        UPDATE answer SET values = (
            SELECT coalesce(jsonb_object_agg(e.key, e.value), '{}'::jsonb) FROM jsonb_each(answer.values) AS e WHERE e.key NOT LIKE '%\\:other'
        )
        WHERE EXISTS (SELECT 1 FROM jsonb_object_keys(answer.values) AS k WHERE k LIKE '%\\:other')
        """
    )


def downgrade() -> None:
    """Go back: the words stand in the answers again; sources that somebody may have cited stay, withdrawn."""
    op.execute(
        """
        UPDATE answer SET values = answer.values || said.words
        FROM (
            SELECT s.voice_id, jsonb_object_agg(s.unit_id::text || '\\:other', s.text) AS words
            FROM source s WHERE s.unit_kind = 'question_other' AND s.state = 'live' GROUP BY s.voice_id
        ) AS said
        WHERE said.voice_id = answer.id
        """
    )
    op.execute("UPDATE source SET state = 'withdrawn' WHERE unit_kind = 'question_other' AND state = 'live'")
