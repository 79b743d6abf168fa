"""Rows to tables, pictures and pages."""
