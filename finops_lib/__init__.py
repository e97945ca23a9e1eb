"""The library under the ML FinOps workbook; each room has one job.

- units, period, schema, errors: constants, half-open UTC periods, the columns of every table, errors
- params: every parameter and threshold, validated before anything runs
- estate: the tables of one read of one account or bill
- sources: the only rooms that read the world (billing exports, AWS, prices, stored Estates)
- engine: the aggregations of the bill, as ibis expressions on DuckDB or any other ibis backend
- analysis: frames in, frames out (spend, drivers, anomalies, forecast, allocation, plans' arithmetic)
- checks: one small pure function per kind of waste, and the registry that runs them
- plans: findings to a reviewed plan, and the only writer of an account
- figures: a frame and an axes in, the axes out
- present, report, widgets, cli: what a person sees
- demo: the embedded account that `make report` runs on
"""
