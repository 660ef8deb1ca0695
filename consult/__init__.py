"""Consult: from a voice to an adopted action and back, in one unbroken thread.

The rooms, from the top of the house down (each imports only what stands below it):
`cli`, `app`, `runtime`: commands, composition root, embedded servers and supervisor.
`demo`, `overview`, `moderation`, `monitoring`, `plan`, `coplanning`, `position_paper`, `evidence`, `listening`.
`discussion`, `process`, `framework`, `notices`, `people`, `files`, `audit`.
`web`, `ports`, then `core` and `analytics`, which know nothing of the rest.
"""
