"""The ledger put into the emulated account, straight into the emulator's backends.

boto3 would take a request per resource and give every one a random id and today's date; here they
keep the ledger's ids and dates. Nothing but these modules knows the emulator's inside.
"""

from __future__ import annotations

from finops_lib.demo.story.ledger import Ledger
from finops_lib.demo.story.planting.buckets import plant_buckets
from finops_lib.demo.story.planting.compute import plant_disks, plant_images, plant_instances
from finops_lib.demo.story.planting.inventories import plant_inventories
from finops_lib.demo.story.planting.log_groups import plant_log_groups
from finops_lib.demo.story.planting.managed import plant_databases, plant_sagemaker
from finops_lib.demo.story.planting.network import plant_load_balancers, plant_network
from finops_lib.demo.story.planting.organization import plant_budget, plant_organization
from finops_lib.demo.story.planting.platform import plant_platform


def plant_inventory(ledger: Ledger) -> None:
    """Every resource of the ledger, in the order in which they refer to one another."""
    plant_organization(ledger)
    plant_budget()
    plant_images(ledger)
    plant_instances(ledger)
    plant_disks(ledger)
    plant_network(ledger)
    plant_load_balancers(ledger)
    plant_databases(ledger)
    plant_sagemaker(ledger)
    plant_platform(ledger)
    plant_log_groups(ledger)
    plant_buckets(ledger)
    plant_inventories(ledger)
