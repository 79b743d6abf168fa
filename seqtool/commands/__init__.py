"""The commands as functions, which the command line and notebooks call.

A function takes plain parameters and options dataclasses (`declaration`) and returns an answer (`answers`). It prints
nothing. `seqtool.cli` makes a command of it, `seqtool.NAME` a Python function with the options as keywords.
"""
