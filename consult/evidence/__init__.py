"""What the voices say: aggregation runs, themes, which source speaks of what, and what people decided about it.

The machine's results (`Run`, `Theme`, `Assignment`, `StrategyLink`, `SourceReading`) are replaced by each run; what people
decided (`ThemeDecision`, `AssignmentDecision`) is stored apart and applied again after it. Anchors are source ids.
`services.runs` starts, cancels and carries a run through its shards; `services.reduce` merges it; `services.decisions`
takes what people decide; `queries` reads themes, runs and numbers; `rules` is pure; `views` the theme desk and the runs;
`emails` the words of notices.
Documents are never counted as voices, and heads of different channels are never added up.
"""
