/**
 * TableWalk: Table 1 and the released network as one path that parts and meets again. Numbers and places are in
 * model.js, the picture in look.js, the hand in the scene's stage.js.
 * State: step, size, tensor, row, column, camera, drawing.
 */

import { compact, decimal, h, kit, set, show, svg, text } from "#kit";
import { fitted } from "../tensor_scene/model.js";
import { stage } from "../tensor_scene/stage.js";
import { compose } from "./look.js";
import { bodies, cellOf, grids, LANES, readouts, STEPS, tensorOf, windows, within } from "./model.js";
import { CAPTION, cutWords, doing, LABEL, LANE, nameOf, noneLeft, PRESETS, spoken, TEXT } from "./words.js";

const KEYS = ["step", "size", "tensor", "row", "column", "drawing"];
const ALL = ["whole", ...STEPS];

export function mount({ model, el }) {
  const ui = kit(model);
  const state = () => Object.fromEntries([...KEYS, "stations", "picture"].map((key) => [key, model.get(key)]));
  const { stations, picture } = state();
  const fig = ui.frame({ kind: "table-walk", label: LABEL, caption: CAPTION });
  const space = stage(ui, fig.root, model, {
    label: TEXT.stage, home, plate, tip, tap, key,
    compose: (colours) => compose(state(), colours),
    images: () => ({ key: "photo", atlas: picture.faces.src, photo: picture.src }),
  });
  const side = aside(ui, stations, picture);
  const cut = ui.readout("cut");
  const cutLine = h("p", { class: "itw-cut" }, cut, " ", h("span"));
  fig.controls.append(ui.slider({ key: "size", label: TEXT.size }), cutLine);
  side.el.append(fig.controls);
  fig.stage.classList.add("itw-stage");
  fig.stage.append(space.el, side.el);

  const chips = ALL.map((step) => {
    const { id } = PRESETS.find((preset) => preset.state.step === step);
    const chip = h("button", { type: "button", class: "chip", "data-preset": id, title: nameOf(step) }, step);
    ui.on(chip, "click", () => go(step));
    return chip;
  });
  const button = (words, act, label = null) => {
    const made = h("button", { type: "button", class: "its-button", "aria-label": label, title: label }, words);
    ui.on(made, "click", act);
    return made;
  };
  const swap = space.swapper(TEXT);
  const bar = h("div", { class: "iw-chips itw-chips", role: "group", "aria-label": TEXT.walk },
    button("‹", () => by(-1), TEXT.previous), chips, button("›", () => by(1), TEXT.next), h("div", { class: "its-buttons" }, swap.el));
  ui.on(bar, "keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step || !chips.includes(event.target)) return;
    event.preventDefault();
    by(step);
    chips[ALL.indexOf(model.get("step"))].focus({ preventScroll: true });
  });
  fig.head.append(bar);
  el.append(fig.root);

  function draw() {
    const content = space.prepare();
    if (!content) return;
    const now = state();
    const numbers = readouts(now);
    chips.forEach((chip, k) => set(chip, { "aria-pressed": String(ALL[k] === now.step) }));
    side.draw(now, numbers, content);
    cutLine.classList.toggle("itw-none", !numbers.cut);
    show(cut, numbers.cut ?? 0, decimal(numbers.cut ?? 0, 0));
    set(cut, { hidden: !numbers.cut });
    text(cutLine.lastChild, numbers.cut ? cutWords(numbers.cut) : noneLeft(now.size));
    swap.draw();
    fig.say(spoken(now.step, numbers));
  }

  /** From where a step is looked at. It does not follow the size: then one would not see the grids grow. */
  function home(px) {
    const step = model.get("step");
    const near = within(stations, step);
    const all = bodies(stations);
    const narrow = px[0] < 1.3 * px[1];
    if (step === "whole") return fitted(all, narrow ? { yaw: 56, pitch: 32 } : { yaw: 33, pitch: 20 }, px, 0.97);
    return fitted(all.filter(({ i }) => near.has(i)), narrow ? { yaw: 40, pitch: 26 } : { yaw: 27, pitch: 22 }, px, narrow ? 0.84 : 0.7);
  }

  function plate({ does, dims, over, lane }) {
    if (lane) return h("b", { class: "itw-lane" }, lane);
    return [h("b", {}, does), h("small", {}, dims), over ? h("em", {}, TEXT.over) : null];
  }

  const go = (step) => { space.glide(); ui.commit({ step, tensor: "", row: -1, column: -1, camera: [] }); };
  const by = (n) => go(ALL[(ALL.indexOf(model.get("step")) + n + ALL.length) % ALL.length]);
  const nameAt = (i) => `${stations[i].lane} ${stations[i].name}`;
  const pick = (i, cell) => ui.commit({ tensor: i < 0 ? "" : nameAt(i), row: cell?.[0] ?? -1, column: cell?.[1] ?? -1 });

  function tap(found) {
    pick(found ? found.i : -1, found?.cell);
  }

  function key({ key: name }, shifted) {
    const now = state();
    const picked = tensorOf(now);
    if (shifted && picked >= 0) {
      const side_ = grids(stations, now.size).sides[picked];
      pick(picked, cellOf(now, side_).map((x, k) => Math.min(side_ - 1, Math.max(0, x + shifted[k]))));
    } else if (name === "PageDown") by(1);
    else if (name === "PageUp") by(-1);
    else if (name === "." || name === ",") {
      const n = stations.length;
      pick((picked + (name === "." ? 1 : n - 1) + (picked < 0 && name === "," ? 1 : 0)) % n, null);
    } else if (name === "0") go("whole");
    else if (name === "Escape" && picked >= 0) pick(-1);
    else return false;
    return true;
  }

  function tip({ i }) {
    const { does, channels, lane, name } = stations[i];
    const at = grids(stations, model.get("size")).sides[i];
    return [
      h("strong", {}, i ? does : "image"), h("span", {}, `${at}×${at}×${channels}`),
      h("span", {}, `${lane === "both" ? `${LANE.paper}, ${LANE.release}` : LANE[lane]}: ${name}`),
    ];
  }

  space.begin(draw);
  ui.bind(KEYS, draw);
  return () => {
    space.end();
    ui.end();
  };
}

