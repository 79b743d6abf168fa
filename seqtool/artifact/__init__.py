"""Artifacts: folders that are written whole or not at all, and read checked (docs/formats.md).

manifest.py       what an artifact is and what determined it
digests.py        sha256 of inputs, remembered between commands
files.py          checked reading of JSON and .npy, durable writing
atomic_rename.py  the renames by which a finished folder takes its name
write.py          a recipe, and the draft that becomes an artifact
read.py           opening and verifying
lineage.py        what an artifact was made from, back to the texts
training.py       the artifact of a training under way, and its checkpoints
"""
