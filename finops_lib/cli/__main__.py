"""`python -m finops_lib.cli`, the same as `finops`."""

from finops_lib.cli.app import main

main()
