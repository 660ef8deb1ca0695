"""The desk over everything people write: queue, reasons, hiding and restoring, the disposition of each proposal, promotion.

`types` closed lists; `rules` reasons with stable codes, what each outcome may carry, verbatim passages, undo; `models` Disposition
and ModerationAct; `services` hide, restore, keep, decide, promote, reverse, undo, tell; `queries` the queue, one item, the
public rates; `emails` what authors and supporters are told; `views` the desk and the public page of outcomes.
The links from proposals to actions are the plan's (`plan.models.Promotion`); what made them is a disposition here.
"""
