"""Columns of tables as lines: .csv, .tsv, .jsonl, .json, .parquet, and texts whose lines hold a label or a pair.

kinds     which format a file has, and which of its columns is meant
texts     the text of a table in blocks of lines, and the line of the file that each is
dialect   separator and quoting, found in the beginning of a file
rows      the rows of a .csv or .tsv
columns   the cells of a column of them
json_rows rows in JSON lines and JSON documents
labelled  lines with a label (tab, word, fasttext), and lines with a pair (underscore)
parquet   columns in batches
cells     cells as lines of UTF-8
"""
