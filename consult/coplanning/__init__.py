"""Co-planning: what people propose for the plan, and how they weigh it.

`proposals` proposals tied to a strategy, with supports, followers and discussion; `priorities` rounds in which people say what comes
first; `opinions` conversations of short statements, with the groups of opinion that come of them;
`rounds` what the last two have in common: a question that is open until a deadline.
It stands on the position paper (the findings a proposal answers), on the discussion (comments and reports), on the frame and the
process; moderation and plan stand above it and call its services.
"""
