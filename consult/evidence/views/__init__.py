"""Pages of the evidence: `runs` the aggregation, `themes` the theme desk, `codebook`, `coding` the coding desk,
`exchange` files of coded work in and out, `agreement` blind samples, `desk` reading and splitting. All hang on the blueprint `evidence`."""

from consult.evidence.views import agreement, codebook, coding, desk, exchange, runs, themes
from consult.evidence.views.blueprint import bp

__all__ = ["agreement", "bp", "codebook", "coding", "desk", "exchange", "runs", "themes"]
