"""The place for what follows adoption: indicators, progress and take-up of actions. Nothing of it is built yet.

The room stands between the plan and moderation, so that it may read adopted actions of `plan` and nothing below may know of it.
"""
