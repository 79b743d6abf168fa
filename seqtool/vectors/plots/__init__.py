"""Pictures of words and of word frequencies."""
