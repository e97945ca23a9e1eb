"""Dashboards over the tables that runs write, for those who watch and do not read reports."""

from finops_lib.dashboards.grafana import dashboard
from finops_lib.dashboards.picture import picture

__all__ = ["dashboard", "picture"]
