"""The database connection, the BSON codec, indexes, encryption of values.

A caller asks MongoDB within `Database.connection`, which bounds how many ask at once.  What a field
may hold is said in the words of `conditions`: nobody above speaks the database's language.
"""
