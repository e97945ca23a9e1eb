"""Readers of managed services: each with its table and permissions, as `readers.READERS` takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from finops_lib.sources.aws.calls import Asker
from finops_lib.sources.shape import Record, clusters, items, serverless, tag_map

DOMAINS_AT_ONCE = 5
SERVICES_AT_ONCE = 10
"""Names in one DescribeDomains and one DescribeServices request, the most that AWS takes."""

EMR_STATES = ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING"]
"""The states of an EMR cluster that bills."""

OPEN_SESSIONS = ("PROVISIONING", "READY")


def _caches(ask: Asker) -> list[Record]:
    found = clusters.caches(
        ask.pages("elasticache", "describe_cache_clusters"),
        ask.pages("elasticache", "describe_replication_groups"),
    )
    return [{**record, "tags": _cache_tags(ask, record["resource_id"])} for record in found]


def _cache_tags(ask: Asker, arn: str) -> dict[str, str] | None:
    """The cache's tags; None where it is not told (a cache that is being made or deleted)."""
    absent = ("CacheClusterNotFound", "InvalidCacheClusterState", "InvalidARN")
    answer = ask.optional("elasticache", "list_tags_for_resource", absent, ResourceName=arn)
    return None if answer is None else tag_map(answer.get("TagList"))


def _domains(ask: Asker) -> list[Record]:
    names = [d["DomainName"] for d in ask.one("opensearch", "list_domain_names")["DomainNames"]]
    found: list[dict[str, Any]] = []
    for start in range(0, len(names), DOMAINS_AT_ONCE):
        some = names[start : start + DOMAINS_AT_ONCE]
        answer = ask.one("opensearch", "describe_domains", DomainNames=some)
        found += answer["DomainStatusList"]
    return [
        clusters.domain(raw, tag_map(ask.one("opensearch", "list_tags", ARN=raw["ARN"])["TagList"]))
        for raw in found
    ]


def _warehouses(ask: Asker) -> list[Record]:
    pages = ask.pages("redshift", "describe_clusters")
    return clusters.warehouses(pages, ask.account_id, ask.region)


def _hadoop(ask: Asker) -> list[Record]:
    pages = ask.pages("emr", "list_clusters", ClusterStates=EMR_STATES)
    return [
        clusters.hadoop(ask.one("emr", "describe_cluster", ClusterId=raw["Id"])["Cluster"])
        for raw in items(pages, "Clusters")
    ]


def _services(ask: Asker) -> list[Record]:
    found: list[dict[str, Any]] = []
    for cluster in _listed(ask, "ecs", "list_clusters", "clusterArns"):
        arns = _listed(ask, "ecs", "list_services", "serviceArns", cluster=cluster)
        for start in range(0, len(arns), SERVICES_AT_ONCE):
            some = arns[start : start + SERVICES_AT_ONCE]
            found += ask.one(
                "ecs", "describe_services", cluster=cluster, services=some, include=["TAGS"]
            )["services"]
    definitions = {
        name: ask.one("ecs", "describe_task_definition", taskDefinition=name)["taskDefinition"]
        for name in {raw["taskDefinition"] for raw in found if "taskDefinition" in raw}
    }
    return [clusters.service(raw, definitions.get(raw.get("taskDefinition"), {})) for raw in found]


def _kubernetes(ask: Asker) -> list[Record]:
    records = []
    for name in _listed(ask, "eks", "list_clusters", "clusters"):
        groups = [
            ask.one("eks", "describe_nodegroup", clusterName=name, nodegroupName=group)["nodegroup"]
            for group in _listed(ask, "eks", "list_nodegroups", "nodegroups", clusterName=name)
        ]
        profiles = _listed(
            ask, "eks", "list_fargate_profiles", "fargateProfileNames", clusterName=name
        )
        cluster = ask.one("eks", "describe_cluster", name=name)["cluster"]
        records.append(clusters.kubernetes(cluster, groups, len(profiles)))
    return records


