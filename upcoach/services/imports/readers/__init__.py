"""Readers of files: each knows one format, and makes a plan of what stands in it."""
