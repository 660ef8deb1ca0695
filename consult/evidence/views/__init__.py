"""Pages of the evidence: `runs` the aggregation, `themes` the theme desk, `desk` reading, splitting and who is where. All hang on the
blueprint `evidence`."""

from consult.evidence.views import desk, runs, themes
from consult.evidence.views.blueprint import bp

__all__ = ["bp", "desk", "runs", "themes"]
