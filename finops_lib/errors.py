"""The errors a user can meet; each message says what happened and what to do next."""


class FinopsError(Exception):
    """Base of every error that is shown to a user as one message, never as a stack trace.

    `exit_code` is what the `finops` command ends with, so that a scheduler can tell the causes apart.
    """

    exit_code = 1


class ParameterError(FinopsError):
    """A parameter is unknown, misspelled or out of range (found before anything runs)."""

    exit_code = 2


class BillingError(FinopsError):
    """A billing export cannot be read whole: cut off, not a bill, mixed currencies, missing columns."""

    exit_code = 3


class AccessError(FinopsError):
    """Nothing can be read at all: no, expired or refused credentials, or an unreachable endpoint."""

    exit_code = 4


class ReconciliationError(FinopsError):
    """Parts do not add up to their whole, so the figure must not be shown."""

    exit_code = 5


class SchemaError(FinopsError):
    """A table lacks a column it must have, or carries a value its column cannot hold."""

    exit_code = 6


class PlanError(FinopsError):
    """A plan may not be applied: not approved, changed after approval, or over its limits."""

    exit_code = 7


class ReportError(FinopsError):
    """A notebook did not complete; what it had finished is kept beside the error."""

    exit_code = 8
