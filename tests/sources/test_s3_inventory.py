"""S3 Inventory reports of every form, added up: copies, versions, ages, endings."""

import gzip
import json
from datetime import datetime

import pandas as pd
import pytest

from finops_lib.errors import ParameterError
from finops_lib.schema import ESTATE_TABLES, rows
from finops_lib.sources.s3_inventory import read_inventories

GIB = 2**30
FIELDS = [
    "Bucket",
    "Key",
    "IsLatest",
    "IsDeleteMarker",
    "Size",
    "LastModifiedDate",
    "ETag",
    "StorageClass",
]
HERE = {"account_id": "111122223333", "region": "us-east-1"}
BUCKETS = rows(
    ESTATE_TABLES["buckets"],
    [
        {**HERE, "resource_id": name, "name": name}
        | ({"region": "eu-west-1"} if name == "replica" else {})
        for name in ("data", "copy", "replica")
    ],
)


def listed(bucket, key, size=GIB, etag="a", **values):
    plain = {"Bucket": bucket, "Key": key, "IsLatest": True, "IsDeleteMarker": False, "Size": size,
             "LastModifiedDate": "2024-03-05T10:00:00.000Z", "ETag": etag, "StorageClass": "STANDARD"}  # fmt: skip
    return plain | values


OBJECTS = [
    listed("data", "sets/a%20b.csv"),
    listed("copy", "sets/a%20b.csv", LastModifiedDate="2024-05-01T00:00:00.000Z"),
    listed("replica", "sets/a%20b.csv"),
    listed("data", "sets/old.csv", etag="b", IsLatest=False),
    listed("data", "sets/gone.csv", size=None, etag=None, IsDeleteMarker=True),
    listed("data", "small.LOG.gz", size=10, etag="c"),
]


def report(
    folder, objects, made=1_700_000_000_000, bucket="data", stamp="2024-11-01T01-00Z", **told
):
    """A CSV report as S3 writes it: data files without a head line, and a manifest that names them."""
    frame = pd.DataFrame(objects, columns=FIELDS)
    key = f"{bucket}/daily/data/{made}.csv.gz"
    (folder / key).parent.mkdir(parents=True, exist_ok=True)
    (folder / key).write_bytes(gzip.compress(frame.to_csv(index=False, header=False).encode()))
    manifest = {"sourceBucket": bucket, "destinationBucket": "arn:aws:s3:::reports", "fileFormat": "CSV",
                "creationTimestamp": str(made), "fileSchema": ", ".join(FIELDS), "files": [{"key": key}]}  # fmt: skip
    place = folder / bucket / "daily" / stamp
    place.mkdir(parents=True, exist_ok=True)
    (place / "manifest.json").write_text(json.dumps(manifest | told))
    return folder


def by_bucket(found, column):
    return found.groupby("resource_id")[column].sum().to_dict()


def test_read_inventories_counts_a_copy_once_and_a_replica_in_another_region_never(tmp_path):
    found = read_inventories([str(report(tmp_path, OBJECTS))], tmp_path, BUCKETS)
    assert by_bucket(found, "duplicate_gib") == {"copy": 1.0, "data": 0.0, "replica": 0.0}
    assert found.dropna(subset=["duplicate_of"])["duplicate_of"].to_list() == ["data"]


def test_read_inventories_keeps_old_versions_and_delete_markers_apart(tmp_path):
    found = read_inventories([str(report(tmp_path, OBJECTS))], tmp_path, BUCKETS)
    assert by_bucket(found, "noncurrent_gib")["data"] == 1.0
    assert by_bucket(found, "object_count") == {"copy": 1, "data": 2, "replica": 1}
    data = found[found["resource_id"] == "data"].set_index("suffix")
    assert data.loc["gz", ["prefix", "small_count"]].to_list() == ["", 1]
    assert set(data.loc[["csv"], "prefix"]) == {"sets/"}


def test_read_inventories_tells_account_region_month_and_the_reports_moment(tmp_path):
    found = read_inventories([str(report(tmp_path, OBJECTS))], tmp_path, BUCKETS)
    row = found[found["resource_id"] == "replica"].iloc[0]
    assert (row["account_id"], row["region"]) == ("111122223333", "eu-west-1")
    assert row["modified_month"] == datetime(2024, 3, 1)
    assert row["listed_at"] == datetime(2023, 11, 14, 22, 13, 20)


def test_read_inventories_takes_the_newest_report_of_a_bucket(tmp_path):
    report(tmp_path, OBJECTS[:1], made=1_600_000_000_000, stamp="2024-10-01T01-00Z")
    report(tmp_path, OBJECTS)
    found = read_inventories([str(tmp_path)], tmp_path, BUCKETS)
    assert by_bucket(found, "object_count")["data"] == 2


def test_read_inventories_parquet_and_headed_csv_give_what_the_manifest_gives(tmp_path):
    wanted = read_inventories([str(report(tmp_path / "m", OBJECTS))], tmp_path, BUCKETS)
    frame = pd.DataFrame(OBJECTS, columns=FIELDS)
    frame["LastModifiedDate"] = pd.to_datetime(frame["LastModifiedDate"]).dt.tz_localize(None)
    snake = {"Key": "key", "IsLatest": "is_latest", "IsDeleteMarker": "is_delete_marker",
             "LastModifiedDate": "last_modified_date", "ETag": "e_tag", "StorageClass": "storage_class"}  # fmt: skip
    frame.rename(columns=snake | {"Bucket": "bucket", "Size": "size"}).to_parquet(
        tmp_path / "i.parquet"
    )
    frame.to_csv(tmp_path / "i.csv", index=False)
    for name in ("i.parquet", "i.csv"):
        found = read_inventories([str(tmp_path / name)], tmp_path, BUCKETS)
        pd.testing.assert_frame_equal(
            found.drop(columns="listed_at"), wanted.drop(columns="listed_at")
        )


def test_read_inventories_brings_the_manifests_and_then_what_they_name(tmp_path):
    stored = report(tmp_path / "bucket", OBJECTS)
    asked = []

    def fetch(address, folder):
        asked.append(address)
        if address.endswith("*manifest.json"):
            return list(stored.rglob("manifest.json"))
        target = folder / "came.csv.gz"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((stored / address.removeprefix("s3://reports/")).read_bytes())
        return [target]

    found = read_inventories(["s3://reports/"], tmp_path / "cache", BUCKETS, fetch)
    assert asked[0] == "s3://reports/*manifest.json"
    assert by_bucket(found, "object_count")["data"] == 2


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"files": [{"key": "data/daily/data/lost.csv.gz"}]}, "Download the whole report"),
        ({"fileFormat": "ORC"}, "CSV and Parquet are read"),
        ({"fileSchema": "Bucket, Key"}, "no field size"),
    ],
)
def test_read_inventories_says_what_is_wrong_with_a_report(tmp_path, told, words):
    with pytest.raises(ParameterError, match=words):
        read_inventories([str(report(tmp_path, OBJECTS, **told))], tmp_path, BUCKETS)


def test_read_inventories_where_nothing_is_names_what_to_give(tmp_path):
    with pytest.raises(ParameterError, match=r"Name a manifest\.json"):
        read_inventories([str(tmp_path / "none")], tmp_path, BUCKETS)


def test_demo_reports_show_the_copied_dataset_and_the_old_versions(demo_read):
    found = demo_read.estate["object_groups"]
    assert by_bucket(found, "duplicate_gib")["halcyon-datasets-copy"] == pytest.approx(2048, abs=1)
    assert by_bucket(found, "noncurrent_gib")["halcyon-model-registry"] == pytest.approx(
        6144, abs=1
    )
