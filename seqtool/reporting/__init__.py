"""Reports over artifacts: manifests, histories and evaluations are read; nothing is computed again.

collect.py   artifacts → plain rows
tables.py    rows → tables; CSV
markdown.py  tables → one Markdown page
"""
