"""What is compiled ahead is all that Python calls: no later search stops to compile."""

from __future__ import annotations

import subprocess
import sys

LEFT_OUT = """
import pkgutil
from importlib import import_module
from lockwright.cli import warm

for model in warm._RUNS:
    assert warm.warm(model, None) == 0
for room in ("flat", "check", "simulate"):
    package = import_module(f"lockwright.{room}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        for value in vars(import_module(module.name)).values():
            if hasattr(value, "py_func") and value.__module__ == module.name:
                options = value.targetoptions
                is_called = not options.get("no_cpython_wrapper") and not options.get("forceinline")
                if is_called and not value.overloads:
                    print(f"{module.name}.{value.__name__}")
"""


def test_every_kernel_that_python_calls_is_compiled_ahead() -> None:
    done = subprocess.run([sys.executable, "-c", LEFT_OUT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
