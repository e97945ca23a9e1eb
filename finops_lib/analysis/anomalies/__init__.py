"""Anomalies of spend: found in a series, over many segments, explained, and traced to their cause."""

from finops_lib.analysis.anomalies.detect import detect, detect_many

__all__ = ["detect", "detect_many"]
