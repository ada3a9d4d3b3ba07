/** SwappedHeadings: a table with two headings to move, and its rows as dots on both sides of the diagonal. State: first. */

import { decimal, fill, h, kit, percent, set, show, svg, text } from "#kit";
import { course, errorsAt, EXCHANGED, hasBoth, other, PRINTED, readouts } from "./model.js";
import {
  AXES, CANNOT, CAPTION, CHOICE, COURSE, crops, CROPS, dot, HEADING, KEYS, LABEL, MOVE, NETWORK, NONE, OF, PRESETS, READOUTS,
  ROWS, spoken,
} from "./words.js";

const PAD = { left: 34, right: 8, top: 20, bottom: 24 };
const HIGH = 30; // percent, both axes
const TALLEST = 346;

export function mount({ model, el }) {
  const ui = kit(model);
  const [rows, beside] = [model.get("rows"), model.get("beside")];
  const state = () => ({ rows, beside, first: model.get("first") });
  const fig = ui.frame({ kind: "swapped-headings", label: LABEL, caption: CAPTION });
  const exchange = () => ui.commit({ first: other(model.get("first")) });
  const headings = [0, 1].map(() => heading(ui, exchange));
  const lines = rows.map((row, i) => h("tr", {
    class: row.followed ? "ish-followed" : null, onmouseenter: () => point(i), onmouseleave: () => point(-1),
  }, h("th", { scope: "row" }, row.title), h("td", {}, crops(row.crops)),
  [row.first, row.second].map((v) => h("td", {}, v === null ? NONE : decimal(v, 2)))));
  const table = h("table", {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, NETWORK), h("th", { scope: "col" }, CROPS),
      headings.map((one) => h("th", { scope: "col" }, one)))),
    h("tbody", {}, lines));
  const ground = svg("g");
  const dots = svg("g");
  const plot = svg("svg", { "aria-hidden": "true" }, ground, dots);
  const holder = h("div", { class: "ish-plot" }, plot);
  const out = Object.fromEntries(Object.keys(READOUTS).map((name) => [name, ui.readout(name)]));
  const verdict = h("p", { class: "ish-verdict" }, h("b", {}, out.impossible), ` ${OF} `, out.both, ` ${ROWS}`);
  const change = (which) => h("span", {}, `${which} `, out[`one-${which}`], " → ", h("b", {}, out[`many-${which}`]));
  const said = h("p", { class: "ish-course" }, COURSE(rows.at(-1).title, rows.at(-1).crops), " ", change("top-1"), change("top-5"));
  fig.head.append(ui.chips(PRESETS, CHOICE));
  fig.stage.append(h("div", { class: "ish-both" }, h("div", { class: "ish-left" }, table, verdict, said), holder));
  fig.controls.remove(); // the headings are the control
  el.append(fig.root);

  let side = 300;
  let pointed = -1;
  let now = model.get("first") === EXCHANGED ? 1 : 0;
  const move = ui.motion(280);
  const px = (v) => PAD.left + (v / HIGH) * side;
  const py = (v) => PAD.top + (1 - v / HIGH) * side;
  const at = ([x, y]) => `${px(x).toFixed(1)} ${py(y).toFixed(1)}`;

  function drawGround() {
    const ticks = [0, 10, 20, 30];
    fill(ground,
      svg("path", { class: "ish-cannot", d: `M${px(0)} ${py(0)}V${py(HIGH)}H${px(HIGH)}Z` }),
      ticks.map((v) => [
        svg("path", { class: "ish-level", d: `M${px(0)} ${py(v)}H${px(HIGH)}M${px(v)} ${py(0)}V${py(HIGH)}` }),
        svg("text", { class: "ish-tick", x: px(0) - 7, y: py(v) + 4, "text-anchor": "end" }, String(v)),
        svg("text", { class: "ish-tick", x: px(v), y: py(0) + 17, "text-anchor": "middle" }, String(v)),
      ]),
      svg("text", { class: "ish-tick", x: px(HIGH), y: py(0) - 7, "text-anchor": "end" }, AXES[0]),
      svg("text", { class: "ish-tick", x: 0, y: 11 }, AXES[1]),
      svg("text", { class: "ish-never", x: px(13.5), y: py(25.5), "text-anchor": "middle" }, CANNOT),
      beside.map((row) => svg("circle", { class: "ish-ring", cx: px(row.top1), cy: py(row.top5), r: 4.5 }, svg("title", {}, dot(row)))));
  }

  function drawDots(t) {
    now = t;
    const line = course({ rows, beside }, t);
    const own = rows.filter((row) => row.followed && hasBoth(row)).map((row) => errorsAt(row, t)).at(-1);
    const around = beside.filter((row) => row.followed);
    const name = (x, y, words, anchor) => svg("text", { class: "ish-name", x, y, "text-anchor": anchor }, words);
    fill(dots,
      svg("path", { class: "ish-line", d: `M${line.map(at).join("L")}` }),
      rows.map((row, i) => {
        if (!hasBoth(row)) return null;
        const [x, y] = errorsAt(row, t);
        const kind = `ish-dot${row.followed ? " ish-main" : ""}${y > x ? " ish-bad" : ""}`;
        return svg("circle", { class: kind, cx: px(x), cy: py(y), r: i === pointed ? 8 : 5 }, svg("title", {}, dot(row)));
      }),
      name(px(HIGH) - 4, py(around[0].top5) + 22, KEYS.one, "end"),
      around[1] && name(px(around[1].top1) - 9, py(around[1].top5) + 10, KEYS.many, "end"),
      name(px(own[0]) - 9 + 15 * (1 - t), py(own[1]) - 8 + 28 * (1 - t), KEYS.own, "end"));
  }

  function point(i) {
    pointed = i;
    drawDots(now);
  }

  function draw() {
    const { first } = state();
    const numbers = readouts(state());
    headings.forEach((one, i) => {
      const name = i ? other(first) : first;
      text(one, HEADING[name]);
      set(one, { "aria-label": MOVE(name, i) });
    });
    for (const name of ["impossible", "both"]) show(out[name], numbers[name], decimal(numbers[name], 0));
    for (const which of ["top-1", "top-5"]) {
      for (const when of ["one", "many"]) show(out[`${when}-${which}`], numbers[`${when}-${which}`], percent(numbers[`${when}-${which}`], 2));
      out[`many-${which}`].parentElement.classList.toggle("ish-more", numbers[`many-${which}`] > numbers[`one-${which}`]);
    }
    verdict.classList.toggle("ish-wrong", numbers.impossible > 0);
    rows.forEach((row, i) => lines[i].classList.toggle("ish-bad", hasBoth(row) && numbers.impossible > 0));
    const [from, to] = [now, first === EXCHANGED ? 1 : 0];
    move((t) => drawDots(from + (to - from) * t), from === to);
    fig.say(spoken(first, numbers.impossible, numbers.both));
  }

  const later = ui.bind(["first"], draw);
  ui.width(holder, (width) => {
    side = Math.min(width - PAD.left - PAD.right, TALLEST - PAD.top - PAD.bottom);
    set(plot, { width: side + PAD.left + PAD.right, height: side + PAD.top + PAD.bottom });
    drawGround();
    later();
  });
  return ui.end;
}

