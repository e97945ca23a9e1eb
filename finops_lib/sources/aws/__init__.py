"""A cloud account, read with plain boto3; nothing here can change one."""

from finops_lib.sources.aws.calls import AwsSource
from finops_lib.sources.aws.read import AccountRead, read_account

__all__ = ["AccountRead", "AwsSource", "read_account"]
