"""Files that people bring from elsewhere, and files that only look like them."""
