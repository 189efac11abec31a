"""`python -m lockwright` is `lockwright`."""

from lockwright.cli.main import main

if __name__ == "__main__":  # a process that shares the work of `gallery` imports this file too
    main()
