"""Other programs and matloop on the same work; protocol in docs/decisions/0035-peers-in-one-run.md."""
