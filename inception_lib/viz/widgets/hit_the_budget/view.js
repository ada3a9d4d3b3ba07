/**
 * HitTheBudget: a photograph whose corner can be pulled, two switches, and what the network costs, with a line.
 * State: side, stride, pool; reached and guess are the reader's way. Arithmetic in model.js, words in words.js.
 */

import { compact, decimal, h, kit, set, show, svg, text } from "#kit";
import { isNear, isReached, parts, published, reachedWith, readouts, total } from "./model.js";
import {
  CAPTION, CHOICE, distance, GUESS, GUESSES, LABEL, LINE, noteFor, PARTS, POOL, POOLS, PRESETS, QUESTION, REACHED, SIDE,
  spoken, STRIDE, STRIDES, TABLE, TABLE_TITLE, told, WHOLE,
} from "./words.js";

const KEYS = ["side", "stride", "pool", "reached", "guess"];
const LARGEST = 299;
const FRAME = 299; // units of the drawing over the photograph, one a pixel of the largest; on a wide page pixels of the page
const END = 8e9; // multiply-adds at the right end of the bars
const TICKS = [0, 2, 4, 6, 8]; // of the ruler under the whole bar, Bn

export function mount({ model, el }) {
  const ui = kit(model);
  const state = () => Object.fromEntries([...KEYS, "network"].map((key) => [key, model.get(key)]));
  const fig = ui.frame({ kind: "hit-the-budget", label: LABEL, caption: CAPTION });
  const chips = ui.chips(PRESETS, CHOICE);
  const note = h("p", { class: "ihb-note" });
  const photo = photograph(ui, model);
  const bars = costBars(ui, state());
  const table = tableTwo(ui);
  const pair = (label, choices) =>
    h("div", { class: "ihb-switch" }, h("span", { "aria-hidden": "true" }, label), ui.chips(choices, label));
  fig.head.append(h("div", { class: "ihb-head" }, chips, pair(STRIDE, STRIDES), pair(POOL, POOLS)));
  fig.stage.append(h("div", { class: "ihb-body" },
    h("div", { class: "ihb-left" }, photo.el, ui.slider({ key: "side", label: SIDE })),
    h("div", { class: "ihb-right" }, note, bars.el, table.el)));
  el.append(fig.root);

  function draw() {
    const now = state();
    const numbers = readouts(now);
    const near = isNear(numbers.ratio);
    ui.commit({ reached: reachedWith(now, numbers.ratio) });
    now.reached = model.get("reached");
    for (const { id, state: { side } } of PRESETS) {
      const chip = chips.querySelector(`[data-preset="${id}"]`);
      const done = side !== LARGEST && isReached(side, now.reached);
      chip.classList.toggle("ihb-done", done);
      set(chip, { "aria-label": done ? `${chip.textContent}, ${REACHED}` : null });
    }
    photo.draw(now.side);
    text(note, noteFor(now, numbers.ratio, near));
    bars.draw(now, numbers, near);
    table.draw(now);
    fig.say(spoken(now, numbers));
  }

  ui.bind(KEYS, draw);
  return ui.end;
}

/** The photograph in as many pixels as its side has, enlarged; and in the corner the same at its true size. */
function photograph(ui, model) {
  const { min, max } = ui.limits.side;
  const { src, alt } = model.get("image");
  const canvas = h("canvas", { role: "img", "aria-label": alt });
  const small = h("canvas", { class: "ihb-small", "aria-hidden": "true" });
  const knob = svg("g", {}, svg("circle", { class: "iw-grip", r: 18 }), svg("circle", { class: "iw-knob", r: 7 }));
  const square = svg("path", { class: "ihb-square" });
  const light = svg("path", { class: "ihb-square ihb-light" });
  const over = svg("svg", { viewBox: `0 0 ${FRAME} ${FRAME}` }, light, square, knob);
  const el = h("div", { class: "ihb-photo" }, canvas, small, over);
  const tell = ui.handle(knob, {
    label: SIDE, min, max, big: 16,
    get: () => model.get("side"),
    put: (v) => ui.commit({ side: v }),
    text: (v) => `${v}×${v}`,
    at: (event) => {
      const { left, top, width } = over.getBoundingClientRect();
      return (LARGEST * (event.clientX - left + event.clientY - top)) / 2 / width;
    },
  });
  const whole = new Image();
  let drawn = 0;
  function draw(side) {
    const px = (side * FRAME) / LARGEST;
    for (const one of [square, light]) set(one, { d: `M${px} 0V${px}H0` });
    set(knob, { transform: `translate(${px} ${px})` });
    tell();
    if (!whole.complete || !whole.naturalWidth || drawn === side) return;
    drawn = side;
    set(small, { style: { width: `${(100 * side) / LARGEST}%` } });
    for (const one of [canvas, small]) {
      one.width = one.height = side; // as many pixels as the network would be given
      const to = one.getContext("2d");
      to.imageSmoothingQuality = "high";
      to.drawImage(whole, 0, 0, side, side);
    }
    canvas.classList.toggle("ihb-coarse", side < LARGEST);
  }
  ui.on(whole, "load", () => draw(model.get("side")));
  whole.src = src;
  return { el, draw };
}

