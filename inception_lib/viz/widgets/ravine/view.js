/**
 * Ravine: the loss from above with RMSProp's path, and under it the size of a step for four gradients.
 * State: epsilon, steps, form. Arithmetic in model.js.
 */

import { decimal, fill, h, kit, set, show, svg, text } from "#kit";
import { epsilonAt, GRADIENTS, halfAxes, lossAt, path, plainPath, RATE, readouts, START, stepOf } from "./model.js";
import {
  AFTER, BALL, CAPTION, CHOICE, digits, EPSILON, EPSILONS, FORMS, FORMULA, HEADS, LABEL, LOWEST, noteFor, PLACE, RATIO, SGD, spoken, STEPS, tell,
} from "./words.js";

const KEYS = ["epsilon", "steps", "form"];
const [LEFT, RIGHT, ACROSS] = [-3.9, 0.55, 0.62]; // what is seen of the loss
const LEVELS = Array.from({ length: 9 }, (_, i) => lossAt(START) * ((i + 1) / 6) ** 2); // evenly apart on the ground
const [SHORTEST, LONGEST] = [2e-5, 0.2]; // the scale of steps
const TICKS = ["0.0001", "0.001", "0.01", "0.1"];

export function mount({ model, el }) {
  const ui = kit(model);
  const { epsilon: bounds, steps: { max: most } } = ui.limits;
  const state = () => Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
  const fig = ui.frame({ kind: "ravine", label: LABEL, caption: CAPTION });
  const note = h("p", { class: "irv-note" });
  const formula = h("p", { class: "irv-formula" });
  const ground = svg("g", { "aria-hidden": "true" });
  const ways = svg("g", { "aria-hidden": "true" });
  const ball = svg("g", {}, svg("circle", { class: "iw-grip", r: 18 }), svg("circle", { class: "irv-ball", r: 8 }));
  const picture = svg("svg", { class: "irv-ravine" }, ground, ways, ball);
  const out = Object.fromEntries(["x", "y", "loss", "ratio"].map((name) => [name, ui.readout(name)]));
  const after = h("span");
  const rows = GRADIENTS.map((g) => {
    const [plain, other, dot] = ["irv-plain", "irv-other", "irv-dot"].map((name) => h("i", { class: name }));
    const output = ui.readout(`step-${g}`);
    return { g, plain, other, dot, output, el: h("li", {}, h("span", {}, g), h("div", { class: "irv-track" }, plain, other, dot), output) };
  });
  const share = (v) => `${(100 * Math.log(v / SHORTEST)) / Math.log(LONGEST / SHORTEST)}%`;
  const scale = h("li", { class: "irv-scale" }, h("span", {}, HEADS.gradient),
    h("div", { class: "irv-track" }, TICKS.map((v) => h("span", { style: { left: share(Number(v)) } }, v))), h("span", {}, HEADS.step));
  fig.head.append(h("div", { class: "irv-chips" }, ui.chips(EPSILONS, CHOICE.epsilons), ui.chips(FORMS, CHOICE.forms), formula), note);
  fig.stage.append(picture, h("ul", { class: "irv-steps" }, scale, rows.map((row) => row.el)), h("p", { class: "irv-facts" },
    h("span", {}, after, " ", h("b", {}, out.x), ` ${PLACE[0]} `, h("b", {}, out.y), ` ${PLACE[1]} `, h("b", {}, out.loss)),
    h("span", {}, `${RATIO[0]} `, h("b", {}, out.ratio), ` ${RATIO[1]}`)));
  fig.controls.append(epsilonSlider(ui, model, bounds), ui.slider({ key: "steps", label: STEPS }));
  el.append(fig.root);

  let [wide, across] = [640, 150]; // pixels of the picture, and of one unit across
  const px = (x) => ((x - LEFT) / (RIGHT - LEFT)) * wide;
  const py = (y) => (ACROSS - y) * across;
  const line = (places) => `M${places.map(([x, y]) => `${px(x).toFixed(1)} ${py(y).toFixed(1)}`).join("L")}`;
  let places = [];
  const tellBall = ui.handle(ball, {
    label: BALL, min: 1, max: most, big: 10,
    get: () => model.get("steps"),
    put: (steps) => ui.commit({ steps }),
    text: (n) => AFTER(n),
    at(event) {
      const frame = picture.getBoundingClientRect();
      const away = ([x, y]) => Math.hypot(px(x) - event.clientX + frame.left, py(y) - event.clientY + frame.top);
      return places.reduce((best, place, n) => (n && away(place) < away(places[best]) ? n : best), 1);
    },
  });
  const plain = plainPath(most);

  function survey() {
    fill(ground,
      LEVELS.map((level) => {
        const [a, b] = halfAxes(level);
        return svg("ellipse", { class: "irv-level", cx: px(0), cy: py(0), rx: px(a) - px(0), ry: b * across });
      }),
      svg("path", { class: "irv-lowest", d: `M${px(0) - 5} ${py(0)}h10M${px(0)} ${py(0) - 5}v10` }),
      svg("text", { class: "irv-word", x: px(0), y: py(0) + 26, "text-anchor": "middle" }, LOWEST));
  }

  function draw() {
    const now = state();
    const n = readouts(now);
    places = path(now, most);
    text(note, noteFor(now));
    text(formula, FORMULA[now.form]);
    const seen = places.slice(0, now.steps + 1);
    const [sx, sy] = plain[now.steps];
    fill(ways,
      svg("path", { class: "irv-sgd", d: line(plain.slice(0, now.steps + 1)) }),
      svg("circle", { class: "irv-sgd irv-ring", cx: px(sx), cy: py(sy), r: 6 }),
      svg("text", { class: "irv-word", x: px(sx), y: py(sy) + 24, "text-anchor": "middle" }, SGD),
      svg("path", { class: "irv-rest", d: line(places.slice(now.steps)) }),
      svg("path", { class: "irv-path", d: line(seen) }),
      // Dots as one path of lines without length: hundreds of elements would be too many for one frame.
      svg("path", { class: "irv-step", d: seen.map(([x, y]) => `M${px(x).toFixed(1)} ${py(y).toFixed(1)}h0`).join("") }));
    set(ball, { transform: `translate(${px(n.x)} ${py(n.y)})` });
    const other = now.form === "torch" ? "tensorflow" : "torch";
    for (const row of rows) {
      const g = Number(row.g);
      const length = n[`step-${row.g}`];
      set(row.dot, { style: { left: share(length) } });
      set(row.other, { style: { left: share(stepOf(g, { ...now, form: other })) } });
      set(row.plain, { style: { left: share(RATE * g) } });
      show(row.output, length, digits(length));
    }
    text(after, AFTER(now.steps));
    for (const name of ["x", "y"]) show(out[name], n[name], decimal(n[name], 3));
    show(out.loss, n.loss, decimal(n.loss, 4));
    show(out.ratio, n.ratio, decimal(n.ratio, 4), "times");
    tellBall();
    fig.say(spoken(now, n));
  }

  const later = ui.bind(KEYS, draw);
  ui.width(fig.stage, (width) => {
    wide = width;
    across = Math.min(150, Math.max(110, width / (RIGHT - LEFT)));
    set(picture, { width, height: 2 * ACROSS * across });
    survey();
    later();
  });
  return ui.end;
}

/** A range over the exponent of ε, and ε itself as a number. */
function epsilonSlider(ui, model, { min, max }) {
  const id = ui.id("epsilon");
  const range = h("input", { type: "range", id, name: "epsilon", min: Math.log10(min), max: Math.log10(max), step: 0.1 });
  const number = h("input", { type: "number", min, max, step: "any", name: "epsilon-number", inputmode: "decimal", "aria-label": "ε" });
  ui.on(range, "input", () => ui.commit({ epsilon: epsilonAt(range.valueAsNumber) }));
  ui.on(number, "change", () => {
    const x = number.valueAsNumber;
    if (Number.isFinite(x)) ui.commit({ epsilon: Math.min(max, Math.max(min, x)) });
    number.value = String(model.get("epsilon"));
  });
  ui.bind(["epsilon"], () => {
    const epsilon = model.get("epsilon");
    range.value = String(Math.log10(epsilon));
    set(range, { "aria-valuetext": tell(epsilon) });
    if (document.activeElement !== number) number.value = String(epsilon);
  });
  return h("div", { class: "iw-field" }, h("label", { for: id }, EPSILON), range, number);
}
