/**
 * WhichRungs: five networks as error against cost, a list with a tick for each step, two sliders. State: images,
 * disagree, signed; the ladder comes from Python.
 */

import { decimal, fill, grouped, h, kit, percent, set, show, svg, text } from "#kit";
import { imagesAt, isSigned, isUnpaired, placeOf, readouts, steps, toggled } from "./model.js";
import {
  ASK, AXES, CAPTION, CHOICE, CLEAR, HEADS, IMAGE_MARKS, IMAGES, KEYS, LABEL, PAIRED, POINTS, PRESETS, REACHES, READOUTS,
  SHARE, SHARE_MARKS, sign, spoken, STAND, TO, UNIT, UNPAIRED,
} from "./words.js";

const PAD = { left: 30, right: 14, top: 22, bottom: 38 };
const TALL = 290;
const [LOW, HIGH] = [18.5, 26.5]; // percent of error: holds every interval of 1000 images
const [LEAST, MOST] = [3.4, 6]; // Bn multiply-adds
const ASIDE = 14; // pixels between dots of one cost
const PLACES = 200; // of the slider of images
const BAR = { width: 98, height: 22, low: -0.6, high: 1.85 }; // points

export function mount({ model, el }) {
  const ui = kit(model);
  const rungs = model.get("rungs");
  const state = () => ({ rungs, images: model.get("images"), disagree: model.get("disagree"), signed: model.get("signed") });
  const out = Object.fromEntries(Object.keys(READOUTS).map((name) => [name, ui.readout(name)]));
  const fig = ui.frame({ kind: "which-rungs", label: LABEL, caption: CAPTION });
  const plot = ladder(rungs);
  const list = ticks(ui, model, rungs, out);
  const unpaired = h("span");
  const to = h("span", {}, ` ${TO} `, out["share-high"]);
  fig.head.append(ui.chips(PRESETS, CHOICE));
  fig.stage.append(h("div", { class: "iwr-both" }, plot.el, list.el));
  fig.controls.append(
    range(ui, model, {
      key: "images", label: [`${IMAGES}: `, h("b", {}, out.images)], min: 0, max: PLACES, step: 1, marks: IMAGE_MARKS,
      place: (images) => placeOf(images, ui.limits.images, PLACES),
      value: (place) => imagesAt(place, ui.limits.images, PLACES, IMAGE_MARKS.map(([images]) => images)),
      words: grouped,
    }),
    range(ui, model, {
      key: "disagree", label: [`${SHARE} `, h("b", {}, out["share-low"], to), " ", unpaired], ...ui.limits.disagree,
      marks: SHARE_MARKS, place: (share) => share, value: (share) => share, words: (share) => `${decimal(share, 1)} %`,
    }));
  el.append(fig.root);

  function draw() {
    const now = state();
    const n = readouts(now);
    const all = steps(now);
    plot.draw(n);
    list.draw(now, n, all);
    show(out.images, n.images, grouped(n.images));
    for (const end of ["share-low", "share-high"]) show(out[end], n[end], percent(n[end]), "of the images");
    set(to, { hidden: n["share-low"] === n["share-high"] });
    text(unpaired, isUnpaired(now) ? UNPAIRED : PAIRED);
    const verdict = all.map((step, i) => (step.signed ? `${rungs[i + 1].title}: ${step.clear ? CLEAR : REACHES}.` : "")).join(" ");
    fig.say(spoken(grouped(n.images), percent(n["share-high"]), verdict));
  }

  ui.width(plot.el, (px) => {
    plot.resize(px);
    plot.draw(readouts(state()));
  });
  ui.bind(["images", "disagree", "signed"], draw);
  return ui.end;
}

