/** ClippingRing: an arrow to pull, with the ring and the square that limit it. State: first, second, way. */

import { decimal, h, kit, set, show, svg, text } from "#kit";
import { readouts, THRESHOLD } from "./model.js";
import { AFTER, CAPTION, CHOICE, FACTS, FIRST, LABEL, LIMIT, noteFor, READOUTS, SECOND, spoken, TIP, WAYS } from "./words.js";

const KEYS = ["first", "second", "way"];
const SIDE = 320; // pixels of the picture
const UNIT = SIDE / 8.6; // of a gradient of 1
const HEAD = 9;

export function mount({ model, el }) {
  const ui = kit(model);
  const { min, max, step } = ui.limits.first;
  const state = () => Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
  const fig = ui.frame({ kind: "clipping-ring", label: LABEL, caption: CAPTION });
  const note = h("p", { class: "icr-note" });
  const px = (g) => SIDE / 2 + UNIT * g;
  const py = (g) => SIDE / 2 - UNIT * g;
  const reach = THRESHOLD * UNIT;
  const ring = svg("circle", { class: "icr-limit", cx: px(0), cy: py(0), r: reach });
  const square = svg("rect", { class: "icr-limit", x: px(-THRESHOLD), y: py(THRESHOLD), width: 2 * reach, height: 2 * reach });
  const before = svg("path", { class: "icr-before" });
  const after = svg("path", { class: "icr-after" });
  const tip = svg("g", {}, svg("circle", { class: "iw-grip", r: 20 }), svg("circle", { class: "iw-knob", r: 7 }));
  const picture = svg("svg", { class: "icr-picture", width: SIDE, height: SIDE, viewBox: `0 0 ${SIDE} ${SIDE}` },
    svg("g", { "aria-hidden": "true" },
      svg("path", { class: "icr-axis", d: `M0 ${py(0)}H${SIDE}M${px(0)} 0V${SIDE}` }),
      svg("text", { class: "icr-tick", x: px(THRESHOLD) + 4, y: py(0) + 16 }, LIMIT), ring, square, after, before),
    tip);
  const out = Object.fromEntries(Object.keys(READOUTS).map((name) => [name, ui.readout(name)]));
  const fact = (name) => h("li", {}, `${FACTS[name]} `, h("b", {}, out[name]));
  fig.head.append(ui.chips(WAYS, CHOICE), note);
  fig.controls.append(ui.slider({ key: "first", label: FIRST }), ui.slider({ key: "second", label: SECOND }));
  fig.stage.append(h("div", { class: "icr-body" }, picture, h("div", {}, h("ul", { class: "icr-facts" }, fact("norm"), fact("left"), fact("turned"),
    h("li", {}, `${AFTER} `, h("b", {}, out.first), ", ", h("b", {}, out.second))), fig.controls)));
  el.append(fig.root);

  const bound = (g) => Math.min(max, Math.max(min, Number((Math.round(g / step) * step).toFixed(1))));
  // Keys on the arrow's end: to the sides the first weight, up and down the second.
  set(tip, { tabindex: 0, role: "application", "aria-roledescription": "arrow", "aria-label": TIP });
  tip.classList.add("iw-handle");
  ui.on(tip, "keydown", (event) => {
    const [x, y] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
    if (!x && !y) return;
    const by = step * (event.shiftKey ? 10 : 1);
    ui.commit({ first: bound(model.get("first") + by * x), second: bound(model.get("second") + by * y) });
    event.preventDefault();
    event.stopPropagation();
  });
  const pull = (event) => {
    const frame = picture.getBoundingClientRect();
    ui.commit({
      first: bound((event.clientX - frame.left - SIDE / 2) / UNIT),
      second: bound((SIDE / 2 - event.clientY + frame.top) / UNIT),
    });
  };
  ui.on(tip, "touchstart", (event) => event.preventDefault(), { passive: false });
  ui.on(tip, "pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    tip.focus({ preventScroll: true });
    tip.setPointerCapture(event.pointerId);
    tip.classList.add("iw-dragging");
  });
  ui.on(tip, "pointermove", (event) => { if (tip.hasPointerCapture(event.pointerId)) pull(event); });
  ui.on(tip, "lostpointercapture", () => tip.classList.remove("iw-dragging"));

  function arrow(x, y, size) {
    const long = Math.hypot(x, y) * UNIT;
    if (long < 2) return "M0 0";
    const turn = Math.atan2(-y, x);
    const head = Math.min(size, long);
    const wing = (by) => `${px(x) - head * Math.cos(turn + by)} ${py(y) - head * Math.sin(turn + by)}`;
    return `M${px(0)} ${py(0)}L${px(x)} ${py(y)}M${wing(0.5)}L${px(x)} ${py(y)}L${wing(-0.5)}`;
  }

  ui.bind(KEYS, () => {
    const now = state();
    const n = readouts(now);
    text(note, noteFor(now, n));
    set(before, { d: arrow(now.first, now.second, 0) });
    set(after, { d: arrow(n.first, n.second, HEAD) });
    set(tip, { transform: `translate(${px(now.first)} ${py(now.second)})` });
    set(ring, { class: now.way === "norm" ? "icr-limit icr-now" : "icr-limit" });
    set(square, { class: now.way === "value" ? "icr-limit icr-now" : "icr-limit" });
    for (const name of ["norm", "left", "first", "second"]) show(out[name], n[name], n[name].toFixed(2).replace("-", "−"));
    show(out.turned, n.turned, `${decimal(n.turned, 0)}°`, "degrees");
    fig.say(spoken(now, n));
  });
  return ui.end;
}
