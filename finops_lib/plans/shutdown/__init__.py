"""Off-hours: the function, its zip and the stack that deploys it."""
