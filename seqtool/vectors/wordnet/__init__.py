"""WordNet as a thesaurus."""
