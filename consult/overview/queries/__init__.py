"""Reads of the pages that span features, one module a page group."""
