"""The title page: what could not be read, told once per reason."""

from __future__ import annotations

from finops_lib.export.cover import one_line_per_reason


def test_one_line_per_reason_names_each_table_and_each_place_once():
    gaps = (
        "prices: refused (1, eu-west-1)",
        "prices: refused (1, eu-west-1)",
        "volumes: refused (1, eu-west-1)",
        "volumes: refused (1, us-east-1)",
        "costs: no bill (give one)",
        "every table: role (read only) cannot be assumed (2, all regions)",
    )
    assert one_line_per_reason(gaps) == [
        "prices, volumes: refused (1, eu-west-1; 1, us-east-1)",
        "costs: no bill (give one)",
        "every table: role (read only) cannot be assumed (2, all regions)",
    ]
