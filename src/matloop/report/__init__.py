"""Events -> what a person reads: tables to fill in, the shortlist, a summary."""
