"""Public meetings: where and when, for which zones, and what was noted at the tables.

`services` opens a meeting, takes notes and publishes the minutes; each note is a source of channel `meeting` with its kind, the speaker's
kind and zone, and how many agreed; `queries` the public list and page; `views` public and staff pages.
Minutes are internal until they are published; then each note may be read by anyone.
"""
