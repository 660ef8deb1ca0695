"""Pages of moderation: `desk` the queue, promotion, outcomes; `work` several texts at once, who takes what, the closing page;
`policy` the public rules with their versions and the numbers of what was hidden."""
