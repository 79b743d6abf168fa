"""Every command as a function: what the command line and a notebook call.

A function takes plain parameters and options dataclasses (`declaration`) and returns an answer (`answers`). It prints
nothing. `seqtool.cli` makes a command of it, `seqtool.NAME` a Python function with the options as keywords.
"""
