"""The company planted into the demo account: one ledger that feeds bill, inventory and metrics.

Everything in it is invented; the savings are planted. See docs/demo.md.
"""
