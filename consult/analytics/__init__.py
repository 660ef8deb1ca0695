"""Text analytics: pure functions from texts to themes, quotes, strategies and numbers.

Knows no Flask, SQLAlchemy or Celery; same input in any order, same output, byte for byte.
`types` holds what goes in and out, `pipeline` the few calls others make (prepare, aggregate, suggest),
`tool` the command-line tool on files. Below them, by subject: `prepare`, `embedding`, `model_build`, `duplicates`,
`lexical`, `strategies`, `themes`, `quotes`, `summaries`, `numbers`, `figures`, `tabular`.
Counting: `tallies` (choices, numbers, rankings, points) over `suppression` (which cells may not be shown); `charts` draws answers.
"""
