"""Reads of moderation: `queue` what waits on the desk, `items` one text of it, `waiting` what a moderator reads before anybody else,
`flags` what the rules found and who takes care of what; `outcomes` dispositions, rates for the public, whom to tell; `log` the public
numbers; `second_look` appeals and second readings that wait, `own_decisions` what an author sees of a decision on their text,
`agreement` how far moderators agree; `closing` what is left before a phase may close; `evaluations`, `overlaps` and `notes` what offices
and staff think of proposals, `offices` who may be asked; `preparing` dispositions that are not published yet."""
