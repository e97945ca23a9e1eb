"""From findings to a reviewed plan, and from an approved plan to changes in an account."""
