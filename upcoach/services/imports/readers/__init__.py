"""Readers of files: each knows one format, and makes a plan of what stands in it.

`archive` and `csv_table` read what a stranger sent, within bounds, for those that know a format.
"""
