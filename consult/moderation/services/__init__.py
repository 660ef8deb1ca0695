"""Writes of moderation, by subject.

`visibility` hides, restores and keeps what people wrote; `dispositions` decides and promotes proposals and takes decisions back;
`undo` gives a decision back within ten seconds; `telling` tells author, supporters and followers, once for each disposition.
"""
