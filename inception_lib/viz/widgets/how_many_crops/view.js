/**
 * HowManyCrops: a photograph with one crop on it and a cell for every crop; errors of photographs that stop when
 * sure. State: pick, stop; the crops and the record come from Python.
 */

import { compact, decimal, fill, h, kit, percent, set, show, svg, text } from "#kit";
import { middleRow, moved, oneCrop, readouts, repeated, rowsOf, sameAs, span, VIEWS } from "./model.js";
import {
  AXES, CAPTION, CHOICE, COLUMNS, cropName, FIRST, HELD, LABEL, LINES, MEAN, PICK, PRESETS, PRICE, READOUTS, READS,
  SETTLED, spoken, STANDS, SURE, TWELVE, WRONG,
} from "./words.js";

const CELL = 13;
const LEFT = 40; // of the cells
const UP = 18;
const TALL = 236; // of the plot
const PAD = { left: 40, right: 18, top: 26, bottom: 40 };
const TICKS = [1, 2, 4, 8, 16, 32, 64, 126];

export function mount({ model, el }) {
  const ui = kit(model);
  const [boxes, measured, image] = ["boxes", "measured", "image"].map((key) => model.get(key));
  const state = () => ({ boxes, measured, pick: model.get("pick"), stop: model.get("stop") });
  const fig = ui.frame({ kind: "how-many-crops", label: LABEL, caption: CAPTION });
  const out = Object.fromEntries(Object.keys(READOUTS).map((name) => [name, ui.readout(name)]));
  const left = scheme(ui, model, boxes, image, out);
  const right = stopping(ui, model, measured);
  const b = (name) => h("b", {}, out[name]);
  const facts = h("p", { class: "ihm-facts" },
    h("span", {}, b("crops"), ` ${MEAN} `, out.passes), h("span", {}, `${WRONG} `, b("error")),
    h("span", {}, b("one-crop"), ` ${FIRST}`), h("span", {}, b("macs"), ` ${PRICE} `, out["macs-all"]));
  const settled = h("p", { class: "ihm-settled" }, out.settled, ` ${SETTLED[0]} `, out.photographs, ` ${SETTLED[1]}`);
  fig.stage.append(h("div", { class: "ihm-both" }, left.el, h("div", { class: "ihm-right" }, right.el, facts, settled)));
  for (const part of [fig.head, fig.controls]) part.remove(); // what one drags stands beside its picture
  el.append(fig.root);

  function draw() {
    const now = state();
    const n = readouts(now);
    left.draw(now.pick);
    right.draw(now.stop);
    for (const name of ["times", "different", "settled", "photographs"]) show(out[name], n[name], decimal(n[name], 0), READOUTS[name][1]);
    for (const name of ["crops", "passes"]) show(out[name], n[name], decimal(n[name], 1), READOUTS[name][1]);
    for (const name of ["macs", "macs-all"]) show(out[name], n[name], compact(n[name]), READOUTS[name][1]);
    for (const name of ["error", "one-crop"]) show(out[name], n[name], percent(n[name]), "of the photographs");
    fig.say(spoken(percent(measured.table[now.stop].sure, 2), decimal(n.crops, 1), percent(n.error)));
  }

  ui.width(right.holder, (px) => {
    right.resize(px);
    right.draw(model.get("stop"));
  });
  ui.bind(["pick", "stop"], draw);
  return ui.end;
}