/** The whole network's bar with the line, and under it its parts. */
function costBars(ui, first) {
  const before = Object.fromEntries(published(first).map(({ stage, macs }) => [stage, macs]));
  const line = total(published(first));
  const at = (macs) => `${(100 * macs) / END}%`;
  const pieces = Object.keys(PARTS).map((part) => h("i", { class: `ihb-${part}` }));
  const macs = ui.readout("macs");
  const ratio = ui.readout("ratio");
  const sum = h("span", { class: "ihb-bar" }, pieces);
  const rows = Object.entries(PARTS).map(([part, words]) => {
    const bar = h("i", { class: `ihb-${part}` });
    const grid = ui.readout(`grid-${part}`);
    const output = ui.readout(`macs-${part}`);
    return {
      part, bar, grid, output,
      el: h("li", {}, h("span", {}, words), h("span", { class: "ihb-grid" }, grid, "²"), output,
        h("span", { class: "ihb-bar" }, bar, h("u", { style: { left: at(before[part]) } }))),
    };
  });
  const el = h("div", { class: "ihb-costs" },
    h("p", { class: "ihb-sum" }, h("b", {}, macs), " ", h("span", {}, ratio)),
    h("div", { class: "ihb-whole" }, h("span", { class: "ihb-name" }, WHOLE),
      h("div", { class: "ihb-track" }, sum, h("u", { class: "ihb-line", style: { left: at(line) } }, h("span", {}, LINE))),
      h("div", { class: "ihb-ruler", "aria-hidden": "true" },
        TICKS.map((bn) => h("span", { style: { left: at(1e9 * bn) } }, bn === TICKS.at(-1) ? `${bn} Bn` : String(bn))))),
    h("ul", {}, rows.map((row) => row.el)));
  return {
    el,
    draw(now, numbers, near) {
      const list = parts(now);
      let room = END;
      list.forEach((part, i) => {
        const shown = Math.min(part.macs, room);
        room -= shown;
        set(pieces[i], { style: { width: at(shown) } });
        const { bar, grid, output } = rows[i];
        set(bar, { style: { width: at(Math.min(part.macs, END)) } });
        bar.classList.toggle("ihb-torn", part.macs > END);
        show(grid, part.grid, String(part.grid), "cells a side");
        show(output, part.macs, compact(part.macs), "multiply-adds");
      });
      sum.classList.toggle("ihb-torn", numbers.macs > END);
      show(macs, numbers.macs, numbers.macs < 1e9 ? compact(numbers.macs) : `${decimal(numbers.macs / 1e9, 3)} Bn`, "multiply-adds");
      show(ratio, numbers.ratio, distance(numbers.ratio), "times the line");
      el.classList.toggle("ihb-near", near);
    },
  };
}

/** Table 2, once both tasks are solved and a guess is made. */
function tableTwo(ui) {
  const answer = h("p", { class: "ihb-answer" });
  const ask = h("div", { class: "ihb-ask" }, h("p", {}, QUESTION), ui.chips(GUESSES, GUESS));
  const cells = Object.entries(TABLE).reverse().map(([side, words]) => {
    const value = h("b");
    return { side, words, value, el: h("div", {}, h("span", {}, `${side}×${side}`), value) };
  });
  const rows = h("div", { class: "ihb-table", "aria-label": TABLE_TITLE, role: "group", tabindex: -1 },
    h("p", {}, TABLE_TITLE), cells.map((cell) => cell.el));
  const el = h("div", { class: "ihb-two" }, ask, rows, answer);
  return {
    el,
    draw({ reached, guess }) {
      const guessed = guess !== "none";
      const held = ask.contains(document.activeElement); // the chip goes: what it gave takes the focus
      set(el, { hidden: reached !== 3 });
      set(ask, { hidden: guessed });
      set(rows, { hidden: !guessed });
      set(answer, { hidden: !guessed });
      if (reached !== 3 || !guessed) return;
      for (const { value, words } of cells) text(value, words);
      text(answer, told(guess));
      if (held) rows.focus({ preventScroll: true });
    },
  };
}
