"""Pages of moderation: `desk` the queue and outcomes, `promoting` the promotion form, both on the blueprint `moderation`; on their own
`work` several texts at once, who takes what, the closing page; `policy` the public rules with their versions and the numbers of what was
hidden; `evaluations` the evaluator's worklist and form, `evaluation_desk` asking, offices, all evaluations side by side, notes;
`preparing` dispositions in preparation and their publication."""

from consult.moderation.views import desk, promoting
from consult.moderation.views.blueprint import bp

__all__ = ["bp", "desk", "promoting"]
