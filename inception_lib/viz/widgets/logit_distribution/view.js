/**
 * LogitDistribution: recorded networks of hard labels beside those of one ε: a histogram of gaps, clusters of
 * features, calibration. State: epsilon, split; the records come from Python.
 */

import { decimal, fill, h, kit, percent, set, show, svg, text } from "#kit";
import { apart, hardOf, highest, moving, nowOf, reach, readouts, SHOWN } from "./model.js";
import {
  AXES, BEST, CALIBRATION, CAPTION, CHOICE, EPSILON, GAPS, HARD, KINDS, LABEL, MEAN, NOW, OFF, SEEDS, spoken, SPLITS, WRONG,
} from "./words.js";

const KEYS = ["epsilon", "split"];
const TALL = 140; // pixels of the histogram
const PANEL = 186; // pixels of each of the three below
const PAD = { side: 6, bottom: 20, top: 8 };
const NAMES = ["gap-hard", "gap-now", "best", "ece-hard", "ece-now", "error-hard", "error-now"];

export function mount({ model, el }) {
  const ui = kit(model);
  const known = ui.limits.epsilon.names;
  const state = () => ({ runs: model.get("runs"), epsilon: model.get("epsilon"), split: model.get("split") });
  const fig = ui.frame({ kind: "logit-distribution", label: LABEL, caption: CAPTION });
  const out = Object.fromEntries(NAMES.map((name) => [name, ui.readout(name)]));
  const b = (name) => h("b", {}, out[name]);

  // The handle: one place a recorded ε.
  const id = ui.id("epsilon");
  const range = h("input", { type: "range", id, name: "epsilon", min: 0, max: known.length - 1, step: 1 });
  ui.on(range, "input", () => ui.commit({ epsilon: known[range.valueAsNumber] }));
  const ticks = known.map((value) => h("span", {}, decimal(value, 2)));
  const handle = h("div", { class: "ild-handle" }, h("label", { for: id }, EPSILON),
    h("div", {}, range, h("div", { class: "ild-ticks", "aria-hidden": "true" }, ticks)));

  const seeds = h("span", { class: "ild-seeds" });
  const gapTitle = h("span", { class: "ild-title" });
  const nowName = Array.from({ length: 3 }, () => h("span", { class: "ild-now" }));
  const bestFact = h("span", { class: "ild-best" }, h("i"), `${BEST} `, b("best"));
  const nowFacts = [
    h("span", {}, h("i", { class: "ild-key-now" }), nowName[0], `, ${MEAN} `, b("gap-now")),
    h("span", {}, nowName[1], `: ${OFF} `, b("ece-now"), `, ${WRONG} `, b("error-now")),
  ];
  const [gaps, hard, now, sure] = [TALL, PANEL, PANEL, PANEL].map((height) => svg("svg", { height, "aria-hidden": "true" }));
  const holders = [gaps, hard, now, sure].map((picture) => h("div", {}, picture));
  const marks = KINDS.map((kind, i) => h("span", {}, svg("svg", { width: 12, height: 12 }, mark(i, 6, 6, 4.5)), kind));

  fig.head.append(h("div", { class: "ild-head" }, handle, ui.chips(SPLITS, CHOICE)));
  fig.stage.append(
    h("p", { class: "ild-facts" }, gapTitle, h("span", {}, h("i", { class: "ild-key-hard" }), `${HARD}, ${MEAN} `, b("gap-hard")),
      nowFacts[0], bestFact, seeds),
    holders[0],
    h("div", { class: "ild-panels" },
      h("section", {}, h("p", { class: "ild-title" }, HARD), holders[1]),
      h("section", {}, h("p", { class: "ild-title" }, nowName[2]), holders[2]),
      h("section", {}, h("p", { class: "ild-title" }, CALIBRATION), holders[3])),
    h("div", { class: "ild-feet" }, h("p", { class: "ild-kinds" }, marks),
      h("p", { class: "ild-off" }, h("span", {}, `${HARD}: ${OFF} `, b("ece-hard"), `, ${WRONG} `, b("error-hard")), nowFacts[1])));
  fig.controls.remove(); // the handle stands above the picture
  el.append(fig.root);

  const widths = { gaps: 900, hard: 290, now: 290, sure: 290 };
  const move = ui.motion();
  let shown = null; // { split, list }: what is drawn, on the way to the state

  function histogram(list, base, state_, best) {
    const top = highest(state_, state_.split) * 1.06;
    const [low, high] = SHOWN;
    const x = (v) => PAD.side + ((widths.gaps - 2 * PAD.side) * (v - low)) / (high - low);
    const y = (share) => TALL - PAD.bottom - ((TALL - PAD.bottom - PAD.top) * share) / top;
    const steps = (all) => `M${x(low)} ${y(0)}${all.map((s, i) => `V${y(s).toFixed(1)}H${x(low + i + 1).toFixed(1)}`).join("")}V${y(0)}Z`;
    fill(gaps,
      svg("path", { class: "ild-axis", d: `M${x(low)} ${y(0)}H${x(high)}` }),
      Array.from({ length: (high - low) / 2 + 1 }, (_, i) => low + 2 * i).map((v) =>
        svg("text", { class: "iw-mark", x: x(v), y: TALL - 4, "text-anchor": "middle" }, decimal(v, 0))),
      svg("path", { class: "ild-bars-hard", d: steps(base) }),
      svg("path", { class: "ild-bars-now", d: steps(list) }),
      best && svg("path", { class: "ild-bottom", d: `M${x(best)} ${PAD.top - 4}V${y(0)}` }));
  }

  function scatter(picture, wide, groups, far) {
    const half = (PANEL - 14) / 2;
    const scale = Math.min(half, wide / 2 - 7) / far;
    fill(picture, svg("rect", { class: "ild-ground", x: 0, y: 0, width: wide, height: PANEL, rx: 3 }),
      groups.map((group, i) => group.map(([x, y]) => mark(i, wide / 2 + x * scale, PANEL / 2 - y * scale, 3.4))));
  }

  function reliability(base, bins) {
    const wide = widths.sure;
    const side = PANEL - PAD.bottom - PAD.top;
    const across = Math.min(wide - 44, side * 1.5);
    const x = (v) => 36 + across * v;
    const y = (v) => PAD.top + side * (1 - v);
    const most = Math.max(...base.map(([n]) => n), 1);
    const course = (rows, name) => {
      const seen = rows.filter(([n]) => n >= most / 200);
      return [
        svg("path", { class: `ild-course ild-course-${name}`, d: `M${seen.map(([, c, a]) => `${x(c).toFixed(1)} ${y(a).toFixed(1)}`).join("L")}` }),
        seen.map(([n, c, a]) => svg("circle", { class: `ild-dot-${name}`, cx: x(c), cy: y(a), r: 1.5 + 5 * Math.sqrt(n / most) })),
      ];
    };
    fill(sure,
      [0, 0.5, 1].map((v) => [
        svg("path", { class: "ild-level", d: `M${x(0)} ${y(v)}H${x(1)}M${x(v)} ${y(0)}V${y(1)}` }),
        svg("text", { class: "iw-mark", x: x(0) - 5, y: y(v) + 4, "text-anchor": "end" }, v === 1 ? AXES.right : percent(v, 0)),
        svg("text", { class: "iw-mark", x: x(v), y: PANEL - 4, "text-anchor": v === 1 ? "end" : "middle" }, v === 1 ? AXES.sure : percent(v, 0)),
      ]),
      svg("path", { class: "ild-diagonal", d: `M${x(0)} ${y(0)}L${x(1)} ${y(1)}` }),
      course(base, "hard"), course(bins, "now"));
  }

  function paint(list) {
    const at = state();
    const one = nowOf(at);
    const base = apart(moving(hardOf(at), at.split), hardOf(at), at.split);
    const drawn = apart(list, one, at.split);
    const far = reach(at, at.split);
    histogram(drawn.shares, base.shares, at, readouts(at).best);
    scatter(hard, widths.hard, base.points, far);
    scatter(now, widths.now, drawn.points, far);
    reliability(base.bins, drawn.bins);
  }

  function draw() {
    const at = state();
    const n = readouts(at);
    const one = nowOf(at);
    range.value = String(known.indexOf(at.epsilon));
    set(range, { "aria-valuetext": `ε = ${decimal(at.epsilon, 2)}` });
    ticks.forEach((tick, i) => tick.classList.toggle("ild-on", known[i] === at.epsilon));
    text(gapTitle, GAPS[at.split]);
    nowName.forEach((name) => text(name, NOW(at.epsilon)));
    text(seeds, SEEDS(one.seeds, at.runs.images));
    nowFacts.forEach((fact) => set(fact, { class: at.epsilon ? null : "ild-none" }));
    for (const which of ["hard", "now"]) {
      show(out[`gap-${which}`], n[`gap-${which}`], decimal(n[`gap-${which}`], 2));
      show(out[`ece-${which}`], n[`ece-${which}`], percent(n[`ece-${which}`]), "of one");
      show(out[`error-${which}`], n[`error-${which}`], percent(n[`error-${which}`]), "of one");
    }
    set(bestFact, { hidden: !("best" in n) });
    if ("best" in n) show(out.best, n.best, decimal(n.best, 2));
    fig.say(spoken(at, n));
    const to = moving(one, at.split);
    const from = shown;
    const still = !from || from.split !== at.split || from.epsilon === at.epsilon;
    move((t) => {
      shown = { split: at.split, epsilon: at.epsilon, list: still ? to : to.map((v, i) => from.list[i] + (v - from.list[i]) * t) };
      paint(shown.list);
    }, still);
  }

  const later = ui.bind(KEYS, draw);
  holders.forEach((holder, i) => ui.width(holder, (px) => {
    widths[Object.keys(widths)[i]] = px;
    set(holder.firstChild, { width: px });
    later();
  }));
  return ui.end;
}

/** The mark of one of three classes, told by its shape alone: a disc, an empty triangle, a cross. */
function mark(i, x, y, r) {
  if (i === 0) return svg("circle", { class: "ild-mark-0", cx: x, cy: y, r });
  if (i === 1) {
    return svg("path", { class: "ild-mark-1", d: `M${x.toFixed(1)} ${(y - 1.15 * r).toFixed(1)}l${r} ${1.9 * r}h${-2 * r}Z` });
  }
  const [left, right, top, bottom] = [x - 0.85 * r, x + 0.85 * r, y - 0.85 * r, y + 0.85 * r].map((v) => v.toFixed(1));
  return svg("path", { class: "ild-mark-2", d: `M${left} ${top}L${right} ${bottom}M${left} ${bottom}L${right} ${top}` });
}
