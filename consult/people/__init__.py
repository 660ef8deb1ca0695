"""Accounts, sign-in sessions, one-time links, organisations, own data.

`services` sign-up, sign-in, verification, reset, invitation, export, erasure; `queries` who is signed in; `rules` passwords and names;
`emails` what people receive; `views` the pages under /accesso and /io/dati.
Sessions live here, in PostgreSQL; only hashes of tokens are stored; the same answer and the same time for known and unknown addresses.
"""
