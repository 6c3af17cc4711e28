"""The database connection, the BSON codec, indexes, encryption of values."""