/** Error against cost: filled with intervals by our count, rings by the paper's. */
function ladder(rungs) {
  const ground = svg("g");
  const marks = svg("g");
  const plot = svg("svg", { height: TALL, "aria-hidden": "true" }, ground, marks);
  const key = (kind) => h("span", {}, h("i", { class: `iwr-key-${kind}` }), KEYS[kind]);
  const el = h("div", { class: "iwr-plot" }, h("p", { class: "iwr-keys" }, key("ours"), key("printed")), plot);
  // Dots of one cost stand side by side, about it.
  const aside = rungs.map(({ macs }, i) => {
    const same = rungs.flatMap((one, j) => (one.macs === macs ? [j] : []));
    return ASIDE * (same.indexOf(i) - (same.length - 1) / 2);
  });
  let wide = 380;
  const px = (cost) => PAD.left + ((cost - LEAST) / (MOST - LEAST)) * (wide - PAD.left - PAD.right);
  const py = (error) => PAD.top + ((HIGH - error) / (HIGH - LOW)) * (TALL - PAD.top - PAD.bottom);
  const line = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
  return {
    el,
    resize(to) {
      wide = to;
      set(plot, { width: wide });
      fill(ground,
        [20, 22, 24, 26].map((v) => [
          svg("path", { class: "iw-rule", d: `M${PAD.left} ${py(v)}H${wide - PAD.right}` }),
          svg("text", { class: "iw-mark", x: PAD.left - 7, y: py(v) + 4, "text-anchor": "end" }, String(v)),
        ]),
        [4, 5, 6].map((v) => svg("text", { class: "iw-mark", x: px(v), y: TALL - PAD.bottom + 16, "text-anchor": "middle" }, String(v))),
        svg("text", { class: "iw-mark", x: wide - PAD.right, y: TALL - 4, "text-anchor": "end" }, AXES[0]),
        svg("text", { class: "iw-mark", x: 0, y: 11 }, AXES[1]));
    },
    draw(n) {
      const dots = rungs.map(({ top1, printed, macs }, i) => ({
        y: py(top1), ours: px(macs / 1e9) + aside[i], printed: px(printed) + aside[i],
        from: py(top1 - n[`half-${i + 1}`]), to: py(top1 + n[`half-${i + 1}`]),
      }));
      fill(marks,
        dots.map(({ ours, from, to }) => svg("path", { class: "iwr-interval", d: `M${ours} ${from}V${to}` })),
        ["printed", "ours"].map((kind) => svg("path", { class: `iwr-line iwr-${kind}`, d: line(dots.map((dot) => [dot[kind], dot.y])) })),
        dots.map(({ ours, printed, y, to }, i) => [
          svg("circle", { class: "iwr-ring", cx: printed, cy: y, r: 4 }),
          svg("circle", { class: "iwr-dot", cx: ours, cy: y, r: 4 }),
          svg("text", { class: "iwr-name", x: ours, y: to - 5, "text-anchor": "middle" }, String(i + 1)),
        ]));
    },
  };
}

