"""Every dollar has an owner: who decides whose it is, what is shared, and each team's statement."""
