"""The run folder: its paths and file names, files that are whole or absent, and the provenance of every number."""
