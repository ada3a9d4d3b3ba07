/**
 * PoolPlacement: a pipe as high as the numbers that are alive, and a pool that can be moved along it.
 * State: place, grid, channels. Arithmetic in model.js, words in words.js.
 */

import { compact, decimal, grouped, h, kit, set, show, svg, text } from "#kit";
import { costs, PLACES, readouts, shape, tensors } from "./model.js";
import {
  CAPTION, chips, GRID, HANDLE, LABEL, noteFor, NUMBERS, PRESETS, ratio, rowOf, SPOKEN, spoken, STATIONS, WAIST,
} from "./words.js";

const KEYS = ["place", "grid", "channels"];
const UNIT = 84; // pixels of height for the input's numbers
const MIDDLE = 104; // where the pipe's axis lies
const HEIGHT = 208;
const BEND = 26; // pixels along the pipe in which its height changes
const GAP = 5; // between two lanes

export function mount({ model, el }) {
  const ui = kit(model);
  const state = () => Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
  const fig = ui.frame({ kind: "pool-placement", label: LABEL, caption: CAPTION });
  const note = h("p", { class: "ipp-note" });
  const drawing = pipe(ui, state);
  const stations = Object.entries(STATIONS).map(([key, label]) => {
    const output = ui.readout(`alive-${key}`);
    const dims = h("span", { class: "ipp-dims" });
    return { key, output, dims, el: h("p", {}, h("span", {}, label), dims, h("b", {}, output), h("span", {}, NUMBERS)) };
  });
  const bars = costBars(ui);
  const times = ui.readout("ratio");
  const why = h("span");
  fig.head.append(ui.chips(PRESETS, HANDLE), note);
  fig.stage.append(drawing.el, h("div", { class: "ipp-stations" }, stations.map((s) => s.el)));
  fig.controls.append(bars.el, h("div", { class: "ipp-side" },
    ui.slider({ key: "grid", label: GRID }),
    h("p", { class: "ipp-ratio" }, h("b", {}, times), " ", why)));
  el.append(fig.root);

  function draw() {
    const now = state();
    const numbers = readouts(now);
    const on = tensors(now.place, now);
    text(note, noteFor(now.place));
    drawing.draw(now);
    for (const { key, output, dims } of stations) {
      const value = numbers[`alive-${key}`];
      text(dims, on[key].map(([side, channels]) => `${side}×${side}×${channels}`).join(" + "));
      show(output, value, grouped(value), NUMBERS);
      output.classList.toggle("ipp-narrow", key === "middle" && shape(now).waist);
    }
    bars.draw(now, costs(now));
    show(times, numbers.ratio, `${decimal(numbers.ratio, 2)} times`);
    text(why, ratio(now.grid));
    fig.say(spoken(now.place, numbers));
  }

  const later = ui.bind(KEYS, draw);
  ui.width(fig.stage, (px) => {
    drawing.resize(px);
    later();
  });
  return ui.end;
}

