"""The command line: one file for each command; it parses arguments, calls the API, prints."""
