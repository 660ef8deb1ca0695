"""The desk over everything people write: queue, reasons, hiding and restoring, the disposition of each proposal, promotion.

`types` closed lists; `rules` reasons with stable codes, what each outcome may carry, verbatim passages, undo; `models` `acts` and
`evaluations`; `services` hide, restore, keep, decide, promote, reverse, undo, tell, ask offices, prepare many dispositions; `queries`
the queue, one item, evaluations, the public rates; `emails` what people are told; `views` the desks and the public page of outcomes.
The links from proposals to actions are the plan's (`plan.models.Promotion`); what made them is a disposition here.
"""
