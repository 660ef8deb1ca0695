"""The demonstration consultation: texts written for it, loaded through the services that the pages use.

`texts` reads the data files; `loader` brings them in, with dates relative to the day of loading; `showcase` is what
`consult run` does before and after the servers start. Which strategy an author had in mind is kept apart, in
`data/intended_axis*.json`, and nothing here reads it.
"""
