"""The embedded demo account: an emulated AWS with a company's story planted in it."""
