"""Sequence to sequence: a text in, another text out, by one encoder and one decoder.

options.py      what can be chosen, and the presets
tasks.py        toy problems with known answers
pairs.py        sources and targets as aligned sentences of ids
memory.py       what a decoder is given of what was read, and of vectors
recurrent.py    decoder: RNN, LSTM, GRU … with attention, peeky, input feeding
transformer.py  encoder and decoder of attention alone
convolution.py  encoder and decoder of gated convolutions
turing.py       neural Turing machine
model.py        embeddings, encoder, decoder, output
plan.py         a training with everything decided
train.py        from pairs to a model
artifact.py     the model that stands alone
translate.py    lines in, lines out
attention_plot.py  where a model looked, as a picture
"""
