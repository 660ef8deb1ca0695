"""The frame a plan hangs on: territory (zones, municipalities), axes, strategies, reference plans and their provisions.

All of it is data that an authority imports; nothing here is one authority's.
`services` imports frames and territories; `queries` reads them; `views` the administrator's pages.
"""
