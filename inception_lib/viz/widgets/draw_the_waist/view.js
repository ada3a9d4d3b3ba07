/**
 * DrawTheWaist: axes to draw on, and the true curve that lies over the drawing.
 * State: network, drawn, revealed, cut; profiles come from Python.
 */

import { compact, decimal, fill, grouped, h, kit, percent, set, show, svg, text } from "#kit";
import {
  cutOf, decades, guesses, insideOf, mapsAt, opens, profileOf, readouts, rising, rounded, stroked, written,
} from "./model.js";
import {
  AFTER, AGAIN, ALT, CAPTION, CHOICE, CLOSE, CUT, GIVEN, HINT, INSIDE, LABEL, LEGEND, MAPS, NOTHING, noteFor, NUMBERS, OFF,
  OPEN, PLACED, PRESETS, REVEAL, RISES, SKIP, spokenCut, spokenDraw, SURFACE, TASK, TIMES, YOURS,
} from "./words.js";

const KEYS = ["profiles", "network", "drawn", "revealed", "cut", "inside", "trunk"];
const HEIGHT = 252;
const PAD = { left: 46, right: 14, top: 12, bottom: 42 };

export function mount({ model, el }) {
  const ui = kit(model);
  const state = () => Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
  const fig = ui.frame({ kind: "draw-the-waist", label: LABEL, caption: CAPTION });
  const own = Object.entries(model.get("profiles")).filter(([name]) => !PRESETS.some((p) => p.state.network === name));
  const chips = [...own.map(([network, { title }]) => ({ id: "own", label: title, state: { network } })), ...PRESETS];
  const note = h("p", { class: "idw-note" });
  const ground = svg("g");
  const truth = svg("g");
  const yours = svg("g");
  const picture = svg("svg", { height: HEIGHT, "aria-hidden": "true" }, ground, truth, yours);
  const surface = h("div", { class: "idw-surface", tabindex: 0, role: "application" }, picture);
  const button = h("button", { type: "button", class: "chip idw-button" });
  const opener = h("button", { type: "button", class: "chip idw-button" });
  const row = h("p", { class: "idw-row" });
  const image = h("img", { draggable: "false", alt: ALT("the cut") });
  const under = h("figcaption");
  const recorded = h("p", { class: "idw-inside" });
  const cutting = h("figure", { class: "idw-maps" }, recorded, image, under);
  const out = Object.fromEntries(["placed", "image", "alive", "times", "rises", "off", "drawn-rises", "zeros", "probe"]
    .map((name) => [name, ui.readout(name)]));
  fig.head.append(ui.chips(chips, CHOICE), note);
  fig.stage.append(surface, h("div", { class: "idw-foot" }, row, h("div", { class: "idw-buttons" }, opener, button)), cutting);
  el.append(fig.root);

  let wide = 640;
  let span = [3, 7];
  const count = () => profileOf(state()).stages.length;
  const px = (i) => PAD.left + ((wide - PAD.left - PAD.right) * (i + 0.5)) / count();
  const py = (size) => PAD.top + ((HEIGHT - PAD.top - PAD.bottom) * (span[1] - Math.log10(size))) / (span[1] - span[0]);
  const clamp = (x, lo, hi) => Math.min(hi, Math.max(lo, x));

  // -- the hand ------------------------------------------------------------------------------------

  const stageAt = (x) => clamp(Math.floor(((x - PAD.left) / (wide - PAD.left - PAD.right)) * count()), 0, count() - 1);
  const sizeAt = (y) => {
    const share = (y - PAD.top) / (HEIGHT - PAD.top - PAD.bottom);
    return 10 ** clamp(span[1] - share * (span[1] - span[0]), ...span);
  };
  let last = null;
  const pull = (event) => {
    const box = picture.getBoundingClientRect();
    const at = [stageAt(event.clientX - box.left), sizeAt(event.clientY - box.top)];
    const now = state();
    if (now.revealed) return ui.commit({ cut: at[0] });
    const drawn = written(now.network, stroked(guesses(now), last ?? at, at));
    last = at;
    return ui.commit({ drawn, cut: at[0] });
  };
  ui.on(surface, "pointerdown", (event) => {
    if (event.button !== 0) return;
    surface.setPointerCapture(event.pointerId);
    last = null;
    pull(event);
  });
  ui.on(surface, "pointermove", (event) => {
    if (surface.hasPointerCapture(event.pointerId)) pull(event);
    else if (event.pointerType === "mouse" && model.get("revealed")) {
      ui.commit({ cut: stageAt(event.clientX - picture.getBoundingClientRect().left) });
    }
  });
  ui.on(surface, "keydown", (event) => {
    const now = state();
    const cut = cutOf(now);
    const side = { ArrowRight: 1, ArrowLeft: -1, Home: -count(), End: count() }[event.key];
    const up = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5 }[event.key];
    if (side) ui.commit({ cut: clamp(cut + side, 0, count() - 1) });
    else if (up && !now.revealed && cut) {
      const curve = guesses(now);
      const before = curve[cut] ?? curve[cut - 1] ?? profileOf(now).stages[0].size;
      const value = clamp(before * 10 ** (up / 20), 10 ** span[0], 10 ** span[1]);
      ui.commit({ drawn: written(now.network, stroked(curve, [cut, value], [cut, value])) });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  ui.on(button, "click", () => {
    if (model.get("revealed")) ui.commit({ revealed: false, drawn: "", cut: 0 });
    else ui.commit({ revealed: true });
  });

  ui.on(opener, "click", () => ui.commit({ inside: !model.get("inside") }));

  // -- the drawing ---------------------------------------------------------------------------------

  const line = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;

  function axes({ stages }, cut, revealed) {
    const bottom = HEIGHT - PAD.bottom;
    const narrow = (wide - PAD.left) / stages.length < 27;
    const powers = Array.from({ length: span[1] - span[0] + 1 }, (_, i) => 10 ** (span[0] + i));
    const step = (wide - PAD.left - PAD.right) / stages.length;
    fill(ground,
      powers.map((v) => [
        svg("path", { class: "iw-rule", d: `M${PAD.left} ${py(v)}H${wide - PAD.right}` }),
        svg("text", { class: "iw-mark", x: PAD.left - 6, y: py(v) + 4, "text-anchor": "end" }, compact(v)),
      ]),
      svg("rect", {
        class: revealed ? "idw-cut" : "idw-cut idw-pen", x: px(cut) - step / 2, y: PAD.top, width: step, height: bottom - PAD.top,
      }),
      stages.map(({ label, side }, i) => (narrow && i % 2 && i !== cut ? null : [
        svg("text", {
          class: i === cut ? "idw-name idw-now" : "idw-name", y: bottom + 16,
          ...(i === stages.length - 1 ? { x: wide, "text-anchor": "end" } : { x: px(i), "text-anchor": "middle" }),
          visibility: narrow && i !== cut && Math.abs(i - cut) === 1 ? "hidden" : null,
        }, label),
        svg("text", { class: "iw-mark", x: px(i), y: bottom + 33, "text-anchor": "middle" },
          narrow || i === 0 || stages[i - 1].side !== side ? String(side) : ""),
      ])));
  }

  function trueCurve({ stages }, cut) {
    const sizes = stages.map(({ size }) => size);
    const points = sizes.map((size, i) => [px(i), py(size)]);
    const bottom = HEIGHT - PAD.bottom;
    const up = rising(sizes);
    return [
      svg("path", { class: "idw-area", d: `${line(points)}V${bottom}H${points[0][0].toFixed(1)}Z` }),
      svg("path", { class: "idw-true", d: line(points) }),
      points.map((p, i) => up[i] && svg("path", { class: "idw-rise", d: line([points[i - 1], p]) })),
      points.map(([cx, cy], i) => svg("circle", {
        class: up[i] ? "idw-dot idw-dot-rise" : "idw-dot", cx, cy, r: i === cut ? 5.5 : 3,
      })),
    ];
  }

  function yourCurve(curve, given, revealed, cut) {
    const known = [given, ...curve.slice(1)];
    const runs = known.map((v, i) => v && [px(i), py(v)]);
    // Only neighbours are joined: what is not drawn stays open.
    const joined = runs.map((p, i) => (i && p && runs[i - 1] ? line([runs[i - 1], p]) : "")).join("");
    const first = !curve.some(Boolean);
    return [
      svg("path", { class: "idw-yours", d: joined || "M0 0" }),
      runs.map((p, i) => p && i > 0 && svg("circle", {
        class: "idw-mine", cx: p[0], cy: p[1], r: i === cut && !revealed ? 5.5 : 3,
      })),
      !revealed && svg("circle", { class: "idw-given", cx: px(0), cy: py(given), r: 5 }),
      !revealed && first && [
        svg("text", { class: "idw-word", x: px(0), y: py(given) - 12 }, GIVEN),
        svg("text", { class: "idw-hint", x: px(count() / 2), y: py(10 ** (span[0] + 1.38)), "text-anchor": "middle" }, HINT),
      ],
    ];
  }

  /** What is recorded of the trained network where it is cut. */
  function drawInside(now) {
    const found = insideOf(now);
    set(cutting, { hidden: !found });
    if (!found) return;
    const known = "zeros" in found;
    fill(recorded, known ? [h("b", {}, out.zeros), INSIDE[0], " ", h("b", {}, out.probe), INSIDE[1], "."] : NOTHING);
    if (known) for (const name of ["zeros", "probe"]) show(out[name], found[name], percent(found[name], 0));
    const maps = mapsAt(now);
    set(image, { hidden: !maps });
    set(under, { hidden: !maps });
    if (!maps) return;
    set(image, { src: maps.src, alt: ALT(maps.label) });
    text(under, MAPS(maps.count, maps.label));
  }

  const key = (kind) => h("span", { class: `idw-key idw-key-${kind}` }, h("i"), LEGEND[kind]);
  let laid = "";

  function draw() {
    const now = state();
    const profile = profileOf(now);
    const { stages } = profile;
    const numbers = readouts(now);
    const cut = cutOf(now);
    const curve = guesses(now);
    const { label, shape, size } = stages[cut];
    span = decades(stages.map((stage) => stage.size));
    text(note, now.revealed ? noteFor(now.network, profile.title) : TASK);
    text(button, now.revealed ? AGAIN : numbers.placed ? REVEAL : SKIP);
    text(opener, now.inside ? CLOSE : OPEN);
    set(opener, { hidden: !opens(now) });
    drawInside(now);
    surface.classList.toggle("idw-shown", now.revealed);
    set(surface, { "aria-label": now.revealed ? CUT : SURFACE });
    axes(profile, cut, now.revealed);
    fill(truth, now.revealed ? trueCurve(profile, cut) : []);
    fill(yours, yourCurve(curve, stages[0].size, now.revealed, cut));

    const shape2 = now.revealed ? ("off" in numbers ? "both" : "true") : "draw";
    const where = h("span", {}, now.revealed ? `${AFTER(label)}, ${shape}: ` : "");
    if (laid !== shape2 || now.revealed) {
      laid = shape2;
      fill(row, now.revealed ? [
        h("span", { class: "idw-at" }, where, h("b", {}, out.alive), ` ${NUMBERS}, `, out.times, ` ${TIMES}`),
        h("span", {}, h("b", { class: "idw-red" }, out.rises), h("span", {}, ` ${RISES(numbers.rises)}`),
          shape2 === "both" && [", ", out["drawn-rises"], ` ${YOURS(numbers["drawn-rises"])}`]),
        shape2 === "both" && h("span", {}, h("b", {}, out.off), ` ${OFF}`),
        h("span", { class: "idw-keys" }, key("true"), key("rises"), shape2 === "both" && key("yours")),
      ] : h("span", {}, h("b", {}, out.placed), " ", PLACED(stages.length - 1), " ", out.image, ` ${NUMBERS}.`));
    }
    if (now.revealed) {
      show(out.alive, numbers.alive, grouped(numbers.alive), NUMBERS);
      show(out.times, numbers.times, `${decimal(numbers.times, numbers.times < 0.1 ? 4 : 2)} ×`, TIMES);
      show(out.rises, numbers.rises, String(numbers.rises));
      if ("off" in numbers) {
        show(out.off, numbers.off, `${decimal(numbers.off, 1)} ×`, "times");
        show(out["drawn-rises"], numbers["drawn-rises"], String(numbers["drawn-rises"]));
      }
      fig.say(spokenCut(label, shape, grouped(size)));
    } else {
      show(out.placed, numbers.placed, String(numbers.placed));
      show(out.image, numbers.image, grouped(numbers.image), NUMBERS);
      fig.say(spokenDraw(label, cut ? curve[cut] && grouped(rounded(curve[cut])) : grouped(size)));
    }
  }

  const later = ui.bind(KEYS, draw);
  ui.width(surface, (width) => {
    wide = width;
    set(picture, { width });
    later();
  });
  return ui.end;
}
