"""The collections: documents, audit entries, OAuth clients, positions, learners' snapshots."""
