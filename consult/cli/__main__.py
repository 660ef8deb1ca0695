"""`python -m consult.cli`, where the program is not installed."""

from __future__ import annotations

from consult.cli import main

main()
