"""Thin tasks, one module a room; importing this package registers them all."""
