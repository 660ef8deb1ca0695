"""Open contributions: "what does your territory need?", on the page, on paper, from a file.

`services` takes a contribution, imports a file, exports and erases a person's own; `queries` own contributions, receipts;
`rules` warns of other people's personal data; `forms` and `views` the page, its confirmation and the operator's entry page.
Each contribution is one source; without its author's word it is counted and never shown.
"""
