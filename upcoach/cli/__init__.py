"""The commands of operators, the demo, and the explanation of queries."""
