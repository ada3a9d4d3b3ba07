/**
 * The small plot of CostExplorer: saving against α (or n), where you stand on it and where the paper
 * stands. The curve is the smooth formula; your point has whole channels, so it may lie a hair off.
 */

import { decimal, fill, h, percent, set, svg, text } from "#kit";
import { curve, smoothSaving, variable } from "./model.js";

const HEIGHT = 168;
const PAD = { left: 44, right: 12, top: 10, bottom: 24 };
const TICKS = { alpha: [0.5, 1, 1.5, 2, 3, 4], n: [2, 3, 4, 5, 6, 7, 8, 9] };

/** Returns { el, draw(state, result, pair), resize(px) }. */
export function plot(ui, state) {
  let wide = 300;
  let keyNow = "alpha";
  const title = h("p", { class: "iw-plot-title" });
  const ground = svg("g");
  const picture = svg("svg", { height: HEIGHT }, ground);
  const el = h("div", { class: "iw-plot" }, title, picture);

  // α is a ratio: equal steps to the right are equal factors.
  const place = { alpha: Math.log, n: (v) => v };
  const back = { alpha: Math.exp, n: (v) => v };
  const span = () => wide - PAD.left - PAD.right;
  const ends = (key) => [place[key](ui.limits[key].min), place[key](ui.limits[key].max)];
  const px = (key, v) => {
    const [lo, hi] = ends(key);
    return PAD.left + ((place[key](v) - lo) / (hi - lo)) * span();
  };
  const valueAt = (key, x) => {
    const [lo, hi] = ends(key);
    const share = Math.min(Math.max((x - PAD.left) / span(), 0), 1);
    return back[key](lo + share * (hi - lo));
  };

  const at = (event) => valueAt(keyNow, event.clientX - picture.getBoundingClientRect().left);
  const tellers = {};
  for (const key of ["alpha", "n"]) {
    // One point, two quantities: each has its own handle, and only one is shown.
    const words = key === "n" ? "n" : "alpha";
    const grip = svg("g", {},
      svg("circle", { class: "iw-grip", r: 14 }), svg("circle", { class: "iw-knob", r: 6.5 }));
    tellers[key] = {
      grip,
      tell: ui.handle(grip, {
        label: `Your point on the curve: ${words}`, ...ui.limits[key], big: key === "n" ? 1 : 0.5,
        get: () => state()[key],
        put: (v) => ui.commit({ [key]: v }),
        text: (v) => `${words} ${decimal(v, 2)}, ${percent(smoothSaving(state().preset,
          key === "alpha" ? v : state().alpha, key === "n" ? v : state().n))} saved`,
        at,
      }),
    };
    picture.append(grip);
  }

  function draw(now, result, pair) {
    const key = (keyNow = variable(now.preset));
    text(title, key === "n" ? "Saving against n" : "Saving against α (outputs ÷ inputs)");
    const points = curve(now, ui.limits);
    const values = [...points.map((p) => p[1]), result.saving, pair.paper.saving];
    const lo = Math.min(0, Math.floor(Math.min(...values) * 10) / 10);
    const top = Math.max(...values);
    const hi = Math.ceil((top + 0.2 * (top - lo)) * 20) / 20; // room for the paper's name above its ring
    const py = (v) => PAD.top + ((hi - v) / (hi - lo)) * (HEIGHT - PAD.top - PAD.bottom);
    const step = hi - lo > 0.55 ? 0.25 : hi - lo > 0.25 ? 0.1 : 0.05;
    const levels = [];
    for (let v = Math.ceil(lo / step) * step; v <= hi + 1e-9; v += step) levels.push(v);

    const paperX = pair.paper.at[key];
    const [yx, yy] = [px(key, now[key]), py(result.saving)];
    fill(ground,
      levels.map((v) => [
        svg("path", {
          class: Math.abs(v) < 1e-9 ? "iw-zero" : "iw-level", d: `M${PAD.left} ${py(v)}H${wide - PAD.right}`,
        }),
        svg("text", { class: "iw-tick", x: PAD.left - 8, y: py(v) + 4, "text-anchor": "end" }, percent(v, 0)),
      ]),
      TICKS[key].map((v) => svg("text", {
        class: "iw-tick", x: px(key, v), y: HEIGHT - 6, "text-anchor": "middle",
      }, decimal(v, 1))),
      svg("path", { class: "iw-drop", d: `M${yx} ${yy}V${HEIGHT - PAD.bottom}` }),
      svg("path", {
        class: `iw-curve iw-stroke-${pair.colour}`,
        d: "M" + points.map(([x, y]) => `${px(key, x).toFixed(1)} ${py(y).toFixed(1)}`).join("L"),
      }),
      key === "n" && points.map(([x, y]) => svg("circle", {
        class: `iw-fill-${pair.colour}`, cx: px(key, x), cy: py(y), r: 3,
      })),
      pair.also && svg("path", {
        class: "iw-also", d: `M${px(key, pair.also[key])} ${HEIGHT - PAD.bottom}v-7`,
      }),
      pair.also && svg("text", {
        class: "iw-tick", x: px(key, pair.also[key]), y: HEIGHT - PAD.bottom - 11, "text-anchor": "middle",
      }, pair.also.words),
      paperX !== undefined && [
        svg("circle", { class: "iw-paper-ring", cx: px(key, paperX), cy: py(pair.paper.saving), r: 10 }),
        svg("text", {
          class: "iw-paper-name", ...ringLabel(px(key, paperX), py(pair.paper.saving)),
        }, pair.paper.words),
      ]);
    for (const [name, { grip, tell }] of Object.entries(tellers)) {
      set(grip, { transform: `translate(${yx} ${yy})`, visibility: name === key ? null : "hidden" });
      if (name === key) tell();
    }
  }

  /** Over the ring, clear of the frame's sides. */
  const ringLabel = (x, y) => {
    const share = (x - PAD.left) / span();
    return { x, y: y - 16, "text-anchor": share > 0.7 ? "end" : share < 0.3 ? "start" : "middle" };
  };

  return {
    el,
    draw,
    resize(px) {
      wide = Math.min(px, 420);
      set(picture, { width: wide });
    },
  };
}
