"""Draft actions of the plan, their history, what each rests on, and the public plan.

`types` the closed lists; `models` DraftAction with its per-strategy counter, ActionChange, Promotion (what an action rests on:
proposals, findings and meeting notes, many to many, with the passage concerned); `rules` states and differences of stale edits;
`services` create, edit, withdraw, link and unlink, tables brought in and files made;
`queries` the public plan, one action, cards for threads and forms;
`views` the public pages and the editing desk. Moderation, which stands above, decides what is promoted.
"""
