"""The schema: collections, indexes, migrations, the installation."""