/** The pipe with its two operations. */
function pipe(ui, state) {
  const parts = ["input", "conv", "pool"].map((made) => svg("path", { class: `ipp-${made}` }));
  const waist = svg("path", { class: "ipp-waist" });
  const word = svg("text", { class: "ipp-word", "text-anchor": "middle" }, WAIST);
  const make = (name) => {
    const label = svg("text", { "text-anchor": "middle", y: 5 });
    const plate = svg("rect", { y: -15, height: 30, rx: 15 });
    return { el: svg("g", { class: `ipp-op ipp-op-${name}` }, plate, label), plate, label };
  };
  const ops = { conv: make("conv"), pool: make("pool") };
  const el = svg("svg", { class: "ipp-pipe", height: HEIGHT }, parts, waist, word, ops.conv.el, ops.pool.el);
  const move = ui.motion();
  let wide = 640;
  let shown = null; // what the drawing is at, on the way to the state

  const tell = ui.handle(ops.pool.el, {
    label: HANDLE, min: 0, max: 2, big: 1, sideways: true,
    get: () => PLACES.indexOf(state().place),
    put: (v) => ui.commit({ place: PLACES[v] }),
    text: (v) => SPOKEN[PLACES[v]],
    at: (event) => 2 * ((event.clientX - el.getBoundingClientRect().left) / wide - 0.27) / 0.46,
  });
  ops.pool.el.prepend(svg("rect", { class: "iw-grip", x: -60, y: -22, width: 120, height: 44, rx: 22 }));

  /** A band from x1 to x2 whose height goes from a to b over a bend at its beginning. */
  const band = (x1, x2, a, b, y = MIDDLE) => {
    const [up, low] = [(k) => y - k / 2, (k) => y + k / 2];
    const m = x1 + BEND / 2;
    return `M${x1} ${up(a)}C${m} ${up(a)} ${m} ${up(b)} ${x1 + BEND} ${up(b)}H${x2}V${low(b)}H${x1 + BEND}` +
      `C${m} ${low(b)} ${m} ${low(a)} ${x1} ${low(a)}Z`;
  };

  function paint({ heights, pool, conv, split, lanes }) {
    const [a, b, c] = heights.map((k) => k * UNIT);
    const left = Math.min(pool, conv) * wide - BEND / 2;
    const right = Math.max(pool, conv) * wide - BEND / 2;
    const first = pool <= conv ? "pool" : "conv";
    const [input, made, pooled] = parts;
    set(input, { d: `M0 ${MIDDLE - a / 2}H${left}V${MIDDLE + a / 2}H0Z` });
    if (lanes) {
      // Each lane reads the whole input and makes half of what comes out.
      const half = c / 2;
      const apart = (GAP * split) / 2;
      set(made, { d: band(left, wide, a / 2, half, MIDDLE - half / 2 - apart) });
      set(pooled, { d: band(left, wide, a / 2, half, MIDDLE + half / 2 + apart) });
    } else {
      const between = band(left, right, a, b);
      const end = band(right, wide, b, c);
      set(first === "pool" ? pooled : made, { d: between });
      set(first === "pool" ? made : pooled, { d: end });
    }
    const lift = split * Math.max(c / 4 + GAP / 2, 19);
    set(ops.conv.el, { transform: `translate(${conv * wide} ${MIDDLE - lift})` });
    set(ops.pool.el, { transform: `translate(${pool * wide} ${MIDDLE + lift})` });
    const x = [left + BEND, right].map(Math.round);
    set(waist, { d: lanes ? "" : `M${x[0]} ${MIDDLE - b / 2}H${x[1]}M${x[0]} ${MIDDLE + b / 2}H${x[1]}` });
    set(word, { x: (x[0] + x[1]) / 2, y: MIDDLE + b / 2 + 20 });
  }

  const mix = (from, to, t) => from + (to - from) * t;

  function draw(now) {
    const target = { ...shape(now), lanes: now.place === "beside" };
    const names = chips(now.place, now.channels);
    for (const [name, { plate, label }] of Object.entries(ops)) {
      text(label, names[name]);
      const px = names[name].length * 7.2 + 24;
      set(plate, { x: -px / 2, width: px });
    }
    set(waist, { visibility: target.waist ? null : "hidden" });
    set(word, { visibility: target.waist ? null : "hidden" });
    tell();
    const from = shown;
    const still = !from || from.lanes !== target.lanes || String([from.pool, from.heights]) === String([target.pool, target.heights]);
    move((t) => {
      const k = still ? 1 : t;
      shown = still ? target : {
        ...target, heights: target.heights.map((v, i) => mix(from.heights[i], v, k)),
        pool: mix(from.pool, target.pool, k), conv: mix(from.conv, target.conv, k), split: mix(from.split, target.split, k),
      };
      paint(shown);
    }, still);
  }

  return {
    el,
    draw,
    resize(px) {
      wide = px;
      set(el, { width: px });
      if (shown) paint(shown);
    },
  };
}

/** Multiply-adds of the three ways, to one scale. */
function costBars(ui) {
  const rows = PLACES.map((place) => {
    const bar = h("i");
    const output = ui.readout(`macs-${place}`);
    return { place, bar, output, el: h("li", {}, h("span", {}, rowOf(place)), h("span", { class: "ipp-bar" }, bar, output)) };
  });
  return {
    el: h("ul", { class: "ipp-costs" }, rows.map((row) => row.el)),
    draw(now, macs) {
      const most = Math.max(...Object.values(macs));
      for (const { place, bar, output, el } of rows) {
        set(bar, { style: { width: `${(70 * macs[place]) / most}%` } });
        show(output, macs[place], compact(macs[place]), "multiply-adds");
        el.classList.toggle("ipp-now", place === now.place);
      }
    },
  };
}
