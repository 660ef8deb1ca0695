"""Pages of the evidence: `runs` the aggregation, `themes` the theme desk. All hang on the blueprint `evidence`."""

from consult.evidence.views import runs, themes
from consult.evidence.views.blueprint import bp

__all__ = ["bp", "runs", "themes"]
