/** RatioReadings: two bars and what three sentences say of them. State: reading, grid. */

import { fill, h, kit, show, svg, text } from "#kit";
import { claims, readouts } from "./model.js";
import { BARS, CAPTION, FACTS, GRID, LABEL, noteFor, PRESETS, said, spoken } from "./words.js";

const KEYS = ["reading", "grid"];
const BAR = 30;
const TOP = [26, 82]; // of the long bar and of the short one
const HEIGHT = 140;

export function mount({ model, el }) {
  const ui = kit(model);
  const fig = ui.frame({ kind: "ratio-readings", label: LABEL, caption: CAPTION });
  const note = h("p", { class: "irr-note" });
  const picture = svg("svg", { height: HEIGHT, "aria-hidden": "true" });
  const facts = Object.entries(FACTS).map(([name, label]) => [name, ui.readout(name), label]);
  fig.head.append(ui.chips(PRESETS, "Sentences"), note);
  fig.stage.append(picture);
  fig.controls.append(
    h("p", { class: "irr-facts" }, facts.map(([name, output, label]) =>
      h("span", { "data-fact": name }, h("b", {}, output), " ", label))),
    ui.slider({ key: "grid", label: GRID }));
  el.append(fig.root);
  let wide = 600;

  function draw() {
    const reading = model.get("reading");
    const numbers = readouts({ grid: model.get("grid") });
    text(note, noteFor(reading));
    for (const [name, output] of facts) show(output, numbers[name], said[name](numbers[name]));
    const ends = [wide, numbers.left * wide];
    const claim = claims(reading) * wide;
    const copies = Array.from({ length: Math.ceil(1 / numbers.left) - 1 }, (_, i) => (i + 1) * ends[1]);
    const [from, to] = {
      "to a quarter": [0, claim], "by a quarter": [claim, wide], "3 times more": [ends[1], wide],
    }[reading];
    const y = TOP[0] - 8;
    fill(picture,
      TOP.map((top, i) => [
        svg("rect", { class: "irr-bar", x: 0, y: top, width: ends[i], height: BAR }),
        svg("text", { x: 8, y: top + BAR / 2 + 5, class: "irr-in" }, Object.values(BARS)[i]),
      ]),
      reading === "3 times more" && svg("path", { class: "irr-copy", d: copies.map((x) => `M${x} ${TOP[0]}v${BAR}`).join("") }),
      svg("path", { class: "irr-bracket", d: `M${from + 1} ${y + 5}v-5H${to - 1}v5` }),
      svg("path", { class: "irr-claim", d: `M${claim} ${TOP[0] + BAR + 6}V${TOP[1] + BAR + 14}` }),
      svg("text", { class: "irr-said", x: (from + to) / 2, y: y - 6, "text-anchor": "middle" }, reading));
    fig.say(spoken(numbers));
  }

  const later = ui.bind(KEYS, draw);
  ui.width(fig.stage, (px) => {
    wide = px;
    picture.setAttribute("width", px);
    later();
  });
  return ui.end;
}
