"""Tables of what is measured, priced, committed and missing."""

from __future__ import annotations

from finops_lib.schema.core import Table, columns
from finops_lib.schema.inventory import KEY_COLUMNS

METRICS = Table("metrics", "CloudWatch data points, one row each", columns(KEY_COLUMNS + """
    namespace! text for example AWS/EC2
    metric! text for example CPUUtilization
    stat! text Average, Maximum, Sum, p99.5 …
    dimension text the part of the resource: a variant, a GPU index, a device; missing: the whole
    time! time start of the interval
    period_s! number length of the interval in seconds
    value! number in the metric's own unit, as CloudWatch documents it
"""))  # fmt: skip

PRICES = Table("prices", "unit prices, each with the dates between which it holds", columns("""
    service! text the price list's service code, for example AmazonEC2
    region! text region code; "any" for a price that is the same everywhere
    item! text what is priced: an instance type, "gp3", "gp3-iops", "nat-gateway" …
    unit! text Hrs, GB-Mo, IOPS-Mo, MiBps-Mo, GB, Requests …
    term! text on_demand, reserved, savings_plan or spot
    detail text what tells rates of one item apart: platform, "1yr/no_upfront/standard" …
    price! number per unit, in `currency`
    upfront number paid once per unit at the start (reserved only)
    currency! text ISO 4217
    valid_from! time the first moment at which the price held
    valid_to time the first moment at which it no longer held; missing: it still does
    source! text bill, offering_api, price_list_api, price_book or rate_card
"""))  # fmt: skip

INSTANCE_TYPES = Table("instance_types", "what an instance type has", columns("""
    instance_type! text for example m5.xlarge
    vcpu! number virtual processors
    memory_gib! number memory
    architecture text x86_64 or arm64
    is_current_generation flag whether the provider still recommends it
    is_burstable flag CPU credits
    is_bare_metal flag no hypervisor
    gpu_count number accelerators of the GPU kind
    gpu_name text for example V100
    gpu_memory_gib number of all its GPUs together
    accelerator_count number accelerators of other kinds (Inferentia, Trainium)
    instance_store_gib number local disks
    network text the provider's words, for example "Up to 10 Gigabit"
    network_gbps number baseline bandwidth
    ebs_baseline_mibps number sustained EBS throughput
    ebs_baseline_iops number sustained EBS operations a second
    virtualization text hvm, or hvm paravirtual
    supports_spot flag whether it is offered as Spot
"""))  # fmt: skip

COMMITMENTS = Table("commitments", "reserved instances and Savings Plans", columns("""
    account_id! text the account that bought it
    region! text region code; "global" for regionless plans
    commitment_id! text ARN or id, as the bill spells it
    kind! text reserved_instance or savings_plan
    product! text EC2, RDS, ElastiCache …, or Compute, EC2Instance, SageMaker
    instance_type text what a reservation covers
    family text instance family of a plan or a size-flexible reservation
    platform text for example Linux/UNIX
    count number reserved instances
    hourly_commitment number dollars committed per hour (Savings Plans)
    offering_class text standard or convertible
    term_years number 1 or 3
    payment_option text No Upfront, Partial Upfront, All Upfront
    upfront_cost number paid at the start, for all of it
    recurring_hourly_cost number paid each hour, for all of it
    start_time time it begins to cover
    end_time time it ends
    state! text active, queued, expired, retired
    scope text Region, an availability zone, or missing
"""))  # fmt: skip

BUDGETS = Table("budgets", "budgets that the account has", columns("""
    account_id! text the account that holds it
    name! text the budget's name
    budget_type! text COST, USAGE, RI_UTILIZATION, SAVINGS_PLANS_COVERAGE …
    time_unit text MONTHLY, QUARTERLY, ANNUALLY, DAILY
    limit_amount number in `unit`
    unit text USD, PERCENTAGE …
    actual_amount number spent so far
    forecast_amount number expected at the end
    filters map what it counts
    thresholds map threshold in percent to "ACTUAL" or "FORECASTED", as "80 ACTUAL": "GREATER_THAN"
"""))  # fmt: skip

ADVICE = Table("advice", "what AWS itself recommends, as it says it; never added to our findings", columns(KEY_COLUMNS + """
    source! text compute_optimizer, cost_optimization_hub or cost_explorer
    kind! text instance, volume, function, database, nat_gateway, endpoint …
    finding text in AWS's words, for example Overprovisioned, Idle, Rightsize
    action text remove or resize; missing: AWS finds it well sized
    current text the type or configuration that it has
    target text AWS's first option
    monthly_cost number as AWS states it
    monthly_saving number as AWS states it
    saving_basis text list, or billed where AWS counts discounts
    currency text ISO 4217
    performance_risk number 0 (none) to 4 or 5 (AWS's scale of that kind)
    lookback_days number days of metrics that it looked at
    refreshed_at time when AWS made it
"""))  # fmt: skip

GAPS = Table("gaps", "what could not be read, and why", columns("""
    service! text the service that refused or did not answer
    account_id text missing: every account
    region text missing: every region
    table! text the table that lacks it
    error! text the provider's error code, or "not_asked" where there is no account
    reason! text what happened and what to do next
"""))  # fmt: skip

CREATORS = Table("creators", "who created the costliest new resources, where CloudTrail was asked", columns("""
    account_id! text the account that it is in
    region! text RegionId; "global" for what has none
    resource_id! text ResourceId, as the bill spells it
    created_by! text who asked, as aws:createdBy spells it; a pseudonym unless source.created_by is show
    event_name! text the request that created it, for example RunInstances
    event_time! time when it was asked for
"""))  # fmt: skip

API_CALLS = Table("api_calls", "requests made while reading, by operation", columns("""
    service! text for example ce
    operation! text for example GetCostAndUsage
    requests! count requests sent, repeats by retrying included
    cached! count answers taken from the cache instead
    price_per_request! number in `currency`; zero for free operations
    cost! number requests times price
    currency! text ISO 4217
"""))  # fmt: skip

FACTS = (METRICS, PRICES, INSTANCE_TYPES, COMMITMENTS, BUDGETS, ADVICE, CREATORS, GAPS, API_CALLS)
