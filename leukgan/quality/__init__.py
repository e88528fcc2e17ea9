"""Quality: how generated images differ from real ones, and whether they were copied."""