/** The photograph, one crop of it as the network reads it, and a cell for each crop. */
function scheme(ui, model, boxes, image, out) {
  const rows = rowsOf(boxes);
  const again = repeated(boxes);
  const count = rows.length;
  const picture = (props) => svg("image", { href: image.src, y: -image.top, width: 299, height: 299, ...props });
  const veil = svg("path", { class: "ihm-veil" });
  const frame = svg("rect", { class: "ihm-frame" });
  const photo = svg("svg", { class: "ihm-photo", viewBox: `0 0 ${image.width} ${image.height}`, role: "img", "aria-label": image.alt },
    picture(), veil, frame);
  const turned = svg("g", {}, picture());
  const seen = svg("svg", { class: "ihm-seen", viewBox: "0 0 1 1", "aria-hidden": "true" }, turned);
  const at = (i) => [LEFT + (i % VIEWS) * CELL, UP + Math.floor(i / VIEWS) * CELL];
  const cells = boxes.map((_, i) => {
    const [x, y] = at(i);
    return svg("rect", { x: x + 1, y: y + 1, width: CELL - 2, height: CELL - 2 });
  });
  const [wide, tall] = [LEFT + VIEWS * CELL, UP + count * CELL];
  const middle = UP + middleRow(boxes) * CELL;
  const [oneX] = at(oneCrop(boxes));
  const map = svg("svg", {
    class: "ihm-map", width: wide + 66, height: tall + 22, tabindex: 0, role: "application", "aria-label": PICK,
  },
  COLUMNS.map((words, i) => svg("text", { class: "iw-mark", x: LEFT + [4, 9, 11][i] * CELL, y: i === 1 ? tall + 15 : 12, "text-anchor": "middle" }, words)),
  rows.map(({ share, of, square }, r) => (square === Math.floor(of / 2) ? svg("text", {
    class: "iw-mark", x: LEFT - 5, y: UP + r * CELL + 11, "text-anchor": "end",
  }, percent(share, 0)) : null)),
  cells,
  svg("rect", { class: "ihm-row", x: LEFT, y: middle, width: VIEWS * CELL, height: CELL }),
  svg("rect", { class: "ihm-one", x: oneX, y: middle, width: CELL, height: CELL }),
  svg("text", { class: "ihm-name", x: wide + 6, y: middle + 11 }, TWELVE));
  const surface = h("div", { class: "ihm-surface" }, map);
  const name = h("span");
  const [stands, ofAll, differ] = STANDS(boxes.length);
  const el = h("div", { class: "ihm-left" },
    h("div", { class: "ihm-pictures" }, photo, h("div", {}, seen, h("p", {}, READS))),
    h("p", { class: "ihm-pick" }, name, h("br"), `${stands} `, h("b", {}, out.times), ` ${ofAll} `, out.different, ` ${differ}`),
    surface);
  const pickAt = (event) => {
    const { left, top } = map.getBoundingClientRect();
    return moved(boxes, 0, Math.floor((event.clientX - left - LEFT) / CELL), Math.floor((event.clientY - top - UP) / CELL));
  };
  ui.pull(surface, (event) => ui.commit({ pick: pickAt(event) }));
  ui.on(map, "keydown", (event) => {
    const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (!step) return;
    ui.commit({ pick: moved(boxes, model.get("pick"), ...step) });
    event.preventDefault();
    event.stopPropagation();
  });
  return {
    el,
    draw(pick) {
      const [top, left, bottom, right, flip] = boxes[pick];
      const side = right - left;
      set(veil, { d: `M0 0H${image.width}V${image.height}H0ZM${left} ${top}V${bottom}H${right}V${top}Z` });
      set(frame, { x: left + 1, y: top + 1, width: side - 2, height: bottom - top - 2 });
      set(seen, { viewBox: `0 0 ${side} ${bottom - top}` });
      set(turned, { transform: flip ? `translate(${right} ${-top}) scale(-1 1)` : `translate(${-left} ${-top})` });
      const same = new Set(sameAs(boxes, pick));
      cells.forEach((cell, i) => set(cell, {
        class: i === pick ? "ihm-cell ihm-now" : same.has(i) ? "ihm-cell ihm-same" : again[i] ? "ihm-cell ihm-again" : "ihm-cell",
      }));
      text(name, cropName(rows[Math.floor(pick / VIEWS)], pick % VIEWS));
    },
  };
}

