"""Blueprints of the pages that span features: `home`, `sources`, `thread`."""
