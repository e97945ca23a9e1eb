"""Tags: how many resources and dollars carry them, what they should say, and how they are misspelled."""
