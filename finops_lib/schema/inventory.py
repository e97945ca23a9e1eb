"""The inventory tables of an Estate: one row per resource, keys first, units in the names."""

from __future__ import annotations

from finops_lib.schema.core import Table, columns

KEY = ("account_id", "region", "resource_id")
"""The key columns, first and the same in every table about resources."""

KEY_COLUMNS = """
    account_id! text the account that owns it
    region! text region code; "global" for what has none
    resource_id! text the provider's identifier, as the bill spells it where the bill names it
"""


def _resources(name: str, meaning: str, lines: str) -> Table:
    tags = "\ntags map tag key to value; missing: not read; an empty map: untagged"
    return Table(name, meaning, columns(KEY_COLUMNS + lines + tags))


INSTANCES = _resources("instances", "EC2 instances", """
    name text the Name tag
    instance_type! text for example m5.xlarge
    state! text pending, running, stopping, stopped
    launch_time time of the last start
    stopped_at time of the last stop, where the state transition reason tells it
    lifecycle text on-demand or spot
    architecture text x86_64 or arm64
    platform text Linux/UNIX, Windows …
    virtualization text hvm or paravirtual
    tenancy text default, dedicated or host
    availability_zone text for example us-east-1a
    image_id text the image it was started from
    asg_name text the Auto Scaling group that owns it
    vpc_id text its network
    subnet_id text its subnet
    ebs_optimized flag whether it has dedicated EBS bandwidth
    detailed_monitoring flag whether its metrics come every minute
""")  # fmt: skip

AUTO_SCALING_GROUPS = _resources("auto_scaling_groups", "EC2 Auto Scaling groups", """
    name! text the group's name
    min_size count instances at least
    max_size count instances at most
    desired_capacity count instances wanted
    instance_count count instances in it
    protected_count count instances that it must not take away when it shrinks
    create_time time of creation
""")  # fmt: skip

VOLUMES = _resources("volumes", "EBS volumes", """
    name text the Name tag
    volume_type! text gp2, gp3, io1, io2, st1, sc1, standard
    size_gib! number provisioned size
    iops number provisioned or baseline I/O operations a second
    throughput_mibps number provisioned throughput (gp3 only)
    state! text available or in-use
    attached_instance_id text the instance it is attached to
    create_time time of creation
    detached_at time of the last detachment, where something tells it
    snapshot_id text the snapshot it was made from
    availability_zone text where it is
    encrypted flag whether it is encrypted
""")  # fmt: skip

SNAPSHOTS = _resources("snapshots", "EBS snapshots", """
    name text the Name tag
    volume_id text the volume it was taken of
    size_gib number size of that volume, an upper bound of what is stored
    stored_gib number blocks really stored, where the provider tells it
    start_time time it was taken
    state text pending, completed, error
    storage_tier text standard or archive
    description text as given when it was taken
    image_id text an image that is built on it
    backup_managed flag whether AWS Backup or Data Lifecycle Manager owns it
""")  # fmt: skip

IMAGES = _resources("images", "machine images (AMIs) that the account owns", """
    name text the image's name
    create_time time of creation
    state text available, pending, failed …
    snapshot_ids text its snapshots, separated by blanks
    last_launched_at time it was last used to start an instance
    is_public flag whether it is shared with everybody
    kept_for text what may start it: a launch template or configuration, another account; missing: nothing known
""")  # fmt: skip

ADDRESSES = _resources("addresses", "Elastic IP addresses", """
    public_ip text the address
    association_id text missing where it is attached to nothing
    instance_id text the instance it is attached to
    network_interface_id text the interface it is attached to
""")  # fmt: skip

LOAD_BALANCERS = _resources("load_balancers", "load balancers of every kind", """
    name! text its name
    kind! text application, network, gateway or classic
    scheme text internet-facing or internal
    state text active, provisioning, failed
    create_time time of creation
    vpc_id text its network
    metric_dimension text what CloudWatch calls it (app/name/id; the name of a classic one)
    listener_count count its listeners
    target_count count registered targets or instances
    healthy_target_count count targets that answer health checks
""")  # fmt: skip

