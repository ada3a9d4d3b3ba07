/** Discs on a plane; a line between the two that are compared, and their ratios. */

import { compact, decimal, fill, h, kit, set, show, svg, text } from "#kit";
import { BUDGETS, nearest, plane, readouts, ticks } from "./model.js";
import { CAPTION, LABEL, PRESETS, WORDS } from "./words.js";

const HEIGHT = 320;
const PAD = { left: 52, right: 14, top: 12, bottom: 40 };

export function mount({ model, el }) {
  const ui = kit(model);
  const networks = model.get("networks");
  const state = () => ({ networks, first: model.get("first"), second: model.get("second") });
  const fig = ui.frame({ kind: "network-plane", label: LABEL, caption: CAPTION });
  let wide = 600;

  const ground = svg("g");
  const discs = networks.map(({ label }, i) => {
    const disc = svg("circle", { class: "np-disc" });
    const name = svg("text", { class: "np-name" }, label);
    const group = svg("g", {
      class: "np-network", role: "button", tabindex: 0, "aria-label": WORDS.pick(label),
    }, disc, name);
    const pick = () => ui.commit({ first: i });
    ui.on(group, "click", pick);
    ui.on(group, "keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      pick();
    });
    return { group, disc, name };
  });
  const picture = svg("svg", { class: "np-picture", height: HEIGHT }, ground, discs.map(({ group }) => group));
  const title = h("strong");
  const by = h("span", { class: "np-by" });
  const rows = BUDGETS.map((budget) => {
    const [value, times] = [ui.readout(budget), ui.readout(`times-${budget}`)];
    return { budget, value, times, row: h("p", { class: "np-row" },
      h("span", {}, value, ` ${WORDS[budget]}`), h("span", { class: "np-times" }, times, " ×")) };
  });
  const side = h("div", { class: "np-side" }, h("p", {}, title), rows.map(({ row }) => row), h("p", {}, by));
  const ring = svg("g", {}, svg("circle", { class: "iw-grip", r: 14 }), svg("circle", { class: "iw-knob", r: 6 }));
  picture.append(ring);
  let on = null;
  const tell = ui.handle(ring, {
    label: WORDS.second, ...ui.limits.second, big: 1,
    get: () => model.get("second"),
    put: (v) => ui.commit({ second: v }),
    text: (v) => networks[v].label,
    at: (event) => {
      const box = picture.getBoundingClientRect();
      return nearest(event.clientX - box.left, event.clientY - box.top, networks, on);
    },
  });
  if (networks.length > 4) fig.head.append(ui.chips(PRESETS, LABEL));
  const left = h("div", { class: "np-drawing" }, picture);
  fig.stage.classList.add("np-stage");
  fig.stage.append(left, side);
  el.append(fig.root);

  function draw() {
    const now = state();
    const [one, two] = [networks[now.first], networks[now.second]];
    const numbers = readouts(now);
    on = plane(networks, wide, HEIGHT, PAD);
    const foot = HEIGHT - PAD.bottom;
    set(picture, { width: wide });
    const at = (network) => [on.x(network.macs), on.y(network.params)];
    fill(ground,
      ticks(...on.ends.x).map((v) => [
        svg("path", { class: "np-grid", d: `M${on.x(v)} ${PAD.top}V${foot}` }),
        svg("text", { class: "np-tick", x: on.x(v), y: foot + 16, "text-anchor": "middle" }, compact(v)),
      ]),
      ticks(...on.ends.y).map((v) => [
        svg("path", { class: "np-grid", d: `M${PAD.left} ${on.y(v)}H${wide - PAD.right}` }),
        svg("text", { class: "np-tick", x: PAD.left - 6, y: on.y(v) + 4, "text-anchor": "end" }, compact(v)),
      ]),
      svg("text", { class: "np-tick", x: wide - PAD.right, y: HEIGHT - 4, "text-anchor": "end" }, WORDS.x),
      svg("text", { class: "np-tick", x: PAD.left + 4, y: PAD.top + 10 }, WORDS.y),
      svg("path", { class: "np-link", d: `M${at(one)}L${at(two)}` }));
    discs.forEach(({ group, disc, name }, i) => {
      const [x, y] = at(networks[i]);
      const r = on.radius(networks[i].activations);
      set(disc, { cx: x, cy: y, r });
      const leftwards = x + r + 90 > wide;
      set(name, { x: leftwards ? x - r - 5 : x + r + 5, y: y + 4, "text-anchor": leftwards ? "end" : "start" });
      set(group, { "aria-pressed": String(i === now.first) });
      group.classList.toggle("np-first", i === now.first);
      group.classList.toggle("np-second", i === now.second);
    });
    set(ring, { transform: `translate(${at(two)})` });
    tell();
    text(title, one.label);
    for (const { budget, value, times } of rows) {
      show(value, numbers[budget], compact(numbers[budget]), WORDS[budget]);
      show(times, numbers[`times-${budget}`], decimal(numbers[`times-${budget}`], 2), "times");
    }
    text(by, WORDS.by(two.label));
    fig.say(WORDS.said(one.label, two.label, decimal(numbers["times-params"], 2), decimal(numbers["times-macs"], 2)));
  }

  const later = ui.bind(["first", "second"], draw);
  ui.width(left, (px) => {
    wide = px;
    later();
  });
  return ui.end;
}
