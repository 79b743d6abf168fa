"""Artifacts to rows."""
