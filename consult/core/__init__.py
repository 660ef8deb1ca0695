"""What every room stands on: the database base, errors, clock, vocabulary, permissions, jobs, paging, text normalising.

Knows no Flask and no Celery.
`db` typed columns and engine; `errors` the sentences people read; `clock` the database's time;
`vocabulary` the field's closed lists; `permissions` the one table of who may do what;
`jobs` the outbox; `once` idempotency keys; `paging` keyset pages; `normalise` the one door for text;
`keeping` what was read a moment ago; `reading` documents as text, by a child process;
`spreadsheets` safe cells; `markdown` the one sanitising path; `protocols` what higher rooms hand to lower ones.
"""
