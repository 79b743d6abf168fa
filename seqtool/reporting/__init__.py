"""Reports on artifacts. A report reads manifests, histories and evaluations, and computes nothing again.

collecting   artifacts → plain rows
rendering    rows → tables → Markdown, HTML and CSV
"""
