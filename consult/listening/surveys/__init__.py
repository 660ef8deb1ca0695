"""Questionnaires: built, invited to, answered, counted; pseudonymous or anonymous, chosen before the first invitation and then fixed.

`services/` building, inviting, answering, sweeping; `queries` builder, results, receipts; `rules` what is a valid answer, coarsening,
suppression; `emails` letters; `forms`, `views/` the builder and the respondent's pages.
Anonymous: ballots are minted and shuffled before mailing and tied to nobody; answers are staged and reach their
table only by a shuffled sweep; sending one writes no outbox, audit, receipt or log row, only an hourly counter.
"""
