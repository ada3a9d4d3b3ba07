/** SavingByAlpha: the curve with its point, and both ways as tensors above it. State: alpha. */

import { box, boxSize, decimal, fill, h, kernel, kit, percent, set, show, svg, text } from "#kit";
import { dots, PAPER, readouts, savingAt } from "./model.js";
import {
  ALPHA, CAPTION, CHOICE, DOT, HELD, LABEL, NETWORK, PAPER_NAME, PRESETS, READOUTS, ROWS, SAVED, spoken, UNIT,
} from "./words.js";

const HEIGHT = 228;
const PAD = { left: 46, right: 16, top: 22, bottom: 30 };
const [LOW, HIGH] = [-0.15, 0.3];
const TICKS = [0.5, 1, 1.5, 2, 3, 4, 6, 8];
const CHANNELS = 24; // c, for the drawing
const SCALE = 0.9;
const ROW = 62;

export function mount({ model, el }) {
  const ui = kit(model);
  const layers = model.get("layers");
  const fig = ui.frame({ kind: "saving-by-alpha", label: LABEL, caption: CAPTION });
  const ground = svg("g", { "aria-hidden": "true" });
  const point = svg("g", {}, svg("circle", { class: "iw-grip", r: 20 }), svg("circle", { class: "iw-knob", r: 7 }));
  const plot = svg("svg", { height: HEIGHT }, ground, point);
  const tensors = svg("svg", { class: "isa-tensors", height: 2 * ROW + 6, "aria-hidden": "true" });
  const out = Object.fromEntries(Object.keys(READOUTS).map((name) => [name, ui.readout(name)]));
  const word = h("span");
  fig.head.append(ui.chips(PRESETS, CHOICE), h("p", { class: "isa-saving" }, h("b", {}, out.saving), " ", word));
  fig.stage.append(h("div", { class: "isa-ways" }, tensors, h("p", { class: "isa-costs" },
    ["single", "pair"].map((name) => h("span", {}, h("small", {}, ROWS[name]), out[name], ` ${UNIT}`)))), plot);
  fig.controls.append(ui.slider({ key: "alpha", label: ALPHA, log: true }));
  el.append(fig.root);

  let [wide, room] = [640, 640];
  const { min, max } = ui.limits.alpha;
  const [lo, hi] = [min, max].map(Math.log);
  const px = (alpha) => PAD.left + ((Math.log(alpha) - lo) / (hi - lo)) * (wide - PAD.left - PAD.right);
  const py = (v) => PAD.top + ((HIGH - v) / (HIGH - LOW)) * (HEIGHT - PAD.top - PAD.bottom);
  const tell = ui.handle(point, {
    label: ALPHA, ...ui.limits.alpha, big: 0.5, sideways: true,
    get: () => model.get("alpha"),
    put: (alpha) => ui.commit({ alpha }),
    text: (alpha) => HELD(decimal(alpha, 2), percent(savingAt(alpha))),
    at: (event) => {
      const share = (event.clientX - plot.getBoundingClientRect().left - PAD.left) / (wide - PAD.left - PAD.right);
      return Math.exp(lo + Math.min(1, Math.max(0, share)) * (hi - lo));
    },
  });

  function axes() {
    const narrow = wide < 480;
    const found = dots(layers);
    const points = Array.from({ length: 81 }, (_, i) => Math.exp(lo + (i * (hi - lo)) / 80));
    fill(ground,
      [-0.1, 0, 0.1, 0.2, 0.3].map((v) => [
        svg("path", { class: v ? "iw-rule" : "isa-zero", d: `M${PAD.left} ${py(v)}H${wide - PAD.right}` }),
        svg("text", { class: "iw-mark", x: PAD.left - 7, y: py(v) + 4, "text-anchor": "end" }, percent(v, 0)),
      ]),
      TICKS.filter((v) => !narrow || v !== 1.5).map((v) => svg("text", {
        class: "iw-mark", x: px(v), y: HEIGHT - 8, "text-anchor": "middle",
      }, decimal(v, 1))),
      svg("path", { class: "isa-mark", d: `M${px(PAPER)} ${py(LOW)}V${py(HIGH)}` }),
      svg("text", { class: "iw-mark", x: px(PAPER) + 6, y: py(HIGH) - 8 }, PAPER_NAME),
      svg("path", { class: "isa-curve", d: `M${points.map((a) => `${px(a).toFixed(1)} ${py(savingAt(a)).toFixed(1)}`).join("L")}` }),
      found.map(({ alpha, names }) => svg("circle", { class: "isa-dot", cx: px(alpha), cy: py(savingAt(alpha)), r: 6 },
        svg("title", {}, DOT(names)))),
      svg("text", { class: "iw-mark", x: px(found.at(-1).alpha) + 12, y: py(savingAt(found.at(-1).alpha)) - 4 }, NETWORK));
  }

  /** Both ways, from c to α·c: boxes whose depth is the square root of their channels. */
  function ways(alpha) {
    const name = wide < 480 ? 0 : 82; // pixels for the names; on a phone they stand beside the costs
    const last = room - 84;
    const row = (i, label, widths, side, kind) => {
      const y = ROW * i + ROW / 2 + 3;
      const at = widths.map((_, k) => name + ((last - name) * k) / (widths.length - 1));
      return [
        name > 0 && svg("text", { class: "isa-name", x: 0, y: y + 5 }, label),
        widths.map((width, k) => [
          box(at[k], y, boxSize(28, CHANNELS * width, SCALE)),
          k > 0 && svg("path", { class: "isa-arrow", d: `M${at[k - 1] + 62} ${y}H${at[k] - 8}m-5 -4l5 4l-5 4` }),
          k > 0 && kernel((at[k - 1] + at[k] + 54) / 2, y, [side, side], 6, kind),
        ]),
      ];
    };
    fill(tensors, row(0, ROWS.single, [1, alpha], 5, "kxk"), row(1, ROWS.pair, [1, Math.sqrt(alpha), alpha], 3, "factorized"));
  }

  function draw() {
    const alpha = model.get("alpha");
    const numbers = readouts({ alpha });
    axes();
    ways(alpha);
    set(point, { transform: `translate(${px(alpha)} ${py(numbers.saving)})` });
    tell();
    const words = numbers.saving < 0 ? SAVED.more : SAVED.saved;
    show(out.saving, numbers.saving, percent(Math.abs(numbers.saving)));
    text(word, words);
    set(out.saving, { class: numbers.saving < 0 ? "isa-loss" : null });
    for (const name of ["single", "pair"]) show(out[name], numbers[name], decimal(numbers[name], 1), READOUTS[name][1]);
    fig.say(spoken(decimal(alpha, 2), `${percent(Math.abs(numbers.saving))} ${words}`));
  }

  const later = ui.bind(["alpha"], draw);
  ui.width(fig.stage, (width) => {
    wide = width;
    set(plot, { width });
    later();
  });
  ui.width(tensors.parentElement, () => {
    room = tensors.clientWidth;
    later();
  });
  return ui.end;
}
