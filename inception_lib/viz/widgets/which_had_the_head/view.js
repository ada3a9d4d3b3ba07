/**
 * WhichHadTheHead: two unnamed curves with a movable time, a bet, and the score over all pairs.
 * State: head, pair, moment, bets; pairs come from Python.
 */

import { decimal, fill, h, kit, percent, set, show, svg, text } from "#kit";
import {
  apart, betOf, END, EPOCHS, fewest, MOMENTS, nextOf, numberOf, pairsOf, presentOf, readouts, span, standing, withBet,
} from "./model.js";
import {
  AGAIN, at, BEHIND, BET, CAPTION, CHOICE, COIN, EPOCH, ERROR, HEADS, LABEL, LEVELS, NAMES, NEXT, OF, OUT_OF, PAIR,
  READOUTS, RIGHT, SCORE, spoken, TESTED, TICK_END, TIME, WAITS, WON, WRONG, YOURS,
} from "./words.js";

const KEYS = ["pairs", "head", "pair", "moment", "bets"];
const HEIGHT = 212; // of the curves, with the axis of time under them
const STACK = 84; // pixels for all pairs, one upon the other
const PAD = { left: 46, right: 34, top: 16, bottom: 26 };
const APART = 1.2; // steps between the last epoch and the end, which is another measure
const UNDER = 22; // pixels for how many images a column stands for
const BADGE = 10; // radius

