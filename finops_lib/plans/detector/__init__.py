"""Our own anomaly detector, run by a schedule: its source as a zip, and the stack that deploys it."""
