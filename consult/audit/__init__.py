"""Who did what: an append-only record, written in the same transaction as the act.

`services.record` is the only writer; `queries` reads pages of it; the table refuses UPDATE and DELETE by trigger.
Rows hold ids and codes, never content, so that erasing a person does not touch them.
Anonymous answers write no row here: a row would date them.
"""
