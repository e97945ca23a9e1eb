"""Reserved instances and Savings Plans: hourly replay, the exact portfolio, risk and existing waste."""
