"""The only rooms that read the world: billing exports, AWS, price lists and stored Estates."""
