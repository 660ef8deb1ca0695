"""The position paper: sections, findings with the sources they rest on, frozen versions, exports.

`services.drafting` proposes findings after a run and never overwrites what people wrote; `services.editing` takes edits with
their version; `services.publishing` freezes; `services.export` writes its files; `services.building` does a whole paper
from the command line. `queries` reads workshop, public pages and the cards other rooms show; `rules` is pure.
No table here copies the words of a source: a quote is a source, its revision, two offsets and a hash, and is read anew,
with its consent, each time it is shown.
"""
