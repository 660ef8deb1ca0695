"""Proposals: written by residents and organisations, tied to a strategy, supported, discussed, decided by others above.

`models` Proposal with its versions, zones, supports, followers and lineage; `types` closed lists; `rules` what may be done when;
`queries` lists, one proposal, similar ones, exports, and the cards other rooms show; `services` submit, edit, support, follow, comment,
change state, merge, record the outcome, suggest strategies, export and erase a person's part; `forms`, `views` the pages under
/processi/<slug>/proposte; `emails` what followers are told.
Dispositions and promotions live in moderation, which tells this room the outcome by `services.record_outcome`.
"""
