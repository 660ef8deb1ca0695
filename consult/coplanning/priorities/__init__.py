"""Priorities: rounds in which people share points among strategies or shortlisted proposals, or put them in order.

`models` Round with its options, invitations, ballots and turnout; `types` closed lists and shapes; `rules` what a ballot may say, and how
results become rows and drawings; `queries` lists, one round, one's own ballot, groups to count; `services` prepare, open, extend, close,
cancel, invite, cast, count, tell; `emails` what people are told; `forms`, `views` under /processi/<slug>/priorita and the desk.
While a round is open each ballot knows its person, so that it can be changed; when it is counted, ballots are written anew in random
order without their people, and only the list of who took part stays.
"""
