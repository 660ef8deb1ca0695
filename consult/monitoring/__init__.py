"""Indicators, progress and take-up of adopted actions.

The room stands between the plan and moderation, and reads adopted actions of `plan`. It opens with the implementation phase:
an indicator has baseline, target, source and owner; a take-up survey asks those an action was meant for.
"""