/** A row for each network; from the second on, a tick for the step to it and, once ticked, its interval. */
function ticks(ui, model, rungs, out) {
  const at = (points) => ((Math.min(BAR.high, Math.max(BAR.low, points)) - BAR.low) / (BAR.high - BAR.low)) * BAR.width;
  const rows = rungs.map(({ title, printed }, i) => {
    const k = i + 1;
    const about = h("div", { class: "iwr-about" },
      h("span", { class: "iwr-title" }, h("i", {}, String(k)), title),
      h("span", {}, out[`error-${k}`], " ± ", out[`half-${k}`]),
      h("span", { class: "iwr-cost" }, decimal(printed, 1), ", ", out[`macs-${k}`]));
    if (!i) return { el: h("li", {}, about) };
    const step = i - 1;
    const box = h("input", { type: "checkbox", name: `sign-${i}` });
    ui.on(box, "change", () => ui.commit({ signed: toggled(model.get("signed"), step) }));
    const bar = svg("g");
    const word = h("span", {}, "± ", out[`interval-${i}`], " ", out[`clear-${i}`]);
    const answer = h("div", { class: "iwr-answer" },
      svg("svg", { width: BAR.width, height: BAR.height, "aria-hidden": "true" },
        svg("path", { class: "iwr-zero", d: `M${at(0)} 0V${BAR.height}` }), bar),
      word);
    return { box, bar, answer, title, el: h("li", {}, about, h("label", {}, box, out[`difference-${i}`]), answer) };
  });
  const scale = svg("svg", { width: BAR.width, height: 14, "aria-hidden": "true" },
    [0, 1].map((v) => svg("text", { class: "iw-mark", x: at(v), y: 12, "text-anchor": "middle" }, String(v))));
  const [after, then] = [h("span"), h("span")];
  const sum = h("p", { class: "iwr-sum" }, h("b", {}, out.signed), " ", after, " ", h("b", {}, out.stand), " ", then);
  const ask = h("p", { class: "iwr-ask" }, ASK, h("span", {}, ` ${UNIT}`));
  const head = h("li", { class: "iwr-head", "aria-hidden": "true" },
    h("div", { class: "iwr-about" }, HEADS.slice(0, 3).map((words) => h("span", {}, words))),
    h("span", {}, HEADS[3]), h("span", {}, HEADS[4], scale));
  const el = h("div", { class: "iwr-list" }, ask, h("ol", {}, head, rows.map((row) => row.el)), sum);
  return {
    el,
    draw(now, n, all) {
      rows.forEach(({ box, bar, answer, title }, i) => {
        const k = i + 1;
        show(out[`error-${k}`], n[`error-${k}`], percent(n[`error-${k}`]), "");
        show(out[`half-${k}`], n[`half-${k}`], decimal(n[`half-${k}`], 2), POINTS);
        show(out[`macs-${k}`], n[`macs-${k}`], decimal(n[`macs-${k}`] / 1e9, 2), "multiply-adds");
        if (!i) return;
        const { difference, half, clear } = all[i - 1];
        const ticked = isSigned(now.signed, i - 1);
        box.checked = ticked;
        set(box, { "aria-label": sign(title, decimal(difference, 1)) });
        show(out[`difference-${i}`], difference, decimal(difference, 1), POINTS);
        set(answer, { style: { visibility: ticked ? "visible" : "hidden" } });
        answer.classList.toggle("iwr-clear", clear);
        if (!ticked) {
          for (const name of ["interval", "clear"]) { // nothing to read out before it is asked for
            text(out[`${name}-${i}`], "");
            set(out[`${name}-${i}`], { "data-value": null, title: null });
          }
          fill(bar);
          return;
        }
        show(out[`interval-${i}`], half, decimal(half, 2), POINTS);
        show(out[`clear-${i}`], Number(clear), clear ? CLEAR : REACHES);
        const [y, from, to] = [BAR.height / 2, difference - half, difference + half];
        fill(bar,
          svg("path", { class: "iwr-bar", d: `M${at(from)} ${y}H${at(to)}` }),
          from < BAR.low && svg("path", { class: "iwr-beyond", d: `M6 ${y - 5}L0 ${y}L6 ${y + 5}` }),
          to > BAR.high && svg("path", { class: "iwr-beyond", d: `M${BAR.width - 6} ${y - 5}L${BAR.width} ${y}L${BAR.width - 6} ${y + 5}` }),
          svg("circle", { class: "iwr-dot", cx: at(difference), cy: y, r: 4 }));
      });
      const any = now.signed > 0;
      set(sum, { style: { visibility: any ? "visible" : "hidden" } });
      if (!any) return;
      for (const name of ["signed", "stand"]) show(out[name], n[name], String(n[name]));
      const [first, second] = STAND(n.signed, n.stand);
      text(after, first);
      text(then, second);
    },
  };
}

/** A slider whose places need not be its values, with marks beneath. */
function range(ui, model, { key, label, min, max, step, marks, place, value, words }) {
  const id = ui.id(key);
  const input = h("input", { type: "range", id, name: key, min, max, step });
  ui.on(input, "input", () => ui.commit({ [key]: value(input.valueAsNumber) }));
  ui.bind([key], () => {
    input.value = String(place(model.get(key)));
    set(input, { "aria-valuetext": words(model.get(key)) });
  });
  const share = (v) => (place(v) - min) / (max - min);
  const below = marks.map(([v, name]) => {
    const f = share(v);
    return h("span", { class: f === 0 ? "iwr-first" : f === 1 ? "iwr-last" : null, style: { "--at": f } }, name);
  });
  return h("div", { class: "iw-field iw-field-one iwr-field" }, h("label", { for: id }, label), input,
    h("div", { class: "iwr-marks", "aria-hidden": "true" }, below));
}