export function mount({ model, el }) {
  const ui = kit(model);
  const state = () => Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
  const fig = ui.frame({ kind: "which-had-the-head", label: LABEL, caption: CAPTION });
  const recorded = HEADS.filter((one) => one.state.head in model.get("pairs"));
  const place = h("span", { class: "iwh-place" });
  const out = Object.fromEntries(Object.keys(READOUTS).map((name) => [name, ui.readout(name)]));

  // -- the bet -------------------------------------------------------------------------------------

  const buttons = ["a", "b"].map((side) => {
    const sample = svg("svg", { width: 30, height: 10, "aria-hidden": "true" },
      svg("path", { class: `iwh-curve iwh-${side}`, d: "M1 5H29" }));
    const el = h("button", { type: "button", class: "chip iwh-bet" }, sample, BET(side));
    ui.on(el, "click", () => ui.commit({ bets: withBet(state(), side) }));
    return el;
  });
  const said = h("b", { class: "iwh-said" });
  const next = h("button", { type: "button", class: "chip iwh-next" });
  const tally = h("span", { class: "iwh-tally" }, YOURS, " ", h("b", {}, out.won), ` ${OUT_OF} `, out.placed, ` ${WON}`);
  const row = h("div", { class: "iwh-row" });
  ui.on(next, "click", () => {
    const number = nextOf(state());
    if (number < 0) ui.commit({ bets: "", pair: 0 });
    else ui.commit({ pair: number });
    buttons[0].focus({ preventScroll: true });
  });

  // -- the two pictures ----------------------------------------------------------------------------

  const ground = svg("g", { "aria-hidden": "true" });
  const curves = svg("g", { "aria-hidden": "true" });
  const cursor = svg("g", {}, svg("path", { class: "iwh-cursor" }), svg("circle", { class: "iw-grip", r: 16 }),
    svg("circle", { class: "iw-knob", r: 6.5 }));
  const picture = svg("svg", { height: HEIGHT }, ground, curves, cursor);
  const surface = h("div", { class: "iwh-surface" }, picture);
  const bricks = svg("g", { "aria-hidden": "true" });
  const stack = svg("svg", { class: "iwh-stack", height: STACK + 8 + UNDER }, bricks);
  const waits = h("p", { class: "iwh-waits" }, WAITS);
  const of = h("span", {});
  const when = h("b", {});
  const score = h("p", { class: "iwh-score" }, when, ": ", SCORE.toLowerCase(), " ", h("b", { class: "iwh-ahead" }, out.ahead),
    " ", of, ", ", BEHIND, " ", h("b", {}, out.behind), ".");
  const errors = h("span", { class: "iwh-errors" }, "A ", h("b", {}, out["error-a"]), ", B ", h("b", {}, out["error-b"]));
  const below = h("div", { class: "iwh-below" }, waits, stack);
  fig.head.append(ui.chips(recorded, CHOICE));
  fig.stage.append(row, surface, below, score);
  el.append(fig.root);

  const [low, high] = span(model.get("pairs"));
  let wide = 640;
  const step = () => (wide - PAD.left - PAD.right) / (EPOCHS - 1 + 1 + APART);
  const px = (moment) => PAD.left + step() * (moment - 1 + (moment === END ? APART : 0));
  const fence = () => (px(EPOCHS) + px(END)) / 2; // between 1,000 test images and all of them
  const py = (error) => PAD.top + ((HEIGHT - PAD.top - PAD.bottom) * (high - error)) / (high - low);
  const momentAt = (event) => {
    const x = event.clientX - picture.getBoundingClientRect().left;
    return MOMENTS.reduce((best, m) => (Math.abs(px(m) - x) < Math.abs(px(best) - x) ? m : best));
  };
  const tell = ui.handle(cursor, {
    label: TIME, min: 1, max: END, big: 3, sideways: true,
    get: () => model.get("moment"),
    put: (v) => ui.commit({ moment: v }),
    text: at,
    at: momentAt,
  });
  // The whole plot can be pulled, and the score under it, not the knob alone.
  for (const part of [surface, below]) ui.pull(part, (event) => ui.commit({ moment: momentAt(event) }));

  const line = (values, from, to) =>
    values.slice(from - 1, to).map((v, i) => `${i ? "L" : "M"}${px(from + i).toFixed(1)} ${py(v).toFixed(1)}`).join("");

  function drawGround(moment) {
    const bottom = HEIGHT - PAD.bottom;
    const levels = Array.from({ length: 10 }, (_, i) => 10 * i).filter((v) => v >= low && v <= high);
    fill(ground,
      levels.map((v) => [
        svg("path", { class: "iw-rule", d: `M${PAD.left} ${py(v)}H${px(END)}` }),
        svg("text", { class: "iw-mark", x: PAD.left - 8, y: py(v) + 4, "text-anchor": "end" }, percent(v / 100, 0)),
      ]),
      svg("text", { class: "iw-mark", x: PAD.left, y: 9 }, ERROR),
      svg("path", { class: "iwh-fence", d: `M${fence()} ${PAD.top}V${HEIGHT}` }),
      MOMENTS.map((m) => svg("text", {
        class: m === moment ? "iw-mark iwh-now" : "iw-mark", x: px(m), y: bottom + 25, "text-anchor": "middle",
      }, m === END ? TICK_END : m === 1 && step() > 44 ? `${EPOCH} 1` : String(m))));
  }

  function drawCurves(pair, moment, known) {
    const shown = Math.min(moment, EPOCHS);
    const tips = apart(py(pair.a[moment - 1]), py(pair.b[moment - 1]), 2 * BADGE + 2);
    fill(curves, ["a", "b"].map((side, i) => {
      const values = pair[side];
      const name = known ? (pair.head === side ? "with" : "without") : "";
      const kind = `iwh-${side} ${name && `iwh-${name}`}`;
      const x = px(moment);
      // Names need room: near the right edge they stand above both badges, in their order.
      const nameAt = moment < EPOCHS - 2
        ? { x: BADGE + 6, y: 4.5 }
        : { x: BADGE, y: Math.min(...tips) - tips[i] - BADGE - (tips[i] < tips[1 - i] ? 22 : 6), "text-anchor": "end" };
      return [
        known && shown < EPOCHS && svg("path", { class: `iwh-curve iwh-later ${kind}`, d: line(values, shown, EPOCHS) }),
        known && moment < END && svg("circle", { class: `iwh-end iwh-later ${kind}`, cx: px(END), cy: py(values[END - 1]), r: 4 }),
        svg("path", { class: `iwh-curve ${kind}`, d: line(values, 1, shown) || "M0 0" }),
        MOMENTS.slice(0, shown).map((m) => svg("circle", { class: `iwh-dot ${kind}`, cx: px(m), cy: py(values[m - 1]), r: 2.5 })),
        moment === END && svg("circle", { class: `iwh-end ${kind}`, cx: px(END), cy: py(values[END - 1]), r: 5 }),
        svg("g", { class: `iwh-badge ${kind}`, transform: `translate(${x + 18} ${tips[i]})` },
          svg("circle", { r: BADGE }),
          svg("text", { "text-anchor": "middle", y: 4.5 }, side.toUpperCase()),
          name && svg("text", { class: "iwh-name", ...nameAt }, NAMES[name])),
      ];
    }));
  }

  let stacked = "";
  let columns = [];
  /** All pairs as bricks at every moment: those in which the head is ahead stand at the bottom. */
  function drawStack(now) {
    const built = `${now.head} ${wide}`;
    if (stacked !== built) {
      stacked = built;
      build(now);
    }
    columns.forEach((column, i) => column.classList.toggle("iwh-here", MOMENTS[i] === now.moment));
  }

  function build(now) {
    const count = pairsOf(now).length;
    const tall = STACK / count;
    const gap = tall > 3 ? 1 : 0.5;
    const broad = Math.min(34, step() * 0.66);
    const y = (k) => 4 + STACK - k * tall;
    const words = LEVELS(count);
    const rare = fewest(count);
    const label = (k, content, end) => svg("text", {
      class: "iw-mark", x: end ? px(END) + broad / 2 + 5 : PAD.left - broad / 2 - 5, y: y(k) + 4, "text-anchor": end ? "start" : "end",
    }, content);
    columns = MOMENTS.map((m) => {
      const { ahead, level } = standing(now, m);
      return svg("g", { class: "iwh-column" }, Array.from({ length: count }, (_, k) => svg("rect", {
        class: `iwh-brick-${k < ahead ? "ahead" : k < ahead + level ? "level" : "behind"}`,
        x: px(m) - broad / 2, y: y(k + 1) + gap / 2, width: broad, height: tall - gap,
      })));
    });
    fill(bricks, columns,
      svg("path", { class: "iwh-half", d: `M${px(1) - broad / 2 - 3} ${y(count / 2)}H${px(END) + broad / 2 + 3}` }),
      label(count / 2, words.half),
      label(count - 0.3, words.all),
      svg("path", { class: "iwh-fence", d: `M${fence()} 0V${STACK + 8}` }),
      [[(px(1) + px(EPOCHS)) / 2, TESTED.epoch], [px(END), TESTED.end]].map(([x, content]) => svg("text", {
        class: "iw-mark", x, y: STACK + 4 + UNDER, "text-anchor": "middle",
      }, content)),
      rare > 0 && [rare, count - rare].map((k) => svg("path", {
        class: "iwh-rare", d: `M${px(1) - broad / 2 - 3} ${y(k)}H${px(END) + broad / 2 + 3}`,
      })),
      rare > 0 && label(count / 2, COIN, true));
  }

  let laid = "";
  function draw() {
    const now = state();
    const pair = presentOf(now);
    const numbers = readouts(now);
    const count = pairsOf(now).length;
    const known = betOf(now) !== undefined;
    const any = "ahead" in numbers;
    text(place, PAIR(numberOf(now) + 1, count));
    const shape = `${known} ${any}`;
    if (laid !== shape) {
      fill(row, known ? [said, next] : buttons, place, errors, any && tally);
      laid = shape;
    }
    if (known) {
      text(said, (betOf(now) === pair.head ? RIGHT : WRONG)(pair.head));
      said.classList.toggle("iwh-right", betOf(now) === pair.head);
      text(next, nextOf(now) < 0 ? AGAIN : NEXT);
    }
    drawGround(now.moment);
    drawCurves(pair, now.moment, known);
    set(cursor, { transform: `translate(${px(now.moment)} ${HEIGHT - PAD.bottom})` });
    set(cursor.firstChild, { d: `M0 0V${PAD.top - HEIGHT + PAD.bottom}` });
    tell();
    set(waits, { hidden: any });
    set(stack, { hidden: !any, style: { display: any ? "block" : "none" } });
    set(score, { style: { visibility: any ? "visible" : "hidden" } });
    for (const side of ["a", "b"]) {
      const value = numbers[`error-${side}`];
      show(out[`error-${side}`], value, percent(value), "of the test images");
    }
    if (any) {
      drawStack(now);
      text(when, at(now.moment)[0].toUpperCase() + at(now.moment).slice(1));
      text(of, OF(count));
      for (const name of ["ahead", "behind", "won", "placed"]) show(out[name], numbers[name], decimal(numbers[name], 0));
    }
    fig.say(spoken(now.moment, percent(numbers["error-a"]), percent(numbers["error-b"])));
  }

  const later = ui.bind(KEYS, draw);
  ui.width(surface, (width) => {
    wide = width;
    set(picture, { width });
    set(stack, { width });
    later();
  });
  return ui.end;
}
