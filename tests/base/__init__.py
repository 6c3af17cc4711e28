"""Documents, errors, jobs, merging, masking, and what the layers promise each other."""
