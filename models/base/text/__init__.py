"""Text as people write it: card numbers masked, words to search by."""
