"""Interviews with privileged witnesses: whom to hear, with which consent, and the passages of what they said.

`services` plans an interview, records consent by scope, and turns a transcript into passages, each a source; `rules` splits a
transcript and says what consent allows; `queries` lists with coverage by zone; `views` the facilitator's pages.
A quote is possible only with live consent of its scope: the scope is written on every source and checked where it is shown.
"""
