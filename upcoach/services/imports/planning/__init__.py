"""What becomes of a file: a plan of documents, and what is wrong with it."""
