"""Command line: operators' commands, the demo, and the explanation of queries."""
