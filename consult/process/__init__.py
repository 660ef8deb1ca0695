"""Processes, their dated phases (which may overlap), roles per process, privacy notices, and what is open now.

`services` opens processes, sets phases, gives roles, publishes notices, and holds a phase open for a submission;
`queries` loads the context of every page in one statement; `views` the manager's and administrator's pages.
"""
