/** Three bars over one another, cut into layers; bands join the same layer. */

import { compact, fill, grouped, h, kit, percent, set, show, svg, text } from "#kit";
import { BUDGETS, layerAt, picked, readouts, spans } from "./model.js";
import { CAPTION, LABEL, WORDS } from "./words.js";

const BAR = 26; // pixels
const STEP = 92; // from one bar to the next: words, bar, bands
const WORDS_ROOM = 22;

/** A share in percent; what would be rounded to nothing is told from nothing. */
const part = (share) => (share > 0 && share < 0.0005 ? `< ${percent(0.001)}` : percent(share));

export function mount({ model, el }) {
  const ui = kit(model);
  const state = () => ({
    networks: model.get("networks"), network: model.get("network"), layer: model.get("layer"),
  });
  const fig = ui.frame({ kind: "three-budgets", label: LABEL, caption: CAPTION });
  const chips = model.get("networks").map(({ id, label }, network) => ({ id, label, state: { network } }));
  let wide = 700;

  const ground = svg("g");
  const ring = svg("g", {},
    svg("circle", { class: "iw-grip", r: 13 }), svg("circle", { class: "iw-knob", r: 6 }));
  const picture = svg("svg", { class: "tb-picture", height: STEP * 2 + WORDS_ROOM + BAR + 8 }, ground, ring);
  const heads = BUDGETS.map((budget, i) => {
    const [whole, share] = [ui.readout(budget), ui.readout(`layer-${budget}`)];
    const line = h("p", { class: "tb-head", style: { top: `${i * STEP - 1}px` } },
      h("span", {}, h("strong", {}, whole), " ", WORDS[budget]),
      h("span", { class: "tb-share" }, share, h("span", { class: "tb-long" }, ` ${WORDS.has[budget]}`)));
    return { budget, whole, share, line };
  });
  const [index, count, name] = [ui.readout("layer"), ui.readout("layers"), h("span")];
  const told = h("p", { class: "tb-told" },
    h("strong", {}, WORDS.layer, " ", index, " ", WORDS.of, " ", count), " ", name);
  fig.head.append(ui.chips(chips, LABEL));
  fig.stage.classList.add("tb-stage");
  fig.stage.append(told, h("div", { class: "tb-drawing" }, picture, heads.map(({ line }) => line)));
  el.append(fig.root);

  const layerUnder = (event, budget) => {
    const { left } = picture.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - left) / wide, 0), 1);
    return layerAt(picked(state()).layers, budget, share);
  };
  const tell = ui.handle(ring, {
    label: WORDS.ring, ...ui.limits.layer, big: 5,
    get: () => picked(state()).index,
    put: (v) => ui.commit({ layer: Math.min(v, picked(state()).layers.length - 1) }),
    text: () => picked(state()).layer.name,
    at: (event) => layerUnder(event, "macs"),
  });
  const point = (event) => {
    const budget = event.target.closest("[data-budget]")?.dataset.budget;
    if (budget) ui.commit({ layer: layerUnder(event, budget) });
  };
  ui.on(ground, "pointermove", (event) => { if (event.pointerType === "mouse") point(event); });
  ui.on(ground, "click", point);

  function draw() {
    const now = state();
    const { layers, index: at, layer, label } = picked(now);
    const numbers = readouts(now);
    set(picture, { width: wide });
    const x = BUDGETS.map((budget) => spans(layers, budget).map((span) => span.map((v) => v * wide)));
    const top = (i) => i * STEP + WORDS_ROOM;
    const colour = ({ kind }) => `tb-${kind}`;

    const band = (i, k) => {
      const [[a, b], [c, d]] = [x[i][k], x[i + 1][k]];
      const [y1, y2] = [top(i) + BAR, top(i + 1)];
      const m = (y1 + y2) / 2;
      return `M${a} ${y1}C${a} ${m} ${c} ${m} ${c} ${y2}H${d}C${d} ${m} ${b} ${m} ${b} ${y1}z`;
    };
    fill(ground,
      [0, 1].map((i) => layers.map((one, k) => k !== at && svg("path", { class: `tb-band ${colour(one)}`, d: band(i, k) }))),
      [0, 1].map((i) => svg("path", { class: `tb-band tb-lit ${colour(layer)}`, d: band(i, at) })),
      BUDGETS.map((budget, i) => svg("g", { "data-budget": budget },
        svg("rect", { class: "tb-ground", x: 0, y: top(i), width: wide, height: BAR }),
        layers.map((one, k) => {
          const [from, to] = x[i][k];
          return svg("rect", {
            class: colour(one), x: from, y: top(i), width: Math.max(to - from - 0.6, 0.15), height: BAR,
          });
        }),
        svg("rect", {
          class: "tb-picked", x: x[i][at][0] - 0.75, y: top(i) - 0.75,
          width: Math.max(x[i][at][1] - x[i][at][0], 1) + 0.9, height: BAR + 1.5,
        }))));
    set(ring, { transform: `translate(${(x[1][at][0] + x[1][at][1]) / 2} ${top(1) + BAR / 2})` });
    tell();

    for (const { budget, whole, share } of heads) {
      show(whole, numbers[budget], compact(numbers[budget]), WORDS[budget]);
      show(share, numbers[`layer-${budget}`], part(numbers[`layer-${budget}`]));
    }
    show(index, numbers.layer, grouped(numbers.layer));
    show(count, numbers.layers, grouped(numbers.layers));
    text(name, `${label}: ${layer.name}`);
    fig.say(WORDS.said(layer.name, percent(numbers["layer-params"]), percent(numbers["layer-macs"])));
  }

  const later = ui.bind(["network", "layer"], draw);
  ui.width(fig.stage, (px) => {
    wide = px;
    later();
  });
  return ui.end;
}
