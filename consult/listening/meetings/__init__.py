"""Public meetings: list and page for anyone, simple registration, notes typed by staff, minutes published or not.

`services` saves meetings, registrations, notes, minutes; `queries` lists and pages; `rules` what a published meeting needs;
`forms`, `views` the pages. Each note is a source; it is public once the minutes are published.
"""
