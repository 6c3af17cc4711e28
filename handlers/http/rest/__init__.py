"""REST: operations over HTTP, one handler for each path of the table."""
