"""Comments and reports on any target, named by kind and key.

`models` Comment (one level of replies) and Report; `services` write and hide comments, write and close reports, and tell the
calling room how its counts change, in the same transaction; `queries` read them by keyset pages and as arguments side by side;
`rules` who may see and withdraw what; `forms` a comment, a reply, a report.
A target's own room checks that it exists, is visible and open to comments before it calls in here.
"""
