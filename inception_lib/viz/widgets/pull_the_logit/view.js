/**
 * PullTheLogit: bars of logits over the curve of the loss, on one scale of gaps; the right bar's end and
 * the ball under it are the two handles. State: gap, epsilon, classes, second. Arithmetic in model.js.
 */

import { decimal, fill, h, kit, set, show, svg, text } from "#kit";
import { best, descend, gradient, parts, range, readouts, rowsOf } from "./model.js";
import {
  AT, AXIS, BALL, BOTTOM, CAPTION, CAPTION_SECOND, CHOICE, CLASSES, COUNTS, EPSILON, FACTS, HANDLE, LABEL, LABELS, LOSS, NONE, noteFor,
  others, PART, RIGHT, SECONDS, spoken, STEPS,
} from "./words.js";

const KEYS = ["gap", "epsilon", "classes", "second"];
const ROW = 6; // pixels from one of the other bars to the next
const BARS = { right: 66, height: 18 }; // of the right bar, under nine others
// Where the curve lies: under the bars, or by itself.
const CURVES = { pull: { top: 90, bottom: 198 }, second: { top: 12, bottom: 186 } };
const ARROW = 150; // pixels of an arrow whose gradient is 1
const STUB = 34; // pixels of a bar whose logit is the others'
const FAR = 8; // gap from which on it is said that hard labels have no bottom
const BALL_SIZE = 9;
const SAMPLES = 150;
const STEP_COUNT = 100;

