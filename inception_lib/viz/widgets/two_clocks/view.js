/**
 * TwoClocks: section 8's staircase, a window on it that the reader pulls open, then two rulers under it and the two
 * windows of 10,000 steps at the time under the hand. State: epoch, guess, answer. Arithmetic in model.js.
 */

import { compact, decimal, fill, grouped, h, kit, set, show, svg } from "#kit";
import { CLOCKS, EPOCHS, HORIZON, RATE as HIGHEST, rateAt, readouts, stairs, ticks, windowOf } from "./model.js";
import {
  BACK, CAPTION, CHOICE, CLOCK, EDGE, EPOCH, EPOCHS_OF, FIGURE_2, LABEL, PRESETS, RATE, spoken, STEP, TASK, TIME, TOLD,
  UNIT, YOURS,
} from "./words.js";

const KEYS = ["epoch", "guess", "answer"];
const PLOT = { hidden: 290, shown: 168 }; // heights: the rulers take the room when they come
const TOP = 8;
const BOTTOM = 26;
const RULER = 36;
const LEVELS = [0.01, 0.02, 0.03, 0.04];
const LABELS = { replica: 1e6, together: 20000 }; // steps from one number of a ruler to the next
const FIGURE_2_STEPS = 3.86e6;
const HAIR = 1.5; // pixels that a window has at least

