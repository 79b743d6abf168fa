"""Text to ids, in passes over blocks of lines."""
