"""Where text comes from: files, tables, streams, hub data sets."""
