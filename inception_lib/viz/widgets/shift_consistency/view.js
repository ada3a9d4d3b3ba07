/**
 * ShiftConsistency: a window on a photograph that can be pulled sideways, and three recorded curves.
 * State: shift, photo; curves and image come from Python.
 */

import { fill, h, kit, percent, set, show, svg, text } from "#kit";
import { curvesOf, highest, readouts } from "./model.js";
import {
  AXIS, CAPTION, CHOICE, LABEL, MODULES, noteFor, PHOTO, PHOTOS, PRESETS, SHIFT, spoken,
} from "./words.js";

const KEYS = ["shift", "photo", "image"];
const SIDE = 299; // pixels of the window, of which the strip has 36 more
const FRAME = 224; // pixels of the page
const HEIGHT = 232;
const PAD = { left: 40, right: 8, top: 10, bottom: 24 };

export function mount({ model, el }) {
  const ui = kit(model);
  const { min, max } = ui.limits.shift;
  const fig = ui.frame({ kind: "shift-consistency", label: LABEL, caption: CAPTION });
  const note = h("p", { class: "isc-note" });
  const image = h("img", { draggable: "false" });
  const frame = h("div", { class: "isc-frame" }, image);
  const ground = svg("g", { "aria-hidden": "true" });
  const lines = svg("g", { "aria-hidden": "true" });
  const cursor = svg("g", {}, svg("path", { class: "isc-cursor" }), svg("circle", { class: "iw-grip", r: 16 }),
    svg("circle", { class: "iw-knob", r: 6.5 }));
  const picture = svg("svg", { height: HEIGHT }, ground, lines, cursor);
  const legend = Object.entries(MODULES).map(([layer, [kind, words]]) => {
    const output = ui.readout(`left-${layer}`);
    return [layer, output, h("li", { class: `isc-${kind}` }, h("i"), h("b", {}, output), h("span", {}, words))];
  });
  const photo = h("select", { id: ui.id("photo"), name: "photo" },
    Object.entries(PHOTOS).map(([value, words]) => h("option", { value }, words)));
  ui.on(photo, "change", () => ui.commit({ photo: photo.value }));

  fig.head.append(ui.chips(PRESETS, CHOICE), note);
  fig.stage.append(h("div", { class: "isc-body" }, frame, h("div", { class: "isc-plot" }, picture,
    h("ul", { class: "isc-legend" }, legend.map(([, , row]) => row)))));
  fig.controls.append(ui.slider({ key: "shift", label: SHIFT }),
    h("div", { class: "iw-field iw-field-one" }, h("label", { for: photo.id }, PHOTO), photo));
  el.append(fig.root);

  let wide = 480;
  let reached = 0; // curves are drawn as far as the reader has come, so that they answer and do not tell
  const px = (shift) => PAD.left + ((wide - PAD.left - PAD.right) * (shift - min)) / (max - min);
  const top = highest(model.get("curves"));
  const py = (share) => PAD.top + ((HEIGHT - PAD.top - PAD.bottom) * (top - share)) / top;
  const tell = ui.handle(cursor, {
    label: SHIFT, min, max, big: 8, sideways: true,
    get: () => model.get("shift"),
    put: (v) => ui.commit({ shift: v }),
    text: (v) => `${v} ${AXIS}`,
    at: (event) => min + ((event.clientX - picture.getBoundingClientRect().left - PAD.left) * (max - min)) /
      (wide - PAD.left - PAD.right),
  });
  // The photograph itself can be pulled: to the left moves it on.
  let held = null;
  ui.on(frame, "pointerdown", (event) => {
    if (event.button !== 0) return;
    held = [event.clientX, model.get("shift")];
    frame.setPointerCapture(event.pointerId);
  });
  ui.on(frame, "pointermove", (event) => {
    if (!held || !frame.hasPointerCapture(event.pointerId)) return;
    const shift = Math.round(held[1] + ((held[0] - event.clientX) * SIDE) / FRAME);
    ui.commit({ shift: Math.min(max, Math.max(min, shift)) });
  });

  function draw() {
    const state = Object.fromEntries(["shift", "photo", "curves"].map((key) => [key, model.get(key)]));
    const { shift } = state;
    reached = Math.max(reached, shift);
    const numbers = readouts(state);
    const { src, alt } = model.get("image");
    set(image, { src, alt, style: { transform: `translateX(${(-shift * FRAME) / SIDE}px)` } });
    text(note, noteFor(shift));
    photo.value = state.photo;
    const levels = Array.from({ length: Math.round(top / 0.2) + 1 }, (_, i) => i * 0.2).filter((v) => v <= top + 1e-9);
    fill(ground,
      levels.map((v) => [
        svg("path", { class: "iw-rule", d: `M${PAD.left} ${py(v)}H${wide - PAD.right}` }),
        svg("text", { class: "iw-mark", x: PAD.left - 6, y: py(v) + 4, "text-anchor": "end" }, percent(v, 0)),
      ]),
      [0, 8, 16, 24, 32].map((v) => [
        svg("path", { class: "isc-step", d: `M${px(v)} ${PAD.top}V${HEIGHT - PAD.bottom}` }),
        svg("text", { class: "iw-mark", x: px(v), y: HEIGHT - 6, "text-anchor": "middle" }, String(v)),
      ]));
    fill(lines, curvesOf(state).map(({ layer, left }) => [
      svg("path", {
        class: `isc-curve isc-${MODULES[layer][0]}`,
        d: `M${left.slice(0, reached + 1).map((share, i) => `${px(i).toFixed(1)} ${py(share).toFixed(1)}`).join("L")}`,
      }),
      svg("circle", { class: "isc-dot", cx: px(shift), cy: py(left[shift]), r: 4 }),
    ]));
    set(cursor, { transform: `translate(${px(shift)} ${HEIGHT - PAD.bottom})` });
    set(cursor.firstChild, { d: `M0 0V${PAD.top - HEIGHT + PAD.bottom}` });
    tell();
    for (const [layer, output] of legend) {
      const value = numbers[`left-${layer}`];
      show(output, value, percent(value), "of the maps’ energy");
    }
    fig.say(spoken(shift, numbers));
  }

  const later = ui.bind(KEYS, draw);
  ui.width(picture.parentElement, (width) => {
    wide = width;
    set(picture, { width });
    later();
  });
  return ui.end;
}
