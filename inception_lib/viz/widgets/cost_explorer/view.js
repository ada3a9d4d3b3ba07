/**
 * CostExplorer: what a k×k layer costs, what its factorization costs, term by term (section 3).
 * State: preset, grid, channels, alpha, n. Arithmetic in model.js, words in words.js.
 */

import { compact, h, kit, percent, set, text } from "#kit";
import { bars } from "./bars.js";
import { plot } from "./plot.js";
import { compare, smoothSaving } from "./model.js";
import { CAPTION, CONTROLS, LABEL, noteFor, PAIRS, PRESETS } from "./words.js";

const KEYS = ["preset", "grid", "channels", "alpha", "n"];
export function mount({ model, el }) {
  const ui = kit(model);
  const state = () => Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
  const fig = ui.frame({
    kind: "cost-explorer", label: LABEL, caption: CAPTION,
  });
  const upper = bars(ui, state);
  const lower = plot(ui, state);
  const note = h("p", { class: "iw-note" });
  const rounding = h("p", { class: "iw-rounding" });
  const inputs = Object.entries(CONTROLS).map(([key, label]) => ui.slider({ key, label }));

  fig.head.append(ui.chips(PRESETS, "Comparisons"), note);
  fig.stage.append(upper.el);
  fig.controls.append(lower.el, h("div", { class: "iw-inputs" }, inputs, rounding));
  el.append(fig.root);

  function draw() {
    const now = state();
    const result = compare(now);
    const pair = PAIRS[now.preset](now.n);
    text(note, noteFor(now));
    upper.draw(now, result, pair);
    lower.draw(now, result, pair);
    set(inputs[3], { hidden: now.preset !== "asym-n" });

    // Whole channels cost a little more or less than the formula says; own up to it where it shows.
    const smooth = percent(smoothSaving(now.preset, now.alpha, now.n));
    const real = percent(result.saving);
    text(rounding, smooth === real ? pair.remark
      : `The formula gives ${smooth}; rounding to whole channels makes it ${real}.`);
    const word = result.saving < 0 ? "more" : "saved";
    fig.say(`${percent(Math.abs(result.saving))} ${word}: ${pair.factorized}, ` +
      `${compact(result.factorized.macs)} multiply-adds; ${pair.single}, ${compact(result.single.macs)}.`);
  }

  const later = ui.bind(KEYS, draw);
  ui.width(fig.stage, (px) => {
    upper.resize(px);
    later();
  });
  ui.width(lower.el, (px) => {
    lower.resize(px);
    later();
  });
  return ui.end;
}
