"""Documents of the preliminary phase: analyses and plans that stand beside voices and are never counted as such.

`services` records a document and its citable passages, each a source of channel `document` with its page; `queries` the public list;
`views` public list and staff pages.
"""
