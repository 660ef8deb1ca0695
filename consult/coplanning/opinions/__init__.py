"""Conversations of statements: people agree, disagree or pass on short statements, and see which opinions stand side by side.

`models` Conversation, its statements, participants, votes and turnout; `types` closed lists and shapes; `rules` what may be written, how
votes become public results; `queries` lists, one conversation, the statement to ask next, what was said of a finding or proposal;
`services` prepare, draw statements from findings and proposals, open, extend, close, vote, withdraw, add, moderate, count, tell;
`emails` what people are told; `forms`, `views` under /processi/<slug>/opinioni and the desk.
Nobody is told who is in which group, and nothing stores it: groups are worked out anew from the votes and kept as numbers. When a
conversation ends its votes are written anew without their people, and only the list of who took part stays.
"""
