"""Charts to what a browser shows: the JavaScript that draws them, from the package that brings it; and SVG."""

from __future__ import annotations

import contextlib
import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import vl_convert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockwright.report.figures import Chart

VEGA_LITE = "6.4"  # the one that altair 6 writes for

_DRAW = """
const specs = JSON.parse(document.getElementById("figures").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const ink = dark ? "#e6edf3" : "#1b1f24", line = dark ? "#30363d" : "#d0d7de";
const axis = {labelColor: ink, titleColor: ink, domainColor: ink, tickColor: ink, gridColor: line};
const words = {labelColor: ink, titleColor: ink};
const config = {background: "transparent", axis, legend: words, header: words, view: {stroke: line}};
for (const [name, spec] of Object.entries(specs)) {
  const place = document.getElementById("figure-" + name);
  vegaEmbed(place, spec, {actions: false, renderer: "svg", config}).then(() => { place.dataset.drawn = "yes"; });
}
"""


def svg(chart: Chart) -> str:
    """Return a chart as SVG."""
    drawn: str = vl_convert.vegalite_to_svg(chart.to_json(), vl_version=VEGA_LITE, config={"background": "white"})
    return drawn


def scripts(charts: Mapping[str, Chart]) -> str:
    """Return what draws charts into the elements `figure-NAME` of a page, without any network."""
    specs = msgspec.json.encode({name: chart.to_dict() for name, chart in charts.items()}).decode()
    data = specs.replace("<", "\\u003c")  # or a text in it could end the script
    return "\n".join(
        (
            f'<script type="application/json" id="figures">{data}</script>',
            f'<script type="module">{library()}</script>',
            f'<script type="module">{_DRAW}</script>',
        )
    )


def library() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script; bundling takes seconds, so the result is kept."""
    kept = _kept()
    with contextlib.suppress(OSError):
        if kept is not None and kept.stat().st_size:
            return kept.read_text(encoding="utf-8")
    bundle = vl_convert.javascript_bundle(vl_version=VEGA_LITE)  # type: ignore[call-arg]  # its stub is stricter
    bundle = bundle.replace("</script", "<\\/script")
    if kept is not None:
        with contextlib.suppress(OSError):
            _keep(kept, bundle)
    return bundle


def _kept() -> Path | None:
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        folder = Path(base) if base else Path.home() / ".cache"
    except RuntimeError:
        return None
    return folder / "lockwright" / f"vega-{version('vl-convert-python')}-{VEGA_LITE}.js"


def _keep(path: Path, text: str) -> None:
    """Write a file that is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
