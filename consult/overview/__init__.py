"""Pages that span features: home, a process, one's own things, the thread of anything, the register of sources. Read-only.

`views/` home, sources, thread; `queries/` what they read from the rooms below. Their forms post to the rooms that own the things.
"""
