"""Writes of the evidence: `runs` starts, cancels and prepares; `reduce` merges a run; `decisions` takes what people decide.

`mapping` turns rows into the analytics' values and back; it decides nothing.
"""
