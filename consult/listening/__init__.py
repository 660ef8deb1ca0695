"""Listening: interviews, meetings, surveys, contributions, documents, each giving sources.

`sources` stands below the five ways of listening, which do not know each other.
A source is one citable piece of what was said; higher rooms cite only sources.
"""
