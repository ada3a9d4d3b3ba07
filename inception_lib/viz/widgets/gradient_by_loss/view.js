/**
 * GradientByLoss: a pair of bars for each part of the network, and a movable time.
 * State: network, stop; norms come from Python.
 */

import { decimal, fill, h, kit, percent, set, show, svg } from "#kit";
import { highest, LOSSES, presentOf, readouts } from "./model.js";
import {
  ALONE, at, CAPTION, CHOICE, LABEL, LEGEND, NETWORKS, NORM, PARTS, RATIO, READOUTS, spoken, TIME,
} from "./words.js";

const KEYS = ["norms", "network", "stop"];
const HEIGHT = 232;
const LINE = 54; // pixels for the line of time
const PAD = { left: 38, right: 14, top: 22, bottom: 40 };

export function mount({ model, el }) {
  const ui = kit(model);
  const state = () => Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
  const fig = ui.frame({ kind: "gradient-by-loss", label: LABEL, caption: CAPTION });
  const norms = model.get("norms");
  const recorded = NETWORKS.filter((one) => one.state.network in norms);
  const out = Object.fromEntries(Object.keys(READOUTS).map((name) => [name, ui.readout(name)]));
  const ground = svg("g", { "aria-hidden": "true" });
  const bars = svg("g", { "aria-hidden": "true" });
  const picture = svg("svg", { height: HEIGHT }, ground, bars);
  const numbersOn = h("div", { class: "igl-numbers" });
  const stage = h("div", { class: "igl-plot" }, picture, numbersOn);
  const track = svg("g", { "aria-hidden": "true" });
  const knob = svg("g", {}, svg("circle", { class: "iw-grip", r: 16 }), svg("circle", { class: "iw-knob", r: 6.5 }));
  const time = svg("svg", { height: LINE }, track, knob);
  const line = h("div", { class: "igl-time" }, time);
  const legend = h("p", { class: "igl-legend" }, LOSSES.map((loss) => h("span", { class: `igl-${loss}` }, h("i"), LEGEND[loss])));
  const sentence = h("p", { class: "igl-sentence" });
  const two = [RATIO[0], " ", h("b", {}, out.ratio), " ", RATIO[1], ": ", h("b", {}, out.cosine), "."];
  fig.head.append(ui.chips(recorded, CHOICE));
  fig.stage.append(legend, stage, line, sentence);
  el.append(fig.root);

  const top = highest(norms);
  const { after } = presentOf(state());
  const last = after.length - 1;
  let wide = 640;
  const parts = Object.keys(PARTS);
  const step = () => (wide - PAD.left - PAD.right) / parts.length;
  const px = (i) => PAD.left + step() * (i + 0.5);
  const py = (v) => PAD.top + ((HEIGHT - PAD.top - PAD.bottom) * (top - v)) / top;
  const tx = (stop) => PAD.left + 12 + ((wide - PAD.left - PAD.right - 24) * after[stop]) / after[last];
  const stopAt = (event) => {
    const x = event.clientX - time.getBoundingClientRect().left;
    return after.reduce((best, _, i) => (Math.abs(tx(i) - x) < Math.abs(tx(best) - x) ? i : best), 0);
  };
  const tell = ui.handle(knob, {
    label: TIME, min: 0, max: last, big: 2, sideways: true,
    get: () => model.get("stop"),
    put: (v) => ui.commit({ stop: v }),
    text: (v) => at(after[v]),
    at: stopAt,
  });
  ui.pull(line, (event) => ui.commit({ stop: stopAt(event) }));

  let laid = "";
  function draw() {
    const now = state();
    const present = presentOf(now);
    const numbers = readouts(now);
    const bottom = HEIGHT - PAD.bottom;
    const broad = Math.min(46, step() * 0.36);
    const levels = Array.from({ length: Math.floor(top / 0.2 + 1e-9) + 1 }, (_, i) => i * 0.2);
    fill(ground,
      svg("text", { class: "iw-mark", x: PAD.left, y: 10 }, NORM),
      levels.map((v) => [
        svg("path", { class: "iw-rule", d: `M${PAD.left} ${py(v)}H${wide - PAD.right}` }),
        svg("text", { class: "iw-mark", x: PAD.left - 7, y: py(v) + 4, "text-anchor": "end" }, decimal(v, 1)),
      ]),
      parts.map((part, i) => [
        svg("text", { class: "igl-name", x: px(i), y: bottom + 18, "text-anchor": "middle" }, PARTS[part][0]),
        step() > 100 && svg("text", { class: "iw-mark", x: px(i), y: bottom + 34, "text-anchor": "middle" }, PARTS[part][1]),
      ]));
    const shown = LOSSES.filter((loss) => present[loss]);
    fill(bars, shown.map((loss) => present[loss][now.stop].map(([mean, low, high], i) => {
      const x = px(i) + (shown.length > 1 ? (loss === "main" ? -broad - 1 : 1) : -broad / 2);
      return [
        svg("rect", { class: `igl-bar igl-${loss}`, x, y: py(mean), width: broad, height: bottom - py(mean) }),
        high > low && svg("path", { class: "igl-whisker", d: `M${x + broad / 2} ${py(low)}V${py(high)}` }),
      ];
    })));
    if (laid !== now.network) {
      laid = now.network;
      fill(numbersOn, shown.flatMap((loss) => parts.map((part) => out[`${loss}-${part}`])));
      fill(sentence, present.side ? two : ALONE);
    }
    for (const loss of shown) {
      present[loss][now.stop].forEach(([mean, , high], i) => {
        const output = out[`${loss}-${parts[i]}`];
        show(output, mean, mean.toFixed(2));
        const x = px(i) + (shown.length > 1 ? (loss === "main" ? -broad / 2 - 1 : broad / 2 + 1) : 0);
        set(output, { style: { left: `${x}px`, top: `${py(Math.max(mean, high)) - 20}px` } });
      });
    }
    if (present.side) {
      show(out.ratio, numbers.ratio, percent(numbers.ratio, 0), "of the main loss’s");
      show(out.cosine, numbers.cosine, numbers.cosine.toFixed(2).replace("-", "−"));
    }
    fill(track,
      svg("path", { class: "igl-track", d: `M${tx(0)} 16H${tx(last)}` }),
      after.map((epochs, i) => [
        svg("circle", { class: "igl-stop", cx: tx(i), cy: 16, r: 3 }),
        svg("text", {
          class: i === now.stop ? "iw-mark igl-now" : "iw-mark", x: tx(i), y: 50, "text-anchor": i === last ? "end" : "middle",
        }, i === last ? `${epochs} epochs` : String(epochs)),
      ]));
    set(knob, { transform: `translate(${tx(now.stop)} 16)` });
    tell();
    fig.say(spoken(after[now.stop], numbers));
  }

  const later = ui.bind(["network", "stop"], draw);
  ui.width(stage, (width) => {
    wide = width;
    set(picture, { width });
    set(time, { width });
    later();
  });
  return ui.end;
}
