"""Documents, errors, merging and masking."""
