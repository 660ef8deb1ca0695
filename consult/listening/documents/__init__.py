"""Documents: analyses and plans read in the preliminary phase, cited by passage and page; never counted as a voice.

`services` saves documents and passages; `queries` lists and pages; `rules` splits a text into passages with pages;
`forms`, `views` the desk and the public page.
"""