NAT_GATEWAYS = _resources("nat_gateways", "NAT gateways", """
    name text the Name tag
    state text available, pending, deleting
    connectivity text public or private
    create_time time of creation
    vpc_id text its network
    subnet_id text its subnet
    availability_zone text where it is
""")  # fmt: skip

VPC_ENDPOINTS = _resources("vpc_endpoints", "VPC endpoints", """
    endpoint_type text Interface, Gateway or GatewayLoadBalancer
    service_name text for example com.amazonaws.us-east-1.s3
    state text available, pending …
    create_time time of creation
    vpc_id text its network
    subnet_count count subnets (each is billed by the hour)
    route_table_count count route tables of a gateway endpoint
""")  # fmt: skip

DATABASES = _resources("databases", "RDS and Aurora instances", """
    name text the DB instance identifier
    engine! text for example postgres
    engine_version text for example 14.9
    instance_class! text for example db.m5.large
    status text available, stopped …
    multi_az flag whether a standby runs in a second zone
    storage_type text gp2, gp3, io1, aurora …
    allocated_gib number provisioned storage
    iops number provisioned I/O operations a second
    cluster_id text the Aurora cluster it belongs to
    replica_of text the instance it is a read replica of
    replica_ids text its read replicas (ARNs of those in other regions), separated by blanks
    create_time time of creation
    license_model text for example license-included
    delete_protected flag whether deletion protection is on
""")  # fmt: skip

BUCKETS = _resources("buckets", "S3 buckets", """
    name! text the bucket's name
    create_time time of creation
    versioning text Enabled, Suspended or Disabled
    lifecycle map the lifecycle configuration; an empty map: none
    intelligent_tiering flag whether archive tiers are configured
    size_gib number all storage classes together
    object_count number objects, from CloudWatch
    is_empty flag whether a listing found no object, no old version and no delete marker
    is_website flag of an empty bucket whether it answers as a website, for example by redirects
    noncurrent_gib number bytes of versions that are no longer current
    unfinished_upload_count count multipart uploads begun and not finished
    unfinished_upload_gib number bytes that such uploads hold
    oldest_unfinished_upload_at time the oldest such upload began
""")  # fmt: skip

BUCKET_STORAGE = Table("bucket_storage", "S3 bytes by bucket and storage class", columns(KEY_COLUMNS + """
    storage_class! text for example StandardStorage, the StorageType dimension of CloudWatch
    size_gib! number bytes stored in it
"""))  # fmt: skip

OBJECT_GROUPS = Table("object_groups", "S3 objects added up from S3 Inventory reports; resource_id is the bucket", columns(KEY_COLUMNS + """
    prefix text the key up to its first slash; empty: none
    suffix text the ending of the keys, in small letters; empty: none
    storage_class! text for example STANDARD, as inventories spell it
    modified_month time first moment of the month in which the objects were last written
    object_count! count current objects
    size_gib! number their bytes
    small_count! count of them those below 128 KiB
    duplicate_count! count of them those with the ETag and size of an older object of the region
    duplicate_gib! number their bytes
    duplicate_of text a bucket that holds such an older object
    noncurrent_count! count versions that are no longer current
    noncurrent_gib! number their bytes
    listed_at time when the newest of the reports was made
"""))  # fmt: skip

ENDPOINTS = _resources("endpoints", "SageMaker inference endpoints, one row per variant", """
    endpoint_name! text its name
    variant_name! text the production variant
    instance_type text missing for serverless variants
    instance_count count instances now
    is_serverless flag billed by request, not by the hour
    is_async flag answers from a queue
    has_components flag whether inference components serve from it, each asked by a name of its own
    model_count count models behind the variant
    status text InService, Updating, Failed …
    create_time time of creation
    last_modified_at time of the last change
""")  # fmt: skip

NOTEBOOK_INSTANCES = _resources("notebook_instances", "SageMaker notebook instances", """
    name! text its name
    instance_type text for example ml.t3.xlarge
    status text InService, Stopped …
    create_time time of creation
    last_modified_at time of the last change
    volume_gib number attached storage
    lifecycle_config text the lifecycle configuration that may stop it when idle
""")  # fmt: skip

