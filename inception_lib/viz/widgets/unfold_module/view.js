/** The module as stacks of sheets; bars whose ends can be dragged; the last stack, to be pointed at. */

import { compact, decimal, fill, grouped, h, kernel, kit, set, show, svg, text } from "#kit";
import {
  branchesAt, dearest, layout, owner, readouts, sheetAt, widthAt, withoutReductions,
} from "./model.js";
import { greyToMagnitude, pulled, stack, tile } from "./sheets.js";
import { branchName, BLANK, CAPTION, LABEL, PRESETS, WORDS } from "./words.js";

const KEYS = ["reduce_a", "reduce_b", "plain_a", "plain_b", "sheet"];
const DATA = ["branches", "grid", "channels", "faces"];
const LENS = 60; // pixels of the picked sheet's map, seen large
const LIFT = 10; // pixels that the picked sheet stands out of its stack

/** The colour of a branch, by what it is. */
const colourOf = (layers) => {
  if (layers.some((layer) => layer.pool)) return "pool";
  const large = layers.filter(({ kernel: k }) => k > 1).length;
  return large > 1 ? "factorized" : large ? "kxk" : "1x1";
};

export function mount({ model, el }) {
  const ui = kit(model);
  const state = () => Object.fromEntries([...KEYS, ...DATA].map((key) => [key, model.get(key)]));
  const start = state();
  const whole = branchesAt({ ...start, plain_a: false, plain_b: false });
  const names = whole.map(({ layers }) => branchName(layers));
  const colours = whole.map(({ layers }) => colourOf(layers));
  const nameOf = (which) => names[whole.findIndex((b) => b.reduction === which)];
  const fig = ui.frame({ kind: "unfold-module", label: LABEL, caption: CAPTION + (model.get("faces").output ? "" : BLANK) });
  const filter = ui.id("magnitude");
  let wide = 800;
  let place = layout(wide, start);

  // -- what does not change --------------------------------------------------------------------
  const ground = svg("g");
  const bands = svg("g");
  const picked = svg("g");
  const output = svg("g", { class: "um-output" }, bands, picked);
  const knobs = svg("g");
  const defs = svg("defs", {}, greyToMagnitude(filter));
  const picture = svg("svg", { class: "um-picture" }, defs, ground, output, knobs);
  const costs = whole.map((_, i) => ui.readout(`branch-${i + 1}`, { class: "um-cost" }));
  const out = Object.fromEntries(["module", "plain", "times", "sheet", "reads", "over"]
    .map((name) => [name, ui.readout(name)]));
  const [ofSheets, readsWords, overWords] = [h("span"), h("span"), h("span")];
  const totals = h("p", { class: "um-totals" },
    h("span", { class: "um-big" }, out.module), h("span", {}, WORDS.module),
    h("span", { class: "um-second" }, out.plain, " ", WORDS.plain, ", ", out.times, " ", WORDS.times));
  const lens = start.faces.output && svg("svg", { class: "um-lens", width: LENS, height: LENS });
  const told = h("p", { class: "um-told" }, lens,
    h("strong", {}, WORDS.sheet, " ", out.sheet, " ", ofSheets),
    h("span", {}, out.reads, " ", readsWords), h("span", {}, out.over, " ", overWords));
  fig.head.append(ui.chips(PRESETS, LABEL));
  fig.stage.classList.add("um-stage");
  fig.stage.append(totals, h("div", { class: "um-drawing" }, picture, costs), told);
  fig.controls.append(...["a", "b"].map((which) =>
    ui.slider({ key: `reduce_${which}`, label: WORDS.sliders(nameOf(which)) })));
  el.append(fig.root);

  const left = () => place.from;
  const span = () => place.end - place.from - (place.narrow ? 58 : 96);
  const px = (macs) => (macs / dearest(start)) * span();
  const inside = (event) => {
    const box = picture.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  const handles = ["a", "b"].map((which) => {
    const knob = svg("g", {},
      svg("rect", { class: "iw-grip", x: -12, y: -12, width: 24, height: 24, rx: 6 }),
      svg("circle", { class: "iw-knob", r: 6 }));
    const tell = ui.handle(knob, {
      label: WORDS.width(nameOf(which)), ...ui.limits[`reduce_${which}`], big: 16,
      get: () => model.get(`reduce_${which}`),
      put: (v) => ui.commit({ [`reduce_${which}`]: v }),
      text: (v) => `${v} channels`,
      at: (event) => widthAt(state(), which, ((inside(event)[0] - left()) / span()) * dearest(start)),
    });
    return { which, knob, tell };
  });
  const toggles = ["a", "b"].map((which) => {
    const words = svg("text", { "text-anchor": "end", class: "um-toggle-words" });
    const hit = svg("rect", { class: "iw-grip", x: -54, y: -17, width: 58, height: 26, rx: 6 });
    const button = svg("g", {
      class: "um-toggle", role: "button", tabindex: 0, "aria-label": WORDS.toggle(nameOf(which)),
    }, hit, words);
    const flip = () => ui.commit({ [`plain_${which}`]: !model.get(`plain_${which}`) });
    ui.on(button, "click", flip);
    ui.on(button, "keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      flip();
    });
    return { which, button, words };
  });
  const count = ui.limits.sheet.max + 1;
  // The picked sheet alone takes a finger's drag: over the rest of the stack a swipe scrolls the page.
  const tellSheet = ui.handle(picked, {
    label: WORDS.picks, ...ui.limits.sheet, big: 16,
    get: () => model.get("sheet"),
    put: (v) => ui.commit({ sheet: v }),
    text: (v) => `${v + 1}`,
    at: (event) => sheetAt(...inside(event), place, whole),
  });
  // A mouse need not press: pointing is enough.
  ui.on(output, "pointermove", (event) => {
    if (event.pointerType === "mouse" && !event.buttons) {
      ui.commit({ sheet: sheetAt(...inside(event), place, whole) });
    }
  });
  ui.on(output, "click", (event) => ui.commit({ sheet: sheetAt(...inside(event), place, whole) }));
  knobs.append(...toggles.map((t) => t.button), ...handles.map((t) => t.knob));

  const map = (which, index) => {
    const face = start.faces[which];
    return face && { ...face, index, filter };
  };

  function draw() {
    const now = state();
    const branches = branchesAt(now);
    const without = withoutReductions(now);
    const numbers = readouts(now);
    const mine = owner(branches, now.sheet);
    const { face, narrow, end, foot, middle, last, ux, uy } = place;
    const cell = narrow ? 4 : 6.5;
    set(picture, { width: wide, height: place.height });

    const parts = [];
    const inEnd = 2 + face + now.channels * ux;
    branches.forEach((branch, i) => {
      const lit = i === mine.index;
      const group = svg("g", { class: lit ? "um-branch um-lit" : "um-branch" });
      const y = foot(i);
      const mid = y - face / 2;
      const n = branch.plain ? whole[i].layers.length : branch.layers.length;
      let from = [inEnd + 4, middle - face / 2 + (now.channels * uy) / 2];
      branch.layers.forEach((layer, k) => {
        const x = place.column(k + (branch.plain ? 1 : 0), n);
        const size = layer.kernel * cell;
        const at = [x - size / 2 - (narrow ? 6 : 14), mid];
        group.append(svg("path", { class: "um-line", d: flow(from, [at[0] - size / 2 - 2, mid]) }));
        group.append(svg("path", { class: "um-line", d: `M${at[0] + size / 2 + 1} ${mid}H${x - 2}` }));
        group.append(kernel(...at, [layer.kernel, layer.kernel], cell,
          layer.kernel === 1 ? "1x1" : colours[i]));
        const ends = k === branch.layers.length - 1;
        group.append(stack({
          x, foot: y, count: layer.out, place, colour: ends || layer.kernel > 1 ? colours[i] : "1x1",
          map: ends ? map("output", 0) && { ...map("output", 0), offset: firstOf(whole, i) } : null,
        }));
        from = [x + face + layer.out * ux + 3, mid + (layer.out * uy) / 2];
        // On a phone a thick stack reaches to the next one, and leaves no room for its number.
        const free = ends ? Infinity : place.column(k + 1 + (branch.plain ? 1 : 0), n) - from[0];
        if (!narrow || free > 30) {
          group.append(svg("text", { class: "um-count", x: from[0] + 2, y: from[1] - 5 }, grouped(layer.out)));
        }
      });
      group.append(svg("path", { class: "um-line", d: flow(from, [end - 5, last - face / 2]) }));

      // The bar: its 1×1 first, then what follows it; a mark where it would end without the 1×1.
      let x = left();
      const bar = y + 8;
      branch.layers.filter((layer) => layer.macs).forEach((layer) => {
        group.append(svg("rect", {
          class: `iw-fill-${layer.kernel === 1 ? "1x1" : colours[i]}`, x, y: bar, width: px(layer.macs), height: 7,
        }));
        x += px(layer.macs);
      });
      if (branch.reduction) {
        const mark = left() + px(without[i].macs);
        group.append(svg("path", { class: "um-mark", d: `M${mark} ${bar - 3}v13` }));
        // The mark is named where the bar's own number leaves room.
        if (!branch.plain && mark - x > 66) {
          group.append(svg("text", { class: "um-mark-words", x: mark + 5, y: bar + 8 },
            compact(without[i].macs) + (narrow ? "" : ` ${WORDS.without}`)));
        }
      }
      const cost = costs[i];
      show(cost, branch.macs, compact(branch.macs), "multiply-adds");
      cost.style.left = `${x + (branch.reduction && !branch.plain ? 12 : 5)}px`;
      cost.style.top = `${bar - 6}px`;
      parts.push(group);
    });

    fill(ground,
      svg("g", { class: "um-branch um-lit" }, stack({
        x: 2, foot: middle, count: now.channels, place, colour: "ink", map: map("input", 0),
      }), svg("text", { class: "um-count", x: 2, y: middle + 15 },
        narrow ? grouped(now.channels) : `${now.grid}×${now.grid}×${grouped(now.channels)}`)),
      parts);
    drawOutput(now, branches, mine);

    for (const { which, knob, tell } of handles) {
      const i = whole.findIndex((b) => b.reduction === which);
      set(knob, {
        transform: `translate(${left() + px(branches[i].macs)} ${foot(i) + 11.5})`,
        visibility: branches[i].plain ? "hidden" : null,
      });
      tell();
    }
    for (const { which, button, words } of toggles) {
      const i = whole.findIndex((b) => b.reduction === which);
      const x = place.column(0, whole[i].layers.length) - 5;
      set(button, {
        transform: `translate(${x} ${foot(i) - face / 2 + (narrow ? 17 : 24)})`,
        "aria-pressed": String(!branches[i].plain),
      });
      text(words, branches[i].plain ? WORDS.putBack : WORDS.takeOut);
    }

    show(out.module, numbers.module, compact(numbers.module), "multiply-adds");
    show(out.plain, numbers.plain, compact(numbers.plain), "multiply-adds");
    show(out.times, numbers.times, decimal(numbers.times, 2));
    show(out.sheet, numbers.sheet, grouped(numbers.sheet));
    show(out.reads, numbers.reads, grouped(numbers.reads), "numbers");
    show(out.over, numbers.over, grouped(numbers.over), "numbers");
    const branch = branches[mine.index];
    const reader = branch.layers.at(-1);
    if (lens) fill(lens, tile(map("output", now.sheet), 0, 0, LENS));
    text(ofSheets, WORDS.of(count, names[mine.index]));
    text(readsWords, WORDS.reads(reader.kernel, reader.from));
    text(overWords, WORDS.over(branch.window, now.channels));
    fig.say(WORDS.said(compact(numbers.module), decimal(numbers.times, 2)));
  }

  /** Where band `i` of the concatenation begins, in sheets and pixels of gap. */
  function bandAt(i) {
    return { first: firstOf(whole, i), shift: [i * place.gap, i * place.gap * (place.uy / place.ux)] };
  }

  function drawOutput(now, branches, mine) {
    const { end, last, face, ux, uy, gap } = place;
    const drawn = branches.map((branch, i) => {
      const { first, shift } = bandAt(i);
      return svg("g", { class: i === mine.index ? "um-lit" : null }, stack({
        x: end, foot: last, count: branch.out, first, shift, place, colour: colours[i],
        map: map("output", 0) && { ...map("output", 0) },
      }));
    }).reverse(); // the last band lies behind
    const { shift } = bandAt(mine.index);
    const [x, y] = [end + now.sheet * ux + shift[0], last + now.sheet * uy + shift[1] - LIFT];
    fill(bands,
      svg("rect", {
        class: "iw-grip", x: end, y: last - face + count * uy - gap * 3 - LIFT,
        width: face + count * ux + gap * 3, height: face - count * uy + gap * 3 + LIFT,
      }),
      drawn,
      svg("text", { class: "um-count", x: end, y: last + 15 },
        `${place.narrow ? "" : `${now.grid}×${now.grid}×`}${grouped(count)}`));
    fill(picked, svg("rect", { class: "iw-grip", x, y: y - face, width: face, height: face }),
      pulled(x, y, place, colours[mine.index], map("output", now.sheet)));
    tellSheet();
  }

  const later = ui.bind(KEYS, draw);
  ui.width(fig.stage, (width) => {
    wide = width;
    place = layout(wide, start);
    fig.stage.classList.toggle("um-narrow", place.narrow);
    later();
  });
  return ui.end;
}

/** Sheets of the output before those of branch `i`. */
const firstOf = (branches, i) => branches.slice(0, i).reduce((sum, { out }) => sum + out, 0);

/** A calm line from one point to another, level at both ends. */
function flow([x1, y1], [x2, y2]) {
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}
