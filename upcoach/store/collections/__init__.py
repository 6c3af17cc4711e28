"""The collections: documents, and what is kept beside them."""
