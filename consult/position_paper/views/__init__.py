"""Pages of the paper: `reading` what anyone reads, `workshop` where it is written, `editing` one finding, `checks` what fails. All hang on
the blueprint `position_paper`."""

from consult.position_paper.views import checks, editing, reading, workshop
from consult.position_paper.views.blueprint import bp

__all__ = ["bp", "checks", "editing", "reading", "workshop"]
