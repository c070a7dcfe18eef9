"""Candidates that nobody has listed yet: charge-neutral compositions, and solid solutions on sublattices."""
