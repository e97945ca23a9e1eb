"""The aggregations of the bill, written once as ibis expressions and run where the bill lies."""
