"""What each notebook asks: plain functions of a Workbook that return tidy frames."""
