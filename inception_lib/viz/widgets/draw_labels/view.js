/**
 * DrawLabels: counts of drawn labels beside the smoothed one, and the running mean of their losses.
 * State: drawn, epsilon. Arithmetic in model.js.
 */

import { decimal, fill, grouped, h, kit, set, show, svg, text } from "#kit";
import { CLASSES, counts, means, MOST, readouts, smoothed } from "./model.js";
import { CAPTION, CHOICE, DRAWN, EPSILON, LABEL, MEAN, OTHER, PRESETS, RIGHT, SMOOTHED, spoken, START } from "./words.js";

const KEYS = ["drawn", "epsilon"];
const HEIGHT = 196;
const PAD = { left: 34, right: 10, top: 10, bottom: 24 };
const TENS = [1, 10, 100, 1000];

export function mount({ model, el }) {
  const ui = kit(model);
  const fig = ui.frame({ kind: "draw-labels", label: LABEL, caption: CAPTION });
  const [tally, course] = [CLASSES, 0].map(() => svg("svg", { height: HEIGHT, "aria-hidden": "true" }));
  const out = Object.fromEntries(["smoothed", "other", "mean"].map((name) => [name, ui.readout(name)]));
  const meanFact = h("span", { class: "idl-mean" }, `${MEAN} `, h("b", {}, out.mean));
  const after = h("span");
  const otherFact = h("span", {}, h("b", {}, out.other), " ", after);
  const start = h("span", {}, START);
  fig.head.append(ui.chips(PRESETS, CHOICE));
  const [left, right] = [tally, course].map((picture) => h("div", {}, picture));
  fig.stage.append(h("div", { class: "idl-body" }, left, right),
    h("p", { class: "idl-facts" }, start, otherFact, meanFact, h("span", {}, `${SMOOTHED} `, h("b", {}, out.smoothed))));
  fig.controls.append(ui.slider({ key: "drawn", label: DRAWN }), ui.slider({ key: "epsilon", label: EPSILON }));
  el.append(fig.root);
  const widths = [260, 480];
  const bottom = HEIGHT - PAD.bottom;

  function drawTally(state) {
    const wide = widths[0];
    const step = (wide - PAD.left - PAD.right) / CLASSES;
    const y = (share) => bottom - (bottom - PAD.top) * share;
    const aim = [1 - state.epsilon + state.epsilon / CLASSES, ...Array(CLASSES - 1).fill(state.epsilon / CLASSES)];
    fill(tally,
      [0, 0.5, 1].map((v) => [
        svg("path", { class: "idl-line", d: `M${PAD.left} ${y(v)}H${wide - PAD.right}` }),
        svg("text", { class: "iw-mark", x: PAD.left - 6, y: y(v) + 4, "text-anchor": "end" }, decimal(v, 1)),
      ]),
      counts(state).map((count, i) => svg("rect", {
        class: i ? "idl-wrong" : "idl-right", x: PAD.left + i * step + 3, width: step - 6,
        y: y(count / Math.max(1, state.drawn)), height: bottom - y(count / Math.max(1, state.drawn)),
      })),
      aim.map((share, i) => svg("path", { class: "idl-aim", d: `M${PAD.left + i * step + 1} ${y(share)}h${step - 2}` })),
      svg("text", { class: "iw-mark", x: PAD.left, y: bottom + 17 }, RIGHT));
  }

  function drawCourse(state) {
    const wide = widths[1];
    const top = Math.max(1, 1.4 * smoothed(state)); // a first label that is wrong costs more: it is drawn at the top
    const x = (n) => PAD.left + ((wide - PAD.left - PAD.right) * Math.log(n)) / Math.log(MOST);
    const y = (loss) => bottom - ((bottom - PAD.top) * Math.min(loss, top)) / top;
    const found = means(state);
    // On a logarithmic scale late labels fall on one another: of those at one pixel the last is drawn.
    const last = new Map(found.map((mean, i) => [Math.round(2 * x(i + 1)), [x(i + 1), y(mean)]]));
    const points = [...last.values()];
    fill(course,
      [0, 1].map((v) => [
        svg("path", { class: "idl-line", d: `M${PAD.left} ${y(v)}H${wide - PAD.right}` }),
        svg("text", { class: "iw-mark", x: PAD.left - 6, y: y(v) + 4, "text-anchor": "end" }, String(v)),
      ]),
      TENS.map((n) => svg("text", { class: "iw-mark", x: x(n), y: bottom + 17, "text-anchor": "middle" }, grouped(n))),
      svg("path", { class: "idl-aim", d: `M${PAD.left} ${y(smoothed(state))}H${wide - PAD.right}` }),
      points.length > 0 && [
        svg("path", { class: "idl-course", d: `M${points.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L")}` }),
        svg("circle", { class: "idl-now", cx: points.at(-1)[0], cy: points.at(-1)[1], r: 5 }),
      ]);
  }

  function draw() {
    const state = Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
    const n = readouts(state);
    drawTally(state);
    drawCourse(state);
    set(start, { hidden: state.drawn > 0 });
    for (const fact of [meanFact, otherFact]) set(fact, { hidden: !state.drawn });
    show(out.smoothed, n.smoothed, decimal(n.smoothed, 4), "nats");
    if (state.drawn) {
      show(out.mean, n.mean, decimal(n.mean, 4), "nats");
      show(out.other, n.other, grouped(n.other), "labels");
      text(after, OTHER(state.drawn));
    }
    fig.say(spoken(state, n));
  }

  const later = ui.bind(KEYS, draw);
  [left, right].forEach((part, i) => ui.width(part, (px) => {
    widths[i] = px;
    set(part.firstChild, { width: px });
    later();
  }));
  return ui.end;
}
