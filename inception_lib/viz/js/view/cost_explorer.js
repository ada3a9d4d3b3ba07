/**
 * CostExplorer: what a k×k layer costs, what its factorization costs, term by term (section 3).
 * State: preset, grid, channels, alpha, n. Arithmetic in model/cost.js, words in narrative/cost_explorer.js.
 */

import { h, kit, set, text } from "./ui.js";
import { bars } from "./cost_bars.js";
import { plot } from "./cost_plot.js";
import { compare, LIMITS, smoothSaving } from "../model/cost.js";
import { compact, percent } from "../model/format.js";
import { noteFor, PAIRS, PRESETS } from "../narrative/cost_explorer.js";

const KEYS = ["preset", "grid", "channels", "alpha", "n"];
const CAPTION =
  "A box is a tensor, its face to scale, its depth the square root of its channels. Under each kernel is " +
  "what it costs: window × channels in × channels out × grid². Both bars have one scale. Where a " +
  "factorization has two layers, each widens by √α, to whole channels.";

export function mount({ model, el }) {
  const ui = kit(model);
  const state = () => Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
  const fig = ui.frame({
    kind: "cost-explorer", label: "Cost of a layer and of its factorization", caption: CAPTION,
  });
  const upper = bars(ui, state);
  const lower = plot(ui, state);
  const note = h("p", { class: "iw-note" });
  const rounding = h("p", { class: "iw-rounding" });
  const inputs = [
    ui.slider({ key: "grid", label: "Grid, cells on a side", ...LIMITS.grid, unit: "cells" }),
    ui.slider({ key: "channels", label: "Input channels c", ...LIMITS.channels, unit: "channels" }),
    ui.slider({ key: "alpha", label: "α: the output has α·c channels", ...LIMITS.alpha }),
    ui.slider({ key: "n", label: "n, for 1×n and n×1", ...LIMITS.n, unit: "cells" }),
  ];

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
