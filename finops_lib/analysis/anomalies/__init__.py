"""Anomalies of spend: found in a series, over many segments, explained, and traced to their cause."""

from finops_lib.analysis.anomalies.causes import movers, next_query, windows
from finops_lib.analysis.anomalies.detect import detect, detect_many
from finops_lib.analysis.anomalies.find import find_anomalies
from finops_lib.analysis.anomalies.segments import DIMENSIONS

__all__ = [
    "DIMENSIONS", "detect", "detect_many", "find_anomalies", "movers", "next_query", "windows",
]  # fmt: skip
