"""The catalogue of what a plan can do: category, safety and permissions of every action."""

from __future__ import annotations

from dataclasses import dataclass

CATEGORIES = ("terminate", "schedule", "resize", "storage", "commit")
"""The order in which savings on one resource are taken: a later one is priced on what is left."""


@dataclass(frozen=True)
class Action:
    """One action: what it needs first, how it is undone, what it is worth waiting for.

    `effort_hours` is an engineer's time for one step, review included; `grace_days` pass between
    the mark on the resource and the act.
    """

    name: str
    category: str
    title: str
    permissions: tuple[str, ...]
    prerequisite: str | None = None
    undo: str | None = None
    risk: str = "low"
    effort_hours: float = 0.25
    grace_days: int = 0
    undo_permissions: tuple[str, ...] = ()
    """What reverting it needs beyond `permissions`."""
    instead: str | None = None
    """The action with an executor that a reviewer may write in the place of one that a person does."""


def _catalogue(*actions: Action) -> dict[str, Action]:
    return {action.name: action for action in actions}


ACTIONS = _catalogue(
    Action(
        "terminate_instance", "terminate", "Terminate the instance",
        ("ec2:TerminateInstances", "ec2:CreateImage", "ec2:CreateTags", "ec2:DescribeImages",
         "ec2:DescribeInstances"),
        prerequisite="create_image", undo="launch_from_image", undo_permissions=("ec2:RunInstances",), risk="medium",
        effort_hours=0.5, grace_days=14,
    ),
    Action(
        "stop_instance", "terminate", "Stop the instance",
        ("ec2:StopInstances", "ec2:DescribeInstances"), undo="start_instance", undo_permissions=("ec2:StartInstances",),
    ),
    Action(
        "delete_volume", "terminate", "Delete the volume after a snapshot",
        ("ec2:DeleteVolume", "ec2:CreateSnapshot", "ec2:CreateTags", "ec2:DescribeSnapshots",
         "ec2:DescribeVolumes"),
        prerequisite="create_snapshot", undo="create_volume_from_snapshot", undo_permissions=("ec2:CreateVolume",), grace_days=7,
    ),
    Action(
        "delete_snapshot", "terminate", "Delete the snapshot",
        ("ec2:DeleteSnapshot", "ec2:DescribeSnapshots"), grace_days=14,
    ),
    Action(
        "deregister_image", "terminate", "Deregister the image and delete its snapshots",
        ("ec2:DeregisterImage", "ec2:DeleteSnapshot", "ec2:DescribeImages"), grace_days=14,
    ),
    Action(
        "release_address", "terminate", "Release the address",
        ("ec2:ReleaseAddress", "ec2:DescribeAddresses"),
    ),
    Action(
        "delete_load_balancer", "terminate", "Delete the load balancer",
        ("elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:DescribeLoadBalancers",
         "elasticloadbalancing:DescribeTags"),
        risk="medium", grace_days=7,
    ),
    Action(
        "delete_nat_gateway", "terminate", "Delete the NAT gateway",
        ("ec2:DeleteNatGateway", "ec2:DescribeNatGateways"), risk="medium", grace_days=7,
    ),
    Action(
        "delete_vpc_endpoint", "terminate", "Delete the VPC endpoint",
        ("ec2:DeleteVpcEndpoints", "ec2:DescribeVpcEndpoints"), risk="medium", grace_days=7,
    ),
    Action(
        "delete_database", "terminate", "Delete the database after a final snapshot",
        ("rds:DeleteDBInstance", "rds:CreateDBSnapshot", "rds:DescribeDBInstances",
         "rds:DescribeDBSnapshots"),
        prerequisite="final_snapshot", undo="restore_database", undo_permissions=("rds:AddTagsToResource", "rds:RestoreDBInstanceFromDBSnapshot"), risk="high",
        effort_hours=1.0, grace_days=14,
    ),
    Action(
        "stop_database", "terminate", "Stop the database (RDS starts it again after seven days)",
        ("rds:StopDBInstance", "rds:DescribeDBInstances"), undo="start_database",
        undo_permissions=("rds:StartDBInstance",),
    ),
    Action(
        "stop_database_cluster", "terminate",
        "Stop the cluster as a whole (RDS starts it again after seven days)",
        ("rds:StopDBCluster", "rds:DescribeDBClusters", "rds:DescribeDBInstances"),
        undo="start_database_cluster", undo_permissions=("rds:StartDBCluster",),
    ),
    Action(
        "delete_bucket", "terminate", "Delete the empty bucket",
        ("s3:DeleteBucket", "s3:GetBucketTagging", "s3:GetLifecycleConfiguration",
         "s3:ListBucket", "s3:ListBucketVersions"), grace_days=14,
    ),
    Action(
        "delete_endpoint", "terminate", "Delete the inference endpoint",
        ("sagemaker:DeleteEndpoint", "sagemaker:DescribeEndpoint", "sagemaker:ListTags"),
        undo="create_endpoint", undo_permissions=("sagemaker:AddTags", "sagemaker:CreateEndpoint"), risk="medium", grace_days=7,
    ),
    Action(
        "remove_endpoint_variant", "terminate",
        "Take the variant out of the endpoint's configuration (a person does)", (),
        risk="medium", effort_hours=1.0,
    ),
    Action(
        "stop_notebook_instance", "terminate", "Stop the notebook instance",
        ("sagemaker:StopNotebookInstance", "sagemaker:DescribeNotebookInstance",
         "sagemaker:ListTags"),
        undo="start_notebook_instance", undo_permissions=("sagemaker:StartNotebookInstance",),
    ),
    Action(
        "delete_studio_app", "terminate", "Delete the Studio application",
        ("sagemaker:DeleteApp", "sagemaker:DescribeApp", "sagemaker:ListTags"),
    ),
    Action(
        "stop_training_job", "terminate", "Stop the training job",
        ("sagemaker:StopTrainingJob", "sagemaker:DescribeTrainingJob", "sagemaker:ListTags"),
        risk="medium",
    ),
    Action(
        "schedule_instance", "schedule", "Run only in business hours",
        ("ec2:CreateTags", "ec2:DescribeInstances"), undo="remove_schedule_tag", undo_permissions=("ec2:DeleteTags",),
    ),
    Action(
        "schedule_group", "schedule", "Run the Auto Scaling group only in business hours",
        ("autoscaling:CreateOrUpdateTags", "autoscaling:DescribeAutoScalingGroups"),
        undo="remove_schedule_tag", undo_permissions=("autoscaling:DeleteTags",),
    ),
    Action(
        "resize_instance", "resize", "Change the instance type",
        ("ec2:StopInstances", "ec2:ModifyInstanceAttribute", "ec2:StartInstances",
         "ec2:DescribeInstances"),
        undo="resize_back", risk="medium", effort_hours=1.0,
    ),
    Action(
        "resize_database", "resize", "Change the database class",
        ("rds:ModifyDBInstance", "rds:DescribeDBInstances"),
        undo="resize_back", risk="medium", effort_hours=1.0,
    ),
    Action(
        "resize_endpoint", "resize", "Change the endpoint's instances",
        ("sagemaker:UpdateEndpoint", "sagemaker:CreateEndpointConfig", "sagemaker:DescribeEndpoint",
         "sagemaker:DescribeEndpointConfig", "sagemaker:ListTags", "sagemaker:AddTags"),
        undo="previous_endpoint_config", risk="medium", effort_hours=1.0,
    ),
    Action(
        "modify_volume", "storage", "Change type, IOPS or throughput of the volume",
        ("ec2:ModifyVolume", "ec2:DescribeVolumes"), undo="modify_volume_back",
    ),
    Action(
        "put_lifecycle", "storage", "Put the lifecycle configuration on the bucket",
        ("s3:PutLifecycleConfiguration", "s3:GetBucketTagging", "s3:GetLifecycleConfiguration",
         "s3:ListBucket", "s3:ListBucketVersions"),
        undo="previous_lifecycle", effort_hours=0.5,
    ),
    Action(
        "create_gateway_endpoint", "resize", "Create a gateway endpoint for S3 and DynamoDB",
        ("ec2:CreateVpcEndpoint", "ec2:DescribeVpcEndpoints", "ec2:DescribeNatGateways",
         "ec2:DescribeRouteTables", "ec2:CreateTags"),
        undo="delete_vpc_endpoint", undo_permissions=("ec2:DeleteVpcEndpoints",), effort_hours=0.5,
    ),
    Action(
        "put_log_retention", "storage", "Set the retention of the log group",
        ("logs:PutRetentionPolicy", "logs:DescribeLogGroups", "logs:ListTagsForResource"), undo="previous_retention",
        undo_permissions=("logs:DeleteRetentionPolicy",), risk="medium",
    ),
    Action(
        "use_spot", "resize", "Run the training on Spot with checkpoints",
        (), risk="medium", effort_hours=2.0,
    ),
    Action(
        "buy_commitment", "commit", "Buy the commitment (a person does)",
        (), risk="medium", effort_hours=1.0,
    ),
    Action(
        "shrink_auto_scaling_group", "terminate", "Shrink the Auto Scaling group to what is needed",
        ("autoscaling:UpdateAutoScalingGroup", "autoscaling:DescribeAutoScalingGroups"),
        undo="previous_capacity", risk="medium", effort_hours=0.5, grace_days=7,
    ),
    Action(
        "delete_database_cluster", "terminate",
        "Delete the cluster after a final snapshot (a person does)", (),
        prerequisite="final_snapshot", undo="restore_cluster", risk="high", grace_days=14,
        effort_hours=1.0, instead="stop_database_cluster",
    ),
    Action(
        "upgrade_database_engine", "resize",
        "Upgrade the engine to a version in standard support (a person does)", (),
        risk="high", effort_hours=8.0,
    ),
    Action(
        "delete_cache_cluster", "terminate", "Delete the cache after a final snapshot (a person does)", (),
        prerequisite="final_snapshot", undo="restore_cache_from_snapshot", risk="high", grace_days=14,
        effort_hours=1.0,
    ),
    Action(
        "resize_cache_nodes", "resize", "Change the node type of the cache (a person does)", (),
        undo="resize_back", risk="medium", effort_hours=1.0,
    ),
    Action(
        "delete_search_domain", "terminate", "Delete the search domain after a snapshot (a person does)",
        (), prerequisite="manual_snapshot", undo="restore_indexes", risk="high", grace_days=14,
        effort_hours=2.0,
    ),
    Action(
        "pause_warehouse", "terminate", "Pause the warehouse (a person does)", (),
        undo="resume_warehouse", effort_hours=0.5,
    ),
    Action(
        "terminate_emr_cluster", "terminate", "Terminate the EMR cluster (a person does)", (),
        risk="medium", effort_hours=0.5,
    ),
    Action(
        "delete_table", "terminate", "Delete the table after a backup (a person does)", (),
        prerequisite="table_backup", undo="restore_table", risk="high", grace_days=14, effort_hours=1.0,
    ),
    Action(
        "lower_table_capacity", "resize", "Provision fewer capacity units (a person does)", (),
        undo="previous_capacity", effort_hours=0.5,
    ),
    Action(
        "switch_table_to_on_demand", "resize", "Bill the table by request (a person does)", (),
        undo="previous_billing_mode", effort_hours=0.5,
    ),
    Action(
        "stop_ecs_service", "terminate", "Set the service's count to zero (a person does)", (),
        undo="previous_count", risk="medium", effort_hours=0.5,
    ),
    Action(
        "delete_eks_cluster", "terminate", "Delete the control plane (a person does)", (),
        risk="high", grace_days=14, effort_hours=1.0,
    ),
    Action(
        "delete_glue_endpoint", "terminate", "Delete the development endpoint (a person does)", (),
        undo="create_endpoint_again", risk="medium", effort_hours=0.5,
    ),
    Action(
        "stop_glue_session", "terminate", "Stop the interactive session (a person does)", (),
        risk="medium",
    ),
    Action(
        "resize_function", "resize", "Change the function's memory (a person does)", (),
        undo="previous_memory", effort_hours=0.5,
    ),
    Action(
        "lower_provisioned_concurrency", "resize", "Keep fewer environments warm (a person does)", (),
        undo="previous_concurrency", effort_hours=0.5,
    ),
    Action("review", "resize", "A person decides", (), effort_hours=0.5),
)  # fmt: skip
"""Every action by its name; a check names one of them."""
