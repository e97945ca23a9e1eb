"""The COSTS table: FOCUS 1.2 columns as the specification spells them, plus `x_` columns of ours.

Specification: https://focus.finops.org/focus-specification/v1-2/.
"""

from __future__ import annotations

from finops_lib.schema.core import Table, columns

TAG_PREFIX = "x_tag_"
"""Promoted tags: the policy's key behind this prefix is a plain text column of the lake."""

COSTS = Table("costs", "the bill: one row per charge and charge period", columns("""
    AvailabilityZone text where the resource is
    BilledCost! number what is invoiced for the charge: unblended, cash
    BillingAccountId! text the payer
    BillingAccountName text the payer's name
    BillingCurrency! text ISO 4217; one in a run
    BillingPeriodEnd! time end of the invoice month, exclusive
    BillingPeriodStart! time start of the invoice month
    ChargeCategory! text Usage, Purchase, Tax, Credit or Adjustment
    ChargeClass text Correction for a change to an invoice already issued
    ChargeDescription text the provider's words
    ChargeFrequency text One-Time, Recurring or Usage-Based
    ChargePeriodEnd! time end of the charge, exclusive
    ChargePeriodStart! time start of the charge
    CommitmentDiscountCategory text Spend or Usage
    CommitmentDiscountId text the Savings Plan or reservation
    CommitmentDiscountName text its name
    CommitmentDiscountStatus text Used or Unused
    CommitmentDiscountType text the provider's word for its kind
    ConsumedQuantity number in ConsumedUnit
    ConsumedUnit text for example Hours
    ContractedCost number at negotiated rates, without commitments
    ContractedUnitPrice number negotiated, per PricingUnit
    EffectiveCost! number amortized: upfront and recurring fees spread over what they cover
    InvoiceIssuerName text who sends the invoice
    ListCost number at public on-demand prices
    ListUnitPrice number public on-demand, per PricingUnit
    PricingCategory text Standard, Dynamic, Committed or Other
    PricingQuantity number in PricingUnit
    PricingUnit text for example Hrs or GB-Mo
    ProviderName text for example AWS
    PublisherName text who made what was sold
    RegionId text for example us-east-1
    RegionName text the region in words
    ResourceId text the provider's identifier
    ResourceName text the name given to it
    ResourceType text what kind of thing it is
    ServiceCategory text the FOCUS category, for example Compute
    ServiceName text for example Amazon Elastic Compute Cloud
    ServiceSubcategory text the FOCUS subcategory
    SkuId text the thing sold
    SkuPriceId text the price it was sold at
    SubAccountId text the account that used it
    SubAccountName text that account's name
    Tags map tag key to value, user tags without their prefix
    x_ServiceCode text the provider's code, for example AmazonEC2
    x_UsageType text for example USE1-BoxUsage:m5.xlarge
    x_Operation text for example RunInstances:0002
    x_InstanceType text where the charge is for an instance
    x_LineItemType text the export's own type, for example SavingsPlanCoveredUsage
"""), extra_prefix="x_")  # fmt: skip

COST_COLUMN = {"billed": "BilledCost", "effective": "EffectiveCost"}
"""The column of each cost basis; they are never added to one another."""

DAILY_CUBE = Table("daily_cube", "the bill added up per day and dimension; what notebooks query", columns("""
    ChargeDay! time the UTC day of ChargePeriodStart
    BillingPeriodStart! time start of the invoice month
    BillingAccountId text the payer
    SubAccountId text the account that used it
    SubAccountName text that account's name
    ProviderName text for example AWS
    RegionId text region
    ServiceName text service
    x_ServiceCode text the provider's code of the service
    x_UsageType text usage type
    x_Operation text operation
    x_InstanceType text where the charge is for an instance
    ChargeCategory text Usage, Purchase, Tax, Credit or Adjustment
    PricingCategory text Standard, Dynamic, Committed or Other
    CommitmentDiscountStatus text Used or Unused
    CommitmentDiscountType text the provider's word for its kind
    ConsumedUnit text unit of ConsumedQuantity
    ConsumedQuantity number usage
    BilledCost! number see COSTS
    EffectiveCost! number see COSTS
    ContractedCost number see COSTS
    ListCost number see COSTS
    x_ListedEffectiveCost number EffectiveCost of the line items whose ListCost is known
    x_LineItems! count line items behind the row
"""), extra_prefix=TAG_PREFIX)  # fmt: skip

RESOURCE_COSTS = Table("resource_costs", "what each resource cost in one window, by usage type", columns("""
    account_id! text SubAccountId
    region! text RegionId; "global" for what has none
    resource_id! text ResourceId
    service! text ServiceName
    usage_type text x_UsageType
    instance_type text x_InstanceType
    unit text ConsumedUnit
    consumed_quantity number usage in the window
    billed_cost! number BilledCost in the window
    effective_cost! number EffectiveCost in the window
    list_cost number ListCost in the window
    first_charge_at! time start of its first charge in the window
    last_charge_end! time end of its last charge in the window
    window_hours! number length of the window; a month's cost is cost / window_hours * 730
"""), extra_prefix=TAG_PREFIX)  # fmt: skip