export function mount({ model, el }) {
  const ui = kit(model);
  const face = model.get("face");
  const CURVE = CURVES[face];
  const { min, max } = ui.limits.gap;
  const state = () => Object.fromEntries(["face", ...KEYS].map((key) => [key, model.get(key)]));
  const fig = ui.frame({ kind: "pull-the-logit", label: LABEL, caption: face === "second" ? CAPTION_SECOND : CAPTION });
  const note = h("p", { class: "ipl-note" });
  const [ground, bars, curves, trail] = Array.from({ length: 4 }, () => svg("g", { "aria-hidden": "true" }));
  const end = svg("g", {}, svg("rect", { class: "iw-grip", x: -18, y: -18, width: 36, height: 36, rx: 18 }),
    svg("circle", { class: "iw-knob", r: 8 }));
  const ball = svg("g", {}, svg("circle", { class: "iw-grip", r: 18 }), svg("circle", { class: "ipl-ball", r: BALL_SIZE }));
  const thread = svg("path", { class: "ipl-thread" });
  const picture = svg("svg", { height: CURVE.bottom + 22 }, ground, curves, trail, ball);
  if (face === "pull") {
    picture.insertBefore(bars, curves);
    picture.insertBefore(thread, trail);
    picture.append(end);
  }
  const out = Object.fromEntries(["loss", "p", "target", "gradient", "best", "lowest"].map((n) => [n, ui.readout(n)]));
  const fact = (name) => h("span", {}, `${FACTS[name]} `, h("b", {}, out[name]));
  const targetFact = fact("target");
  const where = h("span", { class: "ipl-best" }, `${AT[0]} `, h("b", {}, out.best), `${AT[1]} `, h("b", {}, out.lowest));
  const steps = h("button", { type: "button", class: "chip ipl-steps" }, STEPS);
  fig.head.append(h("div", { class: "ipl-chips" },
    ...(face === "second" ? [ui.chips(SECONDS, CHOICE.seconds)] : [ui.chips(LABELS, CHOICE.labels), ui.chips(COUNTS, CHOICE.counts)]),
    steps), note);
  fig.stage.append(picture, h("p", { class: "ipl-facts" }, fact("p"), targetFact, fact("gradient"), fact("loss"), where));
  fig.controls.append(ui.slider({ key: "epsilon", label: EPSILON }), ui.slider({ key: "classes", label: CLASSES }));
  el.append(fig.root);

  let wide = 640;
  let left = 110;
  let shown = null; // { epsilon, logK } that the curve is at, on its way to the state
  const move = ui.motion();
  const roll = ui.motion(280);
  const px = (gap) => left + ((wide - left - 14) * (gap - min)) / (max - min);
  const gapAt = (event) => min + ((event.clientX - picture.getBoundingClientRect().left - left) * (max - min)) / (wide - left - 14);
  const handles = [[end, HANDLE], [ball, BALL]].map(([shape, label]) => ui.handle(shape, {
    label, min, max, step: 0.05, big: 0.5, sideways: true,
    get: () => model.get("gap"),
    put: (gap) => {
      fill(trail);
      ui.commit({ gap });
    },
    text: (v) => decimal(v, 2),
    at: gapAt,
  }));
  ui.on(steps, "click", () => {
    const now = state();
    const gaps = descend(now, STEP_COUNT, max);
    roll((t) => {
      const done = Math.max(1, Math.round(t * gaps.length));
      const y = scaleOf(now);
      fill(trail, gaps.slice(0, done).map((gap) => svg("circle", {
        class: "ipl-step", cx: px(gap), cy: y(parts({ ...now, gap }).loss), r: 2.5,
      })));
      ui.commit({ gap: gaps[done - 1] });
    });
  });

  const scaleOf = (now) => {
    const [low, high] = range(now, max);
    return (loss) => CURVE.bottom - ((CURVE.bottom - CURVE.top) * (loss - low)) / (high - low);
  };
  const line = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
  const arrow = (x, y, length, size) => {
    if (Math.abs(length) < size / 2) return "M0 0";
    const to = x + length;
    const head = Math.min(Math.abs(length), size) * Math.sign(length);
    return `M${x} ${y}H${to}M${to - head} ${y - size * 0.6}L${to} ${y}L${to - head} ${y + size * 0.6}`;
  };

  function paint(now) {
    const { gap, classes, epsilon, second } = now;
    const { drawn, more } = rowsOf(Math.round(classes));
    const y = scaleOf(now);
    const slope = gradient(now);
    const bottom = best(now);
    const zero = px(0);
    const grid = Array.from({ length: Math.floor(max / 2) + 1 }, (_, i) => 2 * i);
    fill(ground,
      grid.map((v) => svg("path", { class: "ipl-line", d: `M${px(v)} 0V${CURVE.bottom}` })),
      grid.map((v) => svg("text", { class: "iw-mark", x: px(v), y: CURVE.bottom + 18, "text-anchor": "middle" }, String(v))),
      svg("text", { class: "iw-mark", x: left - STUB - 8, y: CURVE.bottom + 18, "text-anchor": "end" }, AXIS),
      svg("text", { class: "iw-mark", x: left - STUB - 8, y: CURVE.top + 8, "text-anchor": "end" }, LOSS));
    const tops = Array.from({ length: drawn }, (_, i) => BARS.right - 8 - (drawn - i) * ROW + 2);
    const middle = BARS.right + BARS.height / 2;
    fill(bars,
      tops.map((top) => [
        svg("rect", { class: "ipl-other", x: left - STUB, y: top, width: STUB, height: ROW - 2 }),
        svg("path", { class: "ipl-arrow", d: arrow(zero, top + (ROW - 2) / 2, (slope * ARROW) / (classes - 1), 3) }),
      ]),
      svg("text", { class: "ipl-name", x: left - STUB - 8, y: BARS.right - 8 - (drawn * ROW) / 2 + 4, "text-anchor": "end" },
        others(drawn, more, Math.round(classes))),
      svg("rect", { class: "ipl-right", x: left - STUB, y: BARS.right, width: px(gap) - left + STUB, height: BARS.height }),
      svg("path", { class: "ipl-arrow ipl-main", d: arrow(px(gap) + (slope < 0 ? 11 : -11), middle, -slope * ARROW, 8) }),
      svg("text", { class: "ipl-name ipl-strong", x: left - STUB - 8, y: middle + 5, "text-anchor": "end" }, RIGHT));
    const gaps = Array.from({ length: SAMPLES + 1 }, (_, i) => min + ((max - min) * i) / SAMPLES);
    const each = gaps.map((g) => parts({ ...now, gap: g }));
    const draw = (name) => line(each.map((part, i) => [px(gaps[i]), y(part[name])]));
    const last = each[SAMPLES];
    const inside = bottom <= max;
    const low = parts({ ...now, gap: Math.min(bottom, max) }).loss;
    fill(curves,
      epsilon > 0 && [
        svg("path", { class: "ipl-part", d: draw("hard") }),
        svg("path", { class: "ipl-part ipl-part-second", d: draw("second") }),
        svg("text", { class: "ipl-word", x: px(max * 0.985), y: y(last.hard) - 6, "text-anchor": "end" }, PART.hard(epsilon)),
        svg("text", { class: "ipl-word", x: px(max * 0.985), y: second === "uniform" ? y(last.loss) - 10 : y(last.second) + 17, "text-anchor": "end" },
          PART[second]),
      ],
      svg("path", { class: "ipl-loss", d: draw("loss") }),
      epsilon > 0 && inside && [
        svg("path", { class: "ipl-bottom", d: `M${px(bottom)} ${y(low) + 3}V${CURVE.bottom}` }),
        svg("text", { class: "ipl-word ipl-strong", x: px(bottom), y: CURVE.bottom - y(low) < 26 ? y(low) - 26 : y(low) + 19, "text-anchor": "middle" }, BOTTOM),
      ],
      !epsilon && gap >= FAR && svg("text", { class: "ipl-word", x: px(max * 0.985), y: y(last.loss) - 12, "text-anchor": "end" }, NONE));
    const at = parts(now).loss;
    set(ball, { transform: `translate(${px(gap)} ${y(at) - BALL_SIZE - 1})` });
    set(end, { transform: `translate(${px(gap)} ${middle})` });
    set(thread, { d: `M${px(gap)} ${BARS.right + BARS.height}V${Math.max(BARS.right + BARS.height, y(at) - 2 * BALL_SIZE)}` });
  }

  function draw() {
    const now = state();
    const n = readouts(now);
    text(note, noteFor(now));
    show(out.loss, n.loss, decimal(n.loss, 3), "nats");
    show(out.p, n.p, decimal(n.p, 4));
    show(out.gradient, n.gradient, (n.gradient > 0 ? "+" : "") + decimal(n.gradient, 4));
    set(targetFact, { hidden: !("target" in n) });
    if ("target" in n) show(out.target, n.target, decimal(n.target, 4));
    set(where, { hidden: !("best" in n) });
    if ("best" in n) {
      show(out.best, n.best, decimal(n.best, 3));
      show(out.lowest, n.lowest, decimal(n.lowest, 4), "nats");
    }
    handles.forEach((tell) => tell());
    fig.say(spoken(now, n));
    const to = [now.epsilon, Math.log(now.classes)];
    const from = shown ?? to;
    const still = String(from) === String(to) || from.second !== now.second;
    if (String(from) !== String(to)) fill(trail);
    move((t) => {
      shown = still ? to : to.map((v, i) => from[i] + (v - from[i]) * t);
      shown.second = now.second;
      // A value that is not quite nought would have a bottom far away: begin and end exactly.
      paint({ ...now, gap: model.get("gap"), epsilon: shown[0], classes: t < 1 && !still ? Math.exp(shown[1]) : now.classes });
    }, still);
  }

  const later = ui.bind(KEYS, draw);
  ui.width(fig.stage, (px2) => {
    wide = px2;
    left = px2 < 560 ? 118 : 140;
    set(picture, { width: px2 });
    fill(trail);
    later();
  });
  return ui.end;
}
