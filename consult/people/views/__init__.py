"""Pages of accounts: `entering` in and out and links from mails; `own` one's own account and data. Both hang on the
blueprint `people`; `organisations` whom one speaks for, on its own.

A link from a mail shows a page when it is opened (GET, HEAD, prefetch: nothing happens) and does its work only by POST.
"""

from consult.people.views import entering, own
from consult.people.views.blueprint import bp

__all__ = ["bp", "entering", "own"]
