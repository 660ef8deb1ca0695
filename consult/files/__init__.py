"""The one upload door, and the files that came through it.

`rules` says by content what a file is and what may pass; `services.read_upload` is the door, `services.keep` stores what passed,
`queries` finds it, `views.attachment` serves it: always as a download, never shown inside the site.
Who may read a file is decided by the room that keeps it, under that room's own address.
"""
