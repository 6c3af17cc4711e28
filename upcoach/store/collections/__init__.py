"""The collections: documents, audit entries, OAuth clients, positions, snapshots of consumers.

Each module declares its `COLLECTIONS`, which `schema.schema` folds.
"""
