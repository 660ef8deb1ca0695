"""Interviews: people to hear, consent by scope, guide questions, transcripts split into passages.

`services` saves interviews, transcripts and the guide; `queries` lists and pages; `rules` splits transcripts and reads consent;
`forms`, `views` the desk. Each passage of the person heard is a source, quotable only as far as consent goes.
"""
