"""Pages of contributions: anyone's, the operator's, and the desk where files of answers come in."""

from consult.listening.contributions.views import importing, public
from consult.listening.contributions.views.blueprint import bp

__all__ = ["bp", "importing", "public"]
