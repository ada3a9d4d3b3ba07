/**
 * WidthAndDepth: recorded errors by depth for one budget, and the network that stands at the cut.
 * State: budget, place; curves come from Python.
 */

import { compact, fill, h, kit, percent, set, show, svg } from "#kit";
import { highest, mean, networksOf, readouts } from "./model.js";
import { BESIDE, CAPTION, CHOICE, DEEP, LABEL, PLACE, PRESETS, READOUTS, TEXT, WIDE } from "./words.js";

const HEIGHT = 236;
const STACK = 96; // pixels for the drawn network
const PAD = { left: 46, right: 14, top: 12, bottom: 42 };

export function mount({ model, el }) {
  const ui = kit(model);
  const curves = model.get("curves");
  const state = () => ({ curves, budget: model.get("budget"), place: model.get("place") });
  const fig = ui.frame({ kind: "width-and-depth", label: LABEL, caption: CAPTION });
  const layers = svg("g", {});
  const stack = svg("svg", { height: STACK, "aria-hidden": "true" }, layers);
  const ground = svg("g", { "aria-hidden": "true" });
  const lines = svg("g", { "aria-hidden": "true" });
  const cursor = svg("g", {}, svg("path", { class: "iwd-cursor" }), svg("circle", { class: "iw-grip", r: 16 }),
    svg("circle", { class: "iw-knob", r: 6.5 }));
  const picture = svg("svg", { height: HEIGHT }, ground, lines, cursor);
  const surface = h("div", { class: "iwd-surface" }, picture);
  const out = Object.fromEntries(Object.keys(READOUTS).map((name) => [name, ui.readout(name)]));
  const row = h("p", { class: "iwd-row" }, Object.entries(out).map(([name, output], i) => [i > 0 && " ", h("b", {}, output), BESIDE[name]]));
  fig.head.append(ui.chips(PRESETS, CHOICE));
  fig.stage.append(row, stack, surface);
  el.append(fig.root);

  const top = highest(curves);
  const widest = Math.max(...curves.flatMap(({ networks }) => networks.map(({ width }) => width)));
  const count = networksOf(state()).length;
  let wide = 640;
  const px = (i) => PAD.left + ((wide - PAD.left - PAD.right) * (i + 0.5)) / count;
  const py = (v) => PAD.top + ((HEIGHT - PAD.top - PAD.bottom) * (top - v)) / top;
  const placeAt = (event) => Math.min(count - 1, Math.max(0, Math.floor(
    ((event.clientX - picture.getBoundingClientRect().left - PAD.left) / (wide - PAD.left - PAD.right)) * count)));
  const tell = ui.handle(cursor, {
    label: PLACE, ...ui.limits.place, big: 2,
    get: () => model.get("place"),
    put: (v) => ui.commit({ place: v }),
    text: (v) => TEXT(networksOf(state())[v].depth, networksOf(state())[v].width),
    at: placeAt,
  });
  ui.pull(surface, (event) => ui.commit({ place: placeAt(event) }));

  const line = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
  const path = (networks) => line(networks.map(({ errors }, i) => [px(i), py(mean(errors))]));

  function draw() {
    const now = state();
    const networks = networksOf(now);
    const numbers = readouts(now);
    const bottom = HEIGHT - PAD.bottom;
    const step = top > 0.3 ? 0.1 : 0.05;
    fill(ground,
      Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step).filter((v) => v <= top + 1e-9).map((v) => [
        svg("path", { class: "iw-rule", d: `M${PAD.left} ${py(v)}H${wide - PAD.right}` }),
        svg("text", { class: "iw-mark", x: PAD.left - 6, y: py(v) + 4, "text-anchor": "end" }, percent(v, 0)),
      ]),
      networks.map(({ depth, width }, i) => [
        svg("text", {
          class: i === now.place ? "iwd-name iwd-now" : "iwd-name", x: px(i), y: bottom + 19, "text-anchor": "middle",
        }, wide < 420 ? String(depth) : DEEP(depth)),
        svg("text", { class: "iw-mark", x: px(i), y: bottom + 36, "text-anchor": "middle" }, WIDE(width)),
      ]));
    fill(lines,
      curves.filter((curve) => curve.budget !== now.budget).map((curve) => svg("path", { class: "iwd-pale", d: path(curve.networks) })),
      svg("path", { class: "iwd-mean", d: path(networks) }),
      networks.map(({ errors }, i) => errors.map((error) => svg("circle", {
        class: "iwd-dot", cx: px(i), cy: py(error), r: i === now.place ? 4.5 : 3,
      }))));
    set(cursor, { transform: `translate(${px(now.place)} ${bottom})` });
    set(cursor.firstChild, { d: `M0 0V${PAD.top - bottom}` });
    tell();
    // The network itself: a bar a layer, as high as it has channels.
    const { depth, width } = numbers;
    const tall = Math.max(3, (width / widest) * (STACK - 8));
    const pitch = Math.min(30, (wide - PAD.left - PAD.right) / depth);
    fill(layers, Array.from({ length: depth }, (_, i) => svg("rect", {
      class: "iwd-layer", x: PAD.left + i * pitch, y: (STACK - tall) / 2, width: Math.max(4, pitch - 8), height: tall,
    })));
    show(out.depth, depth, String(depth));
    show(out.width, width, String(width));
    show(out.macs, numbers.macs, compact(numbers.macs), READOUTS.macs[1]);
    show(out.error, numbers.error, percent(numbers.error), "of the test images");
    fig.say(row.textContent);
  }

  const later = ui.bind(["budget", "place"], draw);
  ui.width(surface, (width) => {
    wide = width;
    set(picture, { width });
    set(stack, { width });
    later();
  });
  return ui.end;
}
