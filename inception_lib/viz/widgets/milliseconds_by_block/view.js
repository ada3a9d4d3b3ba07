/**
 * MillisecondsByBlock: three bars a block, and a sentence about the block that is chosen.
 * State: blocks, source, mode, block; shares are computed in model.js.
 */

import { decimal, fill, h, kit, percent, set, show, text } from "#kit";
import { KINDS, readouts, rowsOf } from "./model.js";
import {
  BLOCKS, CAPTION, CHOICE, COUNTED, heard, LABEL, LEGEND, MODES, NO_MACS, NOT_RUN, READOUTS, sourceOf, times, TOTAL,
} from "./words.js";

const KEYS = ["blocks", "mode", "block"];

export function mount({ model, el }) {
  const ui = kit(model);
  const blocks = model.get("blocks");
  const state = () => Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
  const fig = ui.frame({ kind: "milliseconds-by-block", label: LABEL, caption: `${CAPTION} ${sourceOf(model.get("source"))}` });
  const modes = MODES.filter(({ id }) => blocks.some((block) => block[id]));
  const out = Object.fromEntries(Object.keys(READOUTS).map((name) => [name, ui.readout(name)]));
  const bold = Object.fromEntries(Object.entries(out).map(([key, output]) => [key, h("b", {}, output)]));
  const legend = h("p", { class: "imb-legend" }, KINDS.map((key) => h("span", {}, h("i", { class: `imb-${key}` }), LEGEND[key])),
    h("span", { class: "imb-total" }, `${TOTAL[0]} `, bold["whole-ms"], ` ${TOTAL[1]}`));
  const group = ui.id("block");
  const rows = blocks.map(({ name }, place) => {
    const input = h("input", { type: "radio", name: group, value: place });
    const bars = KINDS.map((key) => h("i", { class: `imb-${key}` }));
    const ratio = h("span", { class: "imb-ratio" });
    ui.on(input, "change", () => ui.commit({ block: place }));
    return { input, bars, ratio, el: h("label", { class: "imb-row" }, input, h("span", { class: "imb-name" }, name), h("span", { class: "imb-bars" }, bars), ratio) };
  });
  const name = h("b");
  const facts = h("p", { class: "imb-facts" });
  fig.head.append(ui.chips(modes, CHOICE));
  fig.stage.append(legend, h("div", { class: "imb-rows", role: "radiogroup", "aria-label": BLOCKS }, rows.map((row) => row.el)), facts);
  el.append(fig.root);

  /** Words and numbers in turn. */
  const woven = (words, keys) => words.flatMap((word, i) => [` ${word} `, keys[i] ? bold[keys[i]] : ""]);
  const sentences = {
    counted: [", ", bold.ms, woven(COUNTED, ["time", "macs", "ratio", "bytes", "intensity", "whole-intensity"])],
    bare: [", ", bold.ms, woven(NO_MACS, ["time", "bytes", "whole-intensity"])],
    idle: woven(NOT_RUN, ["whole-intensity"]),
  };

  function draw() {
    const now = state();
    const n = readouts(now);
    const shown = rowsOf(now);
    const longest = Math.max(...shown.flatMap(({ share }) => KINDS.map((key) => share[key])));
    const byPlace = new Map(shown.map((row) => [row.place, row]));
    rows.forEach((row, place) => {
      const found = byPlace.get(place);
      set(row.el, { class: place === now.block ? "imb-row imb-now" : "imb-row", hidden: !found });
      row.input.checked = place === now.block;
      if (!found) return;
      set(row.input, { "aria-label": heard(found) });
      KINDS.forEach((key, i) => set(row.bars[i], { style: { width: `${(100 * found.share[key]) / longest}%` } }));
      text(row.ratio, times(found.ratio));
    });
    show(out["whole-ms"], n["whole-ms"], decimal(n["whole-ms"], 0), "ms an image");
    show(out["whole-intensity"], n["whole-intensity"], decimal(n["whole-intensity"], 1), "multiply-adds a byte");
    text(name, blocks[now.block].name);
    if ("ms" in n) {
      show(out.ms, n.ms, decimal(n.ms, 2), "ms an image");
      for (const key of ["time", "macs", "bytes"]) show(out[key], n[key], percent(n[key]));
    }
    if ("ratio" in n) {
      show(out.ratio, n.ratio, decimal(n.ratio, 2), "times");
      show(out.intensity, n.intensity, decimal(n.intensity, 1), "multiply-adds a byte");
    }
    fill(facts, name, sentences["ratio" in n ? "counted" : "ms" in n ? "bare" : "idle"]);
    const found = byPlace.get(now.block);
    if (found) fig.say(heard(found));
  }

  ui.bind(KEYS, draw);
  return ui.end;
}