STUDIO_APPS = _resources("studio_apps", "SageMaker Studio applications", """
    name! text the application's name
    domain_id text its Studio domain
    app_type text JupyterLab, KernelGateway, CodeEditor …
    instance_type text for example ml.g4dn.xlarge
    status text InService, Pending, Deleted …
    create_time time of creation
    last_user_activity_at time somebody used it
    last_health_check_at time the service looked at it (the same moment means: nobody did)
""")  # fmt: skip

TRAINING_JOBS = _resources("training_jobs", "SageMaker training jobs", """
    name! text the job's name
    status text InProgress, Completed, Failed, Stopped
    failure_reason text as the service gives it
    instance_type text for example ml.p3.2xlarge
    instance_count count machines it ran on
    create_time time of creation
    start_time time training began
    end_time time training ended
    billable_seconds number billed seconds of one machine
    max_runtime_s number the job's own stop limit
    is_spot flag managed Spot training
    checkpoint_uri text where checkpoints go
    metric_host text what CloudWatch calls its machines, before their number
""")  # fmt: skip

LOG_GROUPS = _resources("log_groups", "CloudWatch log groups", """
    name! text its name
    stored_gib number events kept, as the service counts them
    retention_days count days after which events go; missing: never
    log_class text STANDARD, INFREQUENT_ACCESS or DELIVERY
    create_time time of creation
""")  # fmt: skip

CLUSTERS = _resources("clusters", "managed clusters and developer endpoints that bill by the hour", """
    kind! text elasticache, opensearch, redshift, emr, ecs, eks, glue_endpoint or glue_session
    name! text its name, as CloudWatch's dimensions spell it
    group_name text what it is judged with: the replication group of a cache, the cluster of a service
    engine text redis, valkey, memcached, OpenSearch_2.5, FARGATE, EC2, a version …
    node_type text for example cache.m5.large; missing where the service has none
    node_count number what bills by the hour: nodes, tasks of a service, DPUs of a Glue endpoint
    master_type text the node type of dedicated masters (OpenSearch)
    master_count number dedicated masters (OpenSearch)
    task_vcpu number processors of a task (ECS)
    task_memory_gib number memory of a task (ECS)
    architecture text x86_64 or arm64 of a task (ECS)
    storage_gib number attached disks of all nodes together
    storage_type text gp2, gp3, io1 …
    pool_count count ways in which it can get a node: node groups, Fargate profiles, Auto Mode (EKS)
    status text in the service's words: available, paused, ACTIVE, WAITING, READY …
    create_time time of creation; OpenSearch does not tell it
    last_modified_at time of the last change, where the service tells it
""")  # fmt: skip

DYNAMODB_TABLES = _resources("dynamodb_tables", "DynamoDB tables and their global secondary indexes, one row each", """
    name! text the table's name
    scope! text table or index
    index_name text the index; missing for the table itself
    billing_mode text PROVISIONED or PAY_PER_REQUEST
    read_units number provisioned read capacity units now
    write_units number provisioned write capacity units now
    table_class text STANDARD or STANDARD_INFREQUENT_ACCESS
    size_gib number stored bytes, of the last six hours
    item_count number items, of the last six hours
    replica_count count other regions that hold the same table
    status text ACTIVE, CREATING …
    create_time time of creation
""")  # fmt: skip

FUNCTIONS = _resources("functions", "Lambda functions, and one more row for each provisioned qualifier", """
    name! text the function's name
    scope! text function or qualifier
    qualifier text the alias or version that has provisioned concurrency; missing for the function itself
    metric_dimension text what CloudWatch calls the qualifier (name:alias)
    runtime text for example python3.12
    architecture text x86_64 or arm64
    memory_mib number configured memory
    provisioned_concurrency number environments kept warm
    last_modified_at time of the last change
""")  # fmt: skip

INVENTORY = (
    INSTANCES, AUTO_SCALING_GROUPS, VOLUMES, SNAPSHOTS, IMAGES, ADDRESSES, LOAD_BALANCERS, NAT_GATEWAYS,
    VPC_ENDPOINTS, DATABASES, BUCKETS, BUCKET_STORAGE, OBJECT_GROUPS, ENDPOINTS, NOTEBOOK_INSTANCES,
    STUDIO_APPS, TRAINING_JOBS, LOG_GROUPS, CLUSTERS, DYNAMODB_TABLES, FUNCTIONS,
)  # fmt: skip