/** Errors against crops: the same number for all photographs, and thresholds with a handle. */
function stopping(ui, model, measured) {
  const { table, curve, schemes } = measured;
  const [low, high] = span(measured);
  const id = ui.id("stop");
  const range = h("input", { type: "range", id, name: "stop", min: 0, max: table.length - 1, step: 1 });
  ui.on(range, "input", () => ui.commit({ stop: range.valueAsNumber }));
  const value = h("b");
  const ground = svg("g", { "aria-hidden": "true" });
  const knob = svg("g", {}, svg("circle", { class: "iw-grip", r: 18 }), svg("circle", { class: "iw-knob", r: 7 }));
  const plot = svg("svg", { height: TALL }, ground, knob);
  const holder = h("div", { class: "ihm-surface" }, plot);
  const key = (kind) => h("span", {}, h("i", { class: `ihm-key-${kind}` }), LINES[kind]);
  const el = h("div", {},
    h("div", { class: "ihm-handle" }, h("label", { for: id }, `${SURE} `, value), range, ui.chips(PRESETS, CHOICE)),
    h("p", { class: "ihm-keys" }, key("stop"), key("fixed"), key("scheme")), holder);
  let wide = 480;
  const most = curve.length;
  const px = (crops) => PAD.left + (Math.log(crops) / Math.log(most)) * (wide - PAD.left - PAD.right);
  const py = (error) => PAD.top + ((high - error) / (high - low)) * (TALL - PAD.top - PAD.bottom);
  const line = (points) => `M${points.map(([x, y]) => `${px(x).toFixed(1)} ${py(y).toFixed(1)}`).join("L")}`;
  const stopAt = (event) => {
    const x = event.clientX - plot.getBoundingClientRect().left;
    const off = table.map((row) => Math.abs(px(row.crops) - x));
    return off.indexOf(Math.min(...off));
  };
  const tell = ui.handle(knob, {
    label: SURE, min: 0, max: table.length - 1, big: 3, sideways: true,
    get: () => model.get("stop"),
    put: (stop) => ui.commit({ stop }),
    text: (i) => HELD(percent(table[i].sure, 2), decimal(table[i].crops, 1), percent(table[i].error / 100)),
    at: stopAt,
  });
  ui.pull(holder, (event) => ui.commit({ stop: stopAt(event) }));

  function resize(px_) {
    wide = px_;
    set(plot, { width: wide });
    fill(ground,
      Array.from({ length: (high - low) / 2 + 1 }, (_, i) => low + 2 * i).map((v) => [
        svg("path", { class: "iw-rule", d: `M${PAD.left} ${py(v)}H${wide - PAD.right}` }),
        svg("text", { class: "iw-mark", x: PAD.left - 7, y: py(v) + 4, "text-anchor": "end" }, percent(v / 100, 0)),
      ]),
      svg("text", { class: "iw-mark", x: 0, y: 11 }, AXES[1]),
      TICKS.filter((v) => v <= most).map((v) => svg("text", {
        class: "iw-mark", x: px(v), y: TALL - PAD.bottom + 17, "text-anchor": "middle",
      }, String(v))),
      svg("text", { class: "iw-mark", x: wide - PAD.right, y: TALL - 5, "text-anchor": "end" }, AXES[0]),
      schemes.map(({ crops, passes, error, interval95: [from, to] }) => [
        svg("path", { class: "ihm-interval", d: `M${px(passes)} ${py(from)}V${py(to)}` }),
        svg("circle", { class: "ihm-scheme", cx: px(passes), cy: py(error), r: 4.5 }),
        svg("text", { class: "ihm-name", x: px(passes), y: py(to) - 6, "text-anchor": "middle" }, String(crops)),
      ]),
      svg("path", { class: "ihm-fixed", d: line(curve.map((error, i) => [i + 1, error])) }),
      svg("path", { class: "ihm-stop", d: line(table.map((row) => [row.crops, row.error])) }),
      table.map((row) => svg("circle", { class: "ihm-dot", cx: px(row.crops), cy: py(row.error), r: 3 })));
  }

  return {
    el, holder, resize,
    draw(stop) {
      const { sure, crops, error } = table[stop];
      range.value = String(stop);
      set(range, { "aria-valuetext": percent(sure, 2) });
      text(value, percent(sure, 2));
      set(knob, { transform: `translate(${px(crops)} ${py(error)})` });
      tell();
    },
  };
}