/** A heading that is exchanged by a tap, a key, or by pulling it over the other one. */
function heading(ui, exchange) {
  const el = h("button", { type: "button", class: "ish-heading" });
  let from = null;
  let pulled = 0;
  ui.on(el, "pointerdown", (event) => {
    if (event.button !== 0) return;
    [from, pulled] = [event.clientX, 0];
    el.setPointerCapture(event.pointerId);
  });
  ui.on(el, "pointermove", (event) => {
    if (from === null) return;
    pulled = event.clientX - from;
    set(el, { style: { transform: `translateX(${pulled}px)` } });
    el.classList.toggle("ish-pulled", Math.abs(pulled) > 4);
  });
  const drop = () => {
    from = null;
    set(el, { style: { transform: "none" } });
    el.classList.remove("ish-pulled");
  };
  ui.on(el, "pointercancel", drop);
  ui.on(el, "lostpointercapture", () => {
    if (from !== null) drop();
  });
  ui.on(el, "pointerup", () => {
    // A pull of less than half a column lets the heading fall back; none at all is a tap.
    if (Math.abs(pulled) > el.offsetWidth / 2) exchange();
    drop();
  });
  ui.on(el, "click", (event) => {
    if (Math.abs(pulled) > 4 && event.detail) return;
    exchange();
  });
  ui.on(el, "keydown", (event) => {
    pulled = 0;
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    exchange();
  });
  return el;
}
