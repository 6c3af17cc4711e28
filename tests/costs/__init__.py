"""What a request may cost, and what it may not break: by sizes that double and values made up."""
