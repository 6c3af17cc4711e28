"""What can be said of a goal without asking anybody: arithmetic without input or output."""
