"use strict";
// Zoom by click or Enter, search, arrows: over boxes that stand in the page in the order of their tree.
for (const flame of document.querySelectorAll("div.flame")) {
  const boxes = [...flame.querySelectorAll(".boxes > b")];
  if (!boxes.length) continue;
  const view = flame.querySelector(".view"), tree = flame.querySelector(".boxes");
  const details = flame.querySelector(".details"), told = flame.querySelector("output");
  const input = flame.querySelector("input");
  const level = boxes.map(box => Number(box.style.getPropertyValue("--l")));
  const left = boxes.map(box => parseFloat(box.style.left)), width = boxes.map(box => parseFloat(box.style.width));
  const name = boxes.map(box => box.title.split("\n", 1)[0]), text = boxes.map(box => box.title);
  const parent = [], end = [], above = [];
  boxes.forEach((box, at) => {
    while (above.length > level[at]) end[above.pop()] = at;
    parent[at] = above.length ? above[above.length - 1] : -1;
    above.push(at);
  });
  while (above.length) end[above.pop()] = boxes.length;

  let zoomed = 0, current = 0;
  view.removeAttribute("tabindex");
  tree.setAttribute("role", "tree");
  tree.setAttribute("aria-label", view.getAttribute("aria-label"));
  boxes.forEach((box, at) => {
    box.setAttribute("role", "treeitem");
    box.setAttribute("aria-level", level[at] + 1);
    box.setAttribute("aria-label", text[at].replaceAll("\n", ", "));
    box.tabIndex = at ? -1 : 0;
  });
  flame.querySelector(".bar").hidden = false;

  function show(at) {
    details.textContent = text[at];
  }

  function write() {
    const pixels = tree.clientWidth / 100;
    boxes.forEach((box, at) => {
      if (box.hidden) return;
      const wanted = parseFloat(box.style.width) * pixels >= 20 ? name[at] : "";
      if (box.textContent !== wanted) box.textContent = wanted;
    });
  }

  function zoom(to) {
    zoomed = to;
    boxes.forEach((box, at) => {
      const inside = at >= to && at < end[to], outside = at < to && end[at] > to;
      box.hidden = !inside && !outside;
      box.style.display = box.hidden ? "none" : "";
      box.classList.toggle("above", outside);
      box.style.left = inside ? `${(left[at] - left[to]) / width[to] * 100}%` : "0%";
      box.style.width = inside ? `${width[at] / width[to] * 100}%` : "100%";
    });
    write();
    details.textContent = to ? `Zoomed to ${text[to]}` : "";
  }

  function go(at) {
    if (at < 0 || at >= boxes.length || boxes[at].hidden) return;
    boxes[current].tabIndex = -1;
    current = at;
    boxes[at].tabIndex = 0;
    boxes[at].focus();
  }

  function sibling(at, step) {
    for (let next = at + step; next >= 0 && next < boxes.length; next += step)
      if (level[next] === level[at] && !boxes[next].hidden) return next;
    return -1;
  }

  function child(at) {
    return at + 1 < end[at] ? at + 1 : -1;
  }

  function search() {
    const wanted = input.value.trim().toLowerCase();
    const found = new Set();
    let share = 0, until = 0;
    boxes.forEach((box, at) => {
      const fits = at > 0 && wanted !== "" && name[at].toLowerCase().includes(wanted);
      box.classList.toggle("found", fits);
      if (!fits) return;
      found.add(name[at]);
      if (at >= until) [share, until] = [share + width[at], end[at]]; // what is called from it counts once
    });
    told.textContent = wanted === "" ? "" :
      found.size ? `${share.toFixed(1)} % in ${found.size} name${found.size > 1 ? "s" : ""}` : "no such name";
  }

  tree.addEventListener("click", event => {
    const at = boxes.indexOf(event.target.closest("b"));
    if (at < 0) return;
    zoom(at);
    go(at);
    details.textContent = at ? `Zoomed to ${text[at]}` : text[0];
  });
  tree.addEventListener("keydown", event => {
    const keys = {
      ArrowDown: () => go(child(current)), ArrowUp: () => go(parent[current]),
      ArrowRight: () => go(sibling(current, 1)), ArrowLeft: () => go(sibling(current, -1)),
      Home: () => go(zoomed), Enter: () => zoom(current), " ": () => zoom(current), Escape: () => zoom(0),
    };
    if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  for (const kind of ["focusin", "mouseover"])
    tree.addEventListener(kind, event => {
      const at = boxes.indexOf(event.target.closest("b"));
      if (at >= 0) show(at);
    });
  flame.querySelector(".whole").addEventListener("click", () => zoom(0));
  input.addEventListener("input", search);
  addEventListener("resize", write);
  write();
}
