"""What one account, or nobody, may cost."""
