"""Sources: the citable pieces of what was said, of every channel, in one table.

`services.add_source` is the only way in; `queries` reads them for the register, the aggregation and public pages;
`rules` says what may be shown and quoted. Who said it stays in the room it came from; here are only zone and kind of speaker.
"""
