"""The figures this project holds itself to, each a command: `python -m benchmarks.web` measures pages.

Results with date and machine stand in benchmarks/README.md. Nothing here is imported by the application.
"""
