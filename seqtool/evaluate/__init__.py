"""Measures of models, and the evaluation artifacts that keep them.

perplexity.py   of a language model on a text
options.py      how word vectors are evaluated
data.py         the small files of questions and pairs
bootstrap.py    intervals of correlations
analogy.py      word vectors on "a is to b as c is to ?"
similarity.py   word vectors or a thesaurus against what people said
artifact.py     what an evaluation leaves behind
"""