/** Beside the picture: the row in both lanes, or the cell that is picked; and both totals. */
function aside(ui, stations, picture) {
  const out = (name) => ui.readout(name);
  const title = h("p", { class: "its-title" });
  const cells = Object.fromEntries(["does", "reads", "row", "left", "macs"].map((name) =>
    [name, LANES.map((lane) => (name === "does" ? h("span") : out(`${name}-${lane}`)))]));
  const line = (words, name) => h("tr", {}, h("th", { scope: "row" }, words), cells[name].map((cell) => h("td", {}, cell)));
  const does = line(TEXT.does, "does");
  const reads = line(TEXT.reads, "reads");
  const row = line(TEXT.macs, "row");
  const left = line(TEXT.left, "left");
  const table = h("table", {},
    h("thead", {}, h("tr", {}, h("td"), LANES.map((lane) => h("th", { scope: "col" }, LANE[lane])))),
    h("tbody", {}, does, reads, row, left), h("tfoot", {}, line(TEXT.total, "macs")));
  const facts = { "tensor-shape": TEXT.grids, cell: TEXT.cell, "cell-window": TEXT.window, "cell-seen": TEXT.seen };
  const outs = Object.fromEntries(Object.keys(facts).map((name) => [name, out(name)]));
  const lines = Object.entries(facts).map(([name, words]) => h("div", {}, h("dt", {}, words), h("dd", {}, outs[name])));
  const photo = svg("image", { href: picture.src, width: 299, height: 299 });
  const frame = svg("path", { class: "itw-window" });
  const view = svg("svg", { class: "itw-photo", viewBox: "0 0 299 299", "aria-hidden": "true" }, photo, frame);
  const detail = h("div", { class: "itw-cell" }, view, h("dl", {}, lines));
  const words = h("p", { class: "its-text its-muted" });
  const el = h("div", { class: "its-side itw-side" }, h("div", { class: "itw-now" }, title, words, table, detail));

  function draw(state, numbers, { picked, sides }) {
    const whole = state.step === "whole";
    const station = stations[picked];
    text(title, station ? `${station.name} (${station.lane === "both" ? `${LANE.paper}, ${LANE.release}` : LANE[station.lane]})` : nameOf(state.step));
    text(words, station?.lane === "paper" ? TEXT.untrained : TEXT.whole);
    set(words, { hidden: !(station?.lane === "paper" || (whole && !station)) });
    set(table, { hidden: !!station });
    set(detail, { hidden: !station });
    for (const tr of [does, reads, row]) set(tr, { hidden: whole });
    LANES.forEach((lane, k) => {
      const number = (name, unit, say) => {
        const value = numbers[`${name}-${lane}`];
        if (value !== undefined) show(cells[name][k], value, say(value), unit);
      };
      number("macs", "multiply-adds", compact);
      if (!whole) {
        text(cells.does[k], doing(stations, state.step, lane));
        number("row", "multiply-adds", compact);
        plain(cells.reads[k], numbers[`reads-${lane}`]);
      }
      number("left", "rows", TEXT.lines);
      set(cells.left[k], { hidden: numbers[`left-${lane}`] === undefined });
    });
    set(left, { hidden: !LANES.some((lane) => numbers[`left-${lane}`]) });
    if (!whole) {
      const parts = doing(stations, state.step, LANES[0]) !== doing(stations, state.step, LANES[1]);
      table.classList.toggle("itw-parts", parts);
    }
    if (station) {
      const [top, bottom, first, last] = windows(state, sides).get(0).map((x) => (x * 299) / state.size);
      const cell = 299 / state.size;
      set(frame, { d: `M0 0H299V299H0ZM${first} ${top}V${bottom + cell}H${last + cell}V${top}Z` });
    }
    Object.entries(outs).forEach(([name, output], k) => {
      plain(output, numbers[name]);
      set(lines[k], { hidden: numbers[name] === undefined });
    });
  }
  return { el, draw };
}

function plain(output, value) {
  text(output, value ?? "");
  set(output, { "data-value": value ?? null });
}
