"""Typed lowering: functions of the language to functions of the IR, with every rule checked on the way.

Each file handles one part of the language for both: `statements`, `conditions`, `expressions`, `places`, `calls`, ...
All work on a `Frame`, the function under construction.
"""
