"""Reads of moderation: `queue` what waits on the desk and one item of it; `outcomes` dispositions, rates for the public, whom to tell."""
