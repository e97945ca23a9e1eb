"""Frames in, frames out: no clock, no file, no network, no environment variable."""
