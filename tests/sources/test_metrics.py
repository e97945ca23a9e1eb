"""What is asked of CloudWatch for the inventory."""

from datetime import UTC, datetime

from finops_lib.schema import ESTATE_TABLES, rows
from finops_lib.sources.metrics import read_metrics

AS_OF = datetime(2024, 11, 1)
PLACE = {"account_id": "111122223333", "region": "us-east-1"}


class Cloud:
    """Answers each metric with one value: the last figure of its Host, else 1."""

    account_id, region = PLACE["account_id"], PLACE["region"]

    def pages(self, service, operation, **asked):
        if operation == "list_metrics":
            return [{"Metrics": []}]
        moment = datetime(2024, 10, 31, tzinfo=UTC)
        return [
            {
                "MetricDataResults": [
                    {"Id": q["Id"], "Timestamps": [moment], "Values": [self._value(q)]}
                    for q in asked["MetricDataQueries"]
                ]
            }
        ]

    @staticmethod
    def _value(query):
        last = query["MetricStat"]["Metric"]["Dimensions"][0]["Value"][-1]
        return float(last) if last.isdigit() else 1.0


def read(table, **row):
    tables = {name: frame.empty() for name, frame in ESTATE_TABLES.items()}
    tables[table] = rows(ESTATE_TABLES[table], [{**PLACE, "resource_id": "it", **row}])
    found, gaps = read_metrics(tables, {"1": [Cloud()]}, AS_OF, 14, 1)
    assert gaps == []
    return found


def test_read_metrics_asks_every_machine_of_a_distributed_training_job():
    found = read(
        "training_jobs", name="job", status="InProgress", instance_count=3, metric_host="job/algo-"
    )
    gpu = found[found["metric"] == "GPUUtilization"]
    assert gpu[["dimension", "value"]].values.tolist() == [
        ["algo-1", 1.0],
        ["algo-2", 2.0],
        ["algo-3", 3.0],
    ]


def test_read_metrics_asks_one_machine_where_their_count_is_not_told():
    found = read("training_jobs", name="job", status="InProgress", metric_host="job/algo-")
    assert set(found["dimension"]) == {"algo-1"}


def test_read_metrics_keeps_a_variant_as_the_part_of_its_endpoint():
    found = read("endpoints", endpoint_name="e", variant_name="main")
    assert set(found["dimension"]) == {"main"}
