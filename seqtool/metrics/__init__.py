"""Numbers from predictions; no model is imported here."""
