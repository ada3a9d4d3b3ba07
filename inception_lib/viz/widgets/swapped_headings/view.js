/** SwappedHeadings: a table with two headings to move, and its rows as dots on both sides of the diagonal. State: first. */

import { decimal, fill, h, kit, percent, set, show, svg, text } from "#kit";
import { course, errorsAt, EXCHANGED, hasBoth, other, PRINTED, readouts } from "./model.js";
import {
  AXES, CANNOT, CAPTION, CHOICE, COLUMNS, COURSE, crops, CROPS, dot, HEADING, KEYS, LABEL, NETWORK, NONE, OF, PRESETS, READOUTS,
  ROWS, spoken,
} from "./words.js";

const PAD = { left: 34, right: 8, top: 20, bottom: 24 };
const HIGH = 30; // percent, both axes
const TALLEST = 346;
const TAP = 4; // pixels; a longer way is a pull

export function mount({ model, el }) {
  const ui = kit(model);
  const [rows, beside] = [model.get("rows"), model.get("beside")];
  const state = () => ({ rows, beside, first: model.get("first") });
  const fig = ui.frame({ kind: "swapped-headings", label: LABEL, caption: CAPTION });
  const headings = [0, 1].map((column) => heading(ui, column, () => {
    ui.commit({ first: other(model.get("first")) });
    headings[1 - column].focus({ preventScroll: true }); // where the heading is now
  }));
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
        svg("path", { class: "iw-rule", d: `M${px(0)} ${py(v)}H${px(HIGH)}M${px(v)} ${py(0)}V${py(HIGH)}` }),
        svg("text", { class: "iw-mark", x: px(0) - 7, y: py(v) + 4, "text-anchor": "end" }, String(v)),
        svg("text", { class: "iw-mark", x: px(v), y: py(0) + 17, "text-anchor": "middle" }, String(v)),
      ]),
      svg("text", { class: "iw-mark", x: px(HIGH), y: py(0) - 7, "text-anchor": "end" }, AXES[0]),
      svg("text", { class: "iw-mark", x: 0, y: 11 }, AXES[1]),
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
      set(one, { "aria-label": HEADING[name] });
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

/** A heading that goes to the other column by a tap, a key, or by being pulled over the other heading. */
function heading(ui, column, go) {
  const el = h("div", {
    class: "ish-heading iw-handle", tabindex: 0, role: "slider", "aria-valuemin": 1, "aria-valuemax": 2, "aria-valuenow": column + 1,
    "aria-valuetext": COLUMNS[column],
  });
  let from = null;
  const pulledBy = (event) => event.clientX - from;
  const drop = () => {
    from = null;
    set(el, { style: { transform: "none" } });
    el.classList.remove("ish-pulled");
  };
  ui.on(el, "pointerdown", (event) => {
    if (event.button !== 0) return;
    from = event.clientX;
    el.setPointerCapture(event.pointerId);
  });
  ui.on(el, "pointermove", (event) => {
    if (from === null) return;
    set(el, { style: { transform: `translateX(${pulledBy(event)}px)` } });
    el.classList.toggle("ish-pulled", Math.abs(pulledBy(event)) > TAP);
  });
  ui.on(el, "pointerup", (event) => {
    if (from === null) return;
    // A pull of less than half a heading lets it fall back; none at all is a tap.
    const by = Math.abs(pulledBy(event));
    drop();
    if (by <= TAP || by > el.offsetWidth / 2) go();
  });
  ui.on(el, "pointercancel", drop);
  ui.on(el, "keydown", (event) => {
    const to = { ArrowRight: 1, ArrowLeft: 0, End: 1, Home: 0, Enter: 1 - column, " ": 1 - column }[event.key];
    if (to === undefined) return;
    if (to !== column) go();
    event.preventDefault();
    event.stopPropagation();
  });
  return el;
}
