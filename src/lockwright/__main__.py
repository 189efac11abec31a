"""`python -m lockwright` is `lockwright`."""

from lockwright.cli.main import main

main()
