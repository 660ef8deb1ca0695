"""Text analytics: pure functions from texts to themes, quotes, strategies and numbers.

Knows no Flask, SQLAlchemy or Celery; same input in any order, same output, byte for byte.
`types` holds what goes in and out, `pipeline` the few calls others make (prepare, aggregate, suggest), `tool` the command-line tool on
files. Beside the reading of texts it counts answers and votes, decides which numbers may not be shown, and draws what is left.
"""
