"""The schema: collections, indexes, migrations, the installation.

`schema` makes what is declared and missing, at every start; `migrations` changes data alone.
"""
