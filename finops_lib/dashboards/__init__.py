"""Dashboards over the tables that runs write, for those who watch and do not read reports."""

from finops_lib.dashboards.grafana import dashboard

__all__ = ["dashboard"]
