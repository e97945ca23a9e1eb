"""Jobs of ours run by a schedule, the anomaly detector and the weekly mail: their source as a zip, and their stacks."""
