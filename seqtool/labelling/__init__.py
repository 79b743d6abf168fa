"""Labels of texts and of words: recurrent and linear classifiers, taggers with and without a random field."""