def _glue(ask: Asker) -> list[Record]:
    place = ask.account_id, ask.region
    arn = f"arn:aws:glue:{ask.region}:{ask.account_id}"
    endpoints = [
        clusters.glue_endpoint(raw, _glue_tags(ask, f"{arn}:devEndpoint/{raw['EndpointName']}"), *place)
        for raw in items(ask.pages("glue", "get_dev_endpoints"), "DevEndpoints")
    ]  # fmt: skip
    sessions = [
        clusters.glue_session(raw, _glue_tags(ask, f"{arn}:session/{raw['Id']}"), *place)
        for raw in items(ask.pages("glue", "list_sessions"), "Sessions")
        if raw.get("Status") in OPEN_SESSIONS
    ]
    return [*endpoints, *sessions]


def _glue_tags(ask: Asker, arn: str) -> dict[str, str]:
    return dict(ask.one("glue", "get_tags", ResourceArn=arn).get("Tags", {}))


def _dynamodb_tables(ask: Asker) -> list[Record]:
    records = []
    for name in _listed(ask, "dynamodb", "list_tables", "TableNames"):
        table = ask.one("dynamodb", "describe_table", TableName=name)["Table"]
        tags = ask.pages("dynamodb", "list_tags_of_resource", ResourceArn=table["TableArn"])
        records += serverless.dynamodb_table(table, tag_map(items(tags, "Tags")))
    return records


def _functions(ask: Asker) -> list[Record]:
    return [
        serverless.function(raw, _function_tags(ask, raw["FunctionArn"]))
        for raw in items(ask.pages("lambda", "list_functions"), "Functions")
    ]


def _warm_functions(ask: Asker) -> list[Record]:
    """What has provisioned concurrency: apart from the functions, which stay where this is denied."""
    versions = items(ask.pages("lambda", "list_functions", FunctionVersion="ALL"), "Functions")
    published = {raw["FunctionName"] for raw in versions if raw["Version"] != "$LATEST"}
    records = []
    for raw in versions:
        # Only what has a published version can be provisioned, so only that is asked for it.
        if raw["Version"] == "$LATEST" and raw["FunctionName"] in published:
            name = raw["FunctionName"]
            pages = ask.pages("lambda", "list_provisioned_concurrency_configs", FunctionName=name)
            configs = items(pages, "ProvisionedConcurrencyConfigs")
            tags = _function_tags(ask, raw["FunctionArn"]) if configs else {}
            records += [serverless.warm(raw, config, tags) for config in configs]
    return records


def _function_tags(ask: Asker, arn: str) -> dict[str, str]:
    plain = arn.removesuffix(":$LATEST")
    return dict(ask.one("lambda", "list_tags", Resource=plain).get("Tags", {}))


def _listed(ask: Asker, service: str, operation: str, key: str, **parameters: Any) -> list[str]:
    return [name for page in ask.pages(service, operation, **parameters) for name in page[key]]


def _allowed(service: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{service}:{name}" for name in names)


MANAGED: tuple[tuple[str, Callable[[Asker], list[Record]], tuple[str, ...]], ...] = (
    ("clusters", _caches,
     _allowed("elasticache", "DescribeCacheClusters", "DescribeReplicationGroups", "ListTagsForResource")),
    ("clusters", _domains, _allowed("es", "ListDomainNames", "DescribeDomains", "ListTags")),
    ("clusters", _warehouses, _allowed("redshift", "DescribeClusters")),
    ("clusters", _hadoop, _allowed("elasticmapreduce", "ListClusters", "DescribeCluster")),
    ("clusters", _services,
     _allowed("ecs", "ListClusters", "ListServices", "DescribeServices", "DescribeTaskDefinition")),
    ("clusters", _kubernetes,
     _allowed("eks", "ListClusters", "DescribeCluster", "ListNodegroups", "DescribeNodegroup",
              "ListFargateProfiles")),
    ("clusters", _glue, _allowed("glue", "GetDevEndpoints", "ListSessions", "GetTags")),
    ("dynamodb_tables", _dynamodb_tables,
     _allowed("dynamodb", "ListTables", "DescribeTable", "ListTagsOfResource")),
    ("functions", _functions, _allowed("lambda", "ListFunctions", "ListTags")),
    ("functions", _warm_functions,
     _allowed("lambda", "ListProvisionedConcurrencyConfigs", "ListFunctions", "ListTags")),
)  # fmt: skip
"""The table, what reads it and with which permissions."""