export function mount({ model, el }) {
  const ui = kit(model);
  const state = () => Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
  const fig = ui.frame({ kind: "two-clocks", label: LABEL, caption: CAPTION });
  const names = ["rate", "guess", ...Object.keys(CLOCKS).flatMap((name) => [name, `${name}-window`])];
  const out = Object.fromEntries(names.map((name) => [name, ui.readout(name)]));
  const task = h("span", {}, `${TASK} `, h("b", {}, out.guess), ` ${EPOCHS_OF}`);
  const told = h("span", {}, TOLD);
  const note = h("p", { class: "iclk-note" }, task, told);

  // -- the staircase -------------------------------------------------------------------------------

  const ground = svg("g", { "aria-hidden": "true" });
  const windows = svg("g", { "aria-hidden": "true" });
  const stair = svg("path", { class: "iclk-stair" });
  const over = svg("g", { "aria-hidden": "true" });
  const knob = (kind) => svg("g", { class: kind }, svg("path", { class: "iclk-line" }),
    svg("circle", { class: "iw-grip", r: 18 }), svg("circle", { class: "iw-knob", r: 7.5 }));
  const time = knob("iclk-time");
  const edge = knob("iclk-edge");
  const picture = svg("svg", {}, ground, windows, stair, over, time, edge);
  const surface = h("div", { class: "iclk-surface" }, picture, h("p", { class: "iclk-rate" }, `${RATE} `, h("b", {}, out.rate)));

  // -- the rulers ----------------------------------------------------------------------------------

  const rulers = Object.fromEntries(Object.keys(CLOCKS).map((name) => {
    const comb = svg("g", { "aria-hidden": "true" });
    const now = svg("g", { "aria-hidden": "true" });
    const drawing = svg("svg", { height: RULER }, comb, now);
    const [whose, images] = CLOCK[name];
    const row = h("div", { class: `iclk-ruler iclk-${name}` },
      h("p", {}, h("span", { class: "iclk-whose" }, h("i"), `${whose} `, h("b", {}, images)),
        h("span", {}, `${STEP} `, h("b", {}, out[name])),
        h("span", {}, `${BACK} `, h("b", { class: "iclk-back" }, out[`${name}-window`]), ` ${UNIT}`)), drawing);
    return [name, { comb, now, drawing, row }];
  }));
  const both = h("div", { class: "iclk-rulers iclk-surface" }, Object.values(rulers).map(({ row }) => row));
  const slides = { epoch: ui.slider({ key: "epoch", label: TIME }), guess: ui.slider({ key: "guess", label: EDGE }) };
  fig.head.append(h("div", { class: "iclk-head" }, ui.chips(PRESETS, CHOICE), note));
  fig.stage.append(surface, both);
  fig.controls.append(slides.epoch, slides.guess);
  el.append(fig.root);

  let wide = 640;
  let left = 52;
  const right = 14;
  const px = (epoch) => left + ((wide - left - right) * epoch) / EPOCHS;
  const epochAt = (event) => ((event.clientX - picture.getBoundingClientRect().left - left) * EPOCHS) / (wide - left - right);
  const snap = (v) => Math.min(EPOCHS, Math.max(0, Math.round(4 * v) / 4));
  const put = (event) => {
    const { epoch, answer } = state();
    if (answer === "shown") ui.commit({ epoch: snap(epochAt(event)) });
    else ui.commit({ guess: Math.max(0.25, snap(epoch - epochAt(event))) });
  };
  const tellTime = ui.handle(time, {
    label: TIME, min: 0, max: EPOCHS, step: 0.25, big: 2, sideways: true,
    get: () => model.get("epoch"), put: (epoch) => ui.commit({ epoch }), at: epochAt, text: (v) => decimal(v, 2),
  });
  const tellEdge = ui.handle(edge, {
    label: EDGE, min: 0.25, max: EPOCHS, step: 0.25, big: 2, sideways: true,
    get: () => model.get("guess"), put: (guess) => ui.commit({ guess }),
    at: (event) => model.get("epoch") - epochAt(event), text: (v) => decimal(v, 2),
  });
  // The whole drawing can be pulled, not the knobs alone.
  for (const part of [surface, both]) ui.pull(part, put);

  function draw() {
    const now = state();
    const { epoch, guess, answer } = now;
    const n = readouts(now);
    const shown = answer === "shown";
    const height = PLOT[answer];
    const floor = height - BOTTOM;
    const py = (rate) => floor - ((floor - TOP) * rate) / (HIGHEST * 1.04);
    const line = (corners) => corners.map(([e, r]) => `${px(e).toFixed(1)} ${py(r).toFixed(1)}`).join("L");
    const area = (from, to) => `M${px(from).toFixed(1)} ${floor}L${line(stairs(from, to))}V${floor}Z`;
    set(picture, { height, width: wide });
    const few = wide < 560;
    fill(ground,
      LEVELS.map((v) => [
        svg("path", { class: "iclk-level", d: `M${left} ${py(v)}H${wide - right}` }),
        svg("text", { class: "iw-mark", x: left - 8, y: py(v) + 4, "text-anchor": "end" }, decimal(v, 2)),
      ]),
      svg("path", { class: "iclk-floor", d: `M${left} ${floor}H${wide - right}` }),
      svg("path", { class: "iclk-under", d: area(0, EPOCHS) }),
      Array.from({ length: 11 }, (_, i) => 10 * i).filter((e) => !few || e % 20 === 0).map((e) => [
        svg("path", { class: "iclk-floor", d: `M${px(e)} ${floor}v5` }),
        svg("text", { class: "iw-mark", x: px(e), y: floor + 19, "text-anchor": e === EPOCHS ? "end" : "middle" },
          e ? String(e) : `${EPOCH} 0`),
      ]));
    set(stair, { d: `M${line(stairs(0, EPOCHS))}` });
    const from = Math.max(0, epoch - guess);
    const column = (name) => {
      const wanted = px(epoch) - px(epoch - windowOf(name, epoch));
      const start = wanted >= HAIR ? epoch - windowOf(name, epoch) : Math.max(0, epoch - (HAIR * EPOCHS) / (wide - left - right));
      return epoch > 0 && svg("path", { class: `iclk-window iclk-${name}`, d: area(start, epoch) });
    };
    fill(windows, shown ? [column("together"), column("replica")] : epoch > from && svg("path", { class: "iclk-window iclk-yours", d: area(from, epoch) }));
    fill(over, shown && epoch > from && [
      svg("path", { class: "iclk-guessed", d: `M${px(from)} ${py(rateAt(from)) - 4}V${floor}` }),
      svg("text", { class: "iw-mark", x: px(from) + (from > 80 ? -5 : 5), y: py(rateAt(from)) - 8, "text-anchor": from > 80 ? "end" : "start" }, YOURS),
    ]);
    const handle = (group, at) => {
      const y = py(rateAt(at));
      set(group, { transform: `translate(${px(at)} ${y})` });
      set(group.firstChild, { d: `M0 ${floor - y}V0` });
    };
    handle(time, epoch);
    handle(edge, from);
    // Without a line under the knob the narrow window can be seen.
    set(time.firstChild, { d: "M0 0" });
    set(time, { display: shown ? null : "none" });
    set(edge, { display: shown ? "none" : null });
    set(slides.epoch, { hidden: !shown });
    set(slides.guess, { hidden: shown });
    set(both, { hidden: !shown });
    set(task, { hidden: shown });
    set(told, { hidden: !shown });
    show(out.rate, n.rate, decimal(n.rate, 5));
    if (shown) {
      for (const [name, { now: layer }] of Object.entries(rulers)) {
        const back = windowOf(name, epoch);
        const breadth = Math.max(HAIR, px(epoch) - px(epoch - back));
        fill(layer, svg("rect", { class: "iclk-bracket", x: px(epoch) - breadth, y: 1, width: breadth, height: 9 }),
          svg("path", { class: "iclk-cursor", d: `M${px(epoch)} 10V${RULER - 16}` }));
        show(out[name], n[name], grouped(n[name]), "steps");
        show(out[`${name}-window`], n[`${name}-window`], decimal(n[`${name}-window`], name === "replica" ? 2 : 1), "epochs");
      }
    } else show(out.guess, guess, decimal(guess, 2), "epochs");
    tellTime();
    tellEdge();
    fig.say(spoken(now, n));
  }

  /** What stands still on a ruler: a tick for each 10,000 steps, and some numbers. */
  function drawCombs() {
    for (const [name, { comb, drawing }] of Object.entries(rulers)) {
      set(drawing, { width: wide });
      const numbers = ticks(name, LABELS[name]);
      const mark = FIGURE_2_STEPS / CLOCKS.replica.steps;
      fill(comb,
        svg("path", { class: "iclk-ticks", d: ticks(name, HORIZON).map((e) => `M${px(e).toFixed(2)} 10v6`).join("") }),
        svg("path", { class: "iclk-floor", d: `M${px(0)} 10H${px(EPOCHS)}${numbers.map((e) => `M${px(e).toFixed(1)} 10v10`).join("")}` }),
        // At the right the mark of Figure 2 takes the room.
        numbers.slice(0, name === "together" ? undefined : wide < 560 ? -2 : -1).map((e, i) => svg("text", {
          class: "iw-mark", x: Math.min(px(e), wide - 22), y: RULER - 3, "text-anchor": "middle",
        }, i ? compact(i * LABELS[name]) : "0")),
        name === "replica" && [
          svg("path", { class: "iclk-mark", d: `M${px(mark)} 10v12` }),
          svg("text", { class: "iw-mark iclk-strong", x: px(EPOCHS), y: RULER - 3, "text-anchor": "end" }, FIGURE_2),
        ]);
    }
  }

  const later = ui.bind(KEYS, draw);
  ui.width(fig.stage, (width) => {
    wide = width;
    left = width < 560 ? 38 : 52;
    drawCombs();
    later();
  });
  return ui.end;
}
