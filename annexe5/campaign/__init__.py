"""A campaign: one certification of one party, from target to results."""
