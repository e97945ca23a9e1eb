"""Pictures: each takes a frame and an axes and returns the axes; nothing is saved or shown here."""
