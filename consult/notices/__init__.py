"""Notices to people: shown on their page, mailed at once, in a daily or weekly digest, or not at all.

`services.notify` writes a notice once per (account, key) and asks for its mail through the outbox; `services.send_notice` and
`services.send_digest` are called by the worker; `queries` counts and lists; `emails` what is mailed; `rules` digest periods and
the unsubscribe link; `views` /io/avvisi, preferences, unsubscribe, and the embedded mailbox /posta.
"""
