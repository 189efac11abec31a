"""The locks that come with lockwright, each written in the language, one short file each."""
