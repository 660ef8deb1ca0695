"""Dated rounds: what conversations of statements and prioritisation rounds have in common, beneath both.

A round is prepared, opened until a deadline, prolonged, closed or left to run out by the database's clock, and counted by the room it
belongs to. `types` its states and how it is said what a kind of round is; `models` the columns they share; `rules` when it is open;
`queries` lists and one round; `services` lock, open, prolong, close, give up, hold open, who may take part; `forms` until when;
`views` what the desks and the public pages of both rooms do alike. It has no table and no page of its own.
"""
