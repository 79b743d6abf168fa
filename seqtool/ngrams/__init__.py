"""Statistical language models of any order."""
