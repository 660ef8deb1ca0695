"""Sources: one citable piece of what was said, by whatever way of listening.

`services` adds, imports and changes sources with history; `queries` hands them to aggregation, papers and pages;
`rules` what may be shown or quoted, languages, receipt codes; `forms` the field "zone or municipality";
`types` rows that travel between the rooms. Sources carry no person and no time finer than a day.
"""
