"""OAuth: clients, and the grants that users give them."""
