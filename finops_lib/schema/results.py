"""The tables that the workbook concludes with: findings, their coverage and the plan."""

from __future__ import annotations

from finops_lib.schema.core import Table, columns
from finops_lib.schema.inventory import KEY_COLUMNS

STATUSES = ("waste", "ok", "unknown")
CONFIDENCES = ("high", "medium", "low")
PRICE_BASES = ("billed", "list")
RISKS = ("low", "medium", "high")

FINDINGS = Table("findings", "one row per resource per check, healthy and unknown ones too", columns("""
    finding_id! text stable hash of check, account, region and resource
    check_id! text the check's name
""" + KEY_COLUMNS + """
    service text the bill's name of the service
    team text from the allocation policy; missing: nobody's
    project text from the allocation policy
    environment text from the allocation policy
    owner text from the allocation policy
    status! text waste, ok or unknown
    reason! text a sentence with the measured value, the limit and the window
    evidence map the numbers behind the reason
    monthly_cost number what it costs now, per month
    monthly_saving number what would no longer be paid, the likely value
    monthly_saving_low number where the price is a band
    monthly_saving_high number where the price is a band
    price_basis text billed or list; missing: unpriced
    action text what a plan would do
    parameters map what the action needs, for example the target type
    risk text low, medium or high
    confidence text high, medium or low
    claim_key text findings that would save the same dollars share it
    as_of! time the moment that ages are counted to
"""))  # fmt: skip

COVERAGE = Table("coverage", "how far each check could see, by account and region", columns("""
    check_id! text the check's name
    account_id! text the account
    region! text the region
    examined! count resources that the check looked at
    waste! count found wasted
    unknown! count that could not be judged
    unpriced! count found wasted without a price
    not_read! count tables it needs that could not be read here
    reason text what could not be read, and why
"""))  # fmt: skip

PLAN = Table("plan", "ordered, non-overlapping steps from findings to changes", columns("""
    step! count order of execution
    finding_id! text the finding that it acts on
    check_id! text the check that found it
""" + KEY_COLUMNS + """
    service text the bill's name of the service
    team text who owns it
    owner text who answers for it
    category! text terminate, schedule, resize, storage or commit
    action! text what is done
    parameters map what the action needs
    before_state map what the resource must still look like when the step runs
    monthly_saving! number net of the steps before it
    monthly_saving_low number where the price is a band
    monthly_saving_high number where the price is a band
    naive_saving! number as if it were the only step
    risk text low, medium or high
    confidence text high, medium or low
    prerequisite text what must be taken first, for example a snapshot
    not_before time of the earliest execution
    undo text how it is reverted; missing: it cannot be
    permissions text IAM actions that the step needs, separated by blanks
    approver text who approved it; missing: nobody yet
    status! text proposed, approved, dismissed, applied, skipped, failed
    note text the reviewer's reason
"""))  # fmt: skip

LEDGER_STATES = ("new", "open", "unseen", "fixed", "gone", "returned", "dismissed")

LEDGER = Table("ledger", "the life of every finding over the runs, and what the bill did afterwards", columns("""
    finding_id! text the finding, the same in every run
    check_id! text the check that found it
""" + KEY_COLUMNS + """
    service text the bill's name of the service
    team text who owns it
    action text what the plan would do
    state! text new, open, unseen (could not be judged), fixed, gone, returned, dismissed
    first_seen! time the run that found it first
    last_seen! time the run that found it last
    closed_at time the run that first found it fixed or gone; missing: it is not
    times_returned! count how often it was closed and came back
    dismissed_by text who answers for leaving it alone
    dismissed_reason text why it is left alone
    dismissed_until time from when the dismissal no longer holds; missing: never
    predicted_saving number a month, as predicted when it was last found
    cost_before number the resource's cost a month in the bill when it was last found
    list_before number the same at list prices
    usage_before number its usage a month in `usage_unit` then
    usage_unit text the unit of the dearest part of its usage
    cost_after number its cost a month in the newest window that lies after the change, at the discount it had before
    baseline_cost number what that window's month would have cost without the change
    realised_saving number a month: this finding's part of baseline_cost - cost_after
    cumulative_saving! number what the bill shows saved up to this run
    as_of! time the run that this row is from
"""))  # fmt: skip

RESULTS = (FINDINGS, COVERAGE, PLAN, LEDGER)
