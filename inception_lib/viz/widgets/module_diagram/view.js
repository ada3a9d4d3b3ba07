/**
 * ModuleDiagram: Figures 4, 5, 6 and 7 as one module that changes, with its cost and its window.
 * State: figures (layouts, from Python), figure (an id), box (a layer's name or "").
 */

import { compact, fill, h, kit, percent, set, show, svg, text } from "#kit";
import { drawing } from "./drawing.js";
import { cells, dims, ends, groupOf, saving, segments, term } from "./model.js";
import { CAPTION, LABEL, noteFor, OWN } from "./words.js";

const BAR = 24;

export function mount({ model, el }) {
  const ui = kit(model);
  const figures = model.get("figures");
  const current = () => figures.find((f) => f.id === model.get("figure")) ?? figures[0];
  const groups = [...new Set(figures.map((f) => f.group))];
  const fig = ui.frame({
    kind: "module-diagram", label: LABEL,
    caption: groups[0] ? CAPTION : OWN,
  });
  let pointed = null;

  const chips = groups.map((group) => h("div", { class: "imd-group" },
    group && h("span", { "aria-hidden": "true" }, group),
    ui.chips(figures.filter((f) => f.group === group).map((f) => (
      { id: f.id, label: f.label, state: { figure: f.id } })), group || "Figures")));
  const note = h("p", { class: "imd-note" });
  const picture = drawing(ui, figures, {
    pick: (name) => ui.commit({ box: model.get("box") === name ? "" : name }),
    point(name) {
      pointed = name;
      later();
    },
  });
  const canvas = h("div", { class: "imd-canvas" }, picture.el);
  const side = aside(ui);
  const bar = costBar();
  if (figures.length > 1) fig.head.append(...chips, note);
  fig.stage.append(h("div", { class: "imd-body" }, canvas, side.el), bar.el);
  el.append(fig.root);

  ui.on(fig.root, "keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") ui.commit({ box: "" });
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const group = groupOf(figures, current());
    const next = group[group.indexOf(current()) + step];
    if (!next) return;
    ui.commit({ figure: next.id });
    // With the focus on a chip, the focus goes along.
    if (event.target.matches(".chip")) fig.root.querySelector(`[data-preset="${next.id}"]`).focus();
  });

  let spoken = "";
  function draw() {
    const now = current();
    const group = groupOf(figures, now);
    picture.show(now);
    const picked = now.boxes.find((b) => b.name === model.get("box"));
    const at = now.boxes.find((b) => b.name === pointed) ?? picked;
    picture.mark(picked?.name, at?.name);
    const words = noteFor(now, group[0]);
    text(note, words);
    set(note, { hidden: !groups[0] });
    side.draw(now, group, saving(figures, now), at, picture.cell());
    bar.draw(now, group, at);
    const sentence = `${now.label}. ${words} ${compact(now.macs)} multiply-adds, window ${now.window.join("×")}.`;
    if (spoken && sentence !== spoken) fig.say(sentence);
    spoken = sentence;
  }

  let later = () => {};
  ui.width(canvas, (px) => {
    picture.resize(px);
    later();
  });
  ui.width(bar.el, (px) => {
    bar.resize(px);
    later();
  });
  later = ui.bind(["figure", "box"], draw);
  return ui.end;
}

/** The numbers of the module, its window, and those of the layer at hand. */
function aside(ui) {
  const [save, macs, params, window] = ["saving", "macs", "params", "window"].map((n) => ui.readout(n));
  const saved = h("span");
  const holes = h("span");
  const view = svg("svg", { class: "imd-window", "aria-hidden": "true" });
  const facts = ["shape", "macs", "share", "params", "window"].map((n) => ui.readout(`box-${n}`));
  const [shape, boxMacs, share, weights, sees] = facts;
  const name = h("strong");
  const path = h("code");
  const formula = h("p", { class: "imd-term" });
  const input = h("span");
  const hint = h("p", {}, "Point at a kernel, or pick it: its shape, its cost and its window stand here.");
  const detail = h("div", {},
    h("p", { class: "imd-name" }, name, " ", path),
    h("p", { class: "imd-flow" }, input, " → ", shape),
    h("p", {}, boxMacs, " multiply-adds"),
    formula,
    h("p", {}, share, " of the module"),
    h("p", {}, weights, " parameters"),
    h("p", {}, "sees ", sees));
  const el = h("div", { class: "imd-side" },
    h("div", {},
      h("p", { class: "imd-verdict" }, macs, "multiply-adds"),
      h("p", {}, save, saved),
      h("p", {}, params, " parameters")),
    h("div", {}, h("p", { class: "imd-sees" }, window, " window", holes), view),
    h("div", { class: "imd-detail" }, hint, detail));

  function draw(now, group, part, box, cell) {
    show(macs, now.macs, compact(now.macs), "multiply-adds");
    show(params, now.params, compact(now.params), "parameters");
    const first = group[0].label.replaceAll(" ", "\u00a0");
    show(save, part ?? 0, percent(Math.abs(part ?? 0)), `of ${group[0].label}’s multiply-adds`);
    set(save, { hidden: part === null || now === group[0] });
    // A line is kept where there is nothing to compare, so that what follows does not move.
    const compared = now === group[0] ? "the reference" : ` ${part < 0 ? "more" : "less"} than ${first}`;
    text(saved, part === null || group.length === 1 ? "\u00a0" : compared);
    const [tall, wide] = now.window;
    text(window, `${tall}×${wide}`);
    set(window, { "data-value": `${tall}×${wide}` });
    text(holes, now.seen < tall * wide ? `, ${now.seen} of ${tall * wide} seen` : "");

    const side = Math.max(...group.flatMap((f) => f.window)) * cell;
    const at = ([rows, columns], kind) => svg("path", {
      class: kind,
      d: cells([(side - columns * cell) / 2, (side - rows * cell) / 2, columns * cell, rows * cell], [rows, columns]),
    });
    set(view, { width: side, height: side });
    fill(view, ends(now).map((b) => at(b.window, "imd-seen")), box && at(box.window, `imd-${box.kind}`));

    set(hint, { hidden: !!box });
    set(detail, { hidden: !box });
    if (!box) return;
    const pool = { max_pool: "max-pool", avg_pool: "average pool" }[box.op];
    text(name, `${box.kernel.join("×")} ${pool ?? "convolution"}`);
    text(path, box.name);
    const before = now.edges.find(([, to]) => to === box.name)[0];
    const [, ...grid] = now.boxes.find((b) => b.name === before)?.shape ?? now.input_shape;
    text(input, dims([box.in_channels, ...grid]));
    text(shape, dims(box.shape));
    show(boxMacs, box.macs, compact(box.macs), "multiply-adds");
    show(share, box.macs / now.macs, percent(box.macs / now.macs), "of the module’s multiply-adds");
    text(formula, box.op === "conv" ? term(box) : "pooling counts nothing");
    show(weights, box.params, compact(box.params), "parameters");
    text(sees, box.window.join("×"));
  }
  return { el, draw };
}

/** Multiply-adds, layer by layer in the branches' colours; one scale for the group. */
function costBar() {
  const parts = svg("g");
  const mark = svg("g");
  const bar = svg("svg", { height: BAR + 22, "aria-hidden": "true" }, parts, mark);
  const el = h("div", { class: "imd-cost" }, bar);
  let wide = 640;

  const segment = () => svg("g", { class: "imd-part" }, svg("rect", { height: BAR }), svg("text", { x: 6, y: 18 }));

  function draw(now, group, box) {
    const whole = Math.max(...group.map((f) => f.macs));
    const rows = segments(now, whole);
    while (parts.childElementCount < rows.length) parts.append(segment());
    [...parts.children].forEach((g, i) => {
      const b = now.boxes[i];
      const [from, to] = (rows[i] ?? [now.macs / whole, now.macs / whole]).map((share) => share * wide);
      // A wider gap where a branch ends.
      const gap = now.boxes[i + 1]?.role === b?.role ? 1 : 3;
      const long = Math.max(0, to - from - gap);
      g.classList.toggle("imd-dim", !!box && b !== box);
      set(g, { style: { transform: `translateX(${from}px)` } });
      set(g.firstChild, { class: b && `imd-${b.kind}`, style: { width: `${long}px` } });
      text(g.lastChild, b && long > 38 ? b.kernel.join("×") : "");
    });
    const first = group[0];
    const [end, against] = [now, first].map((f) => (f.macs / whole) * wide);
    fill(mark,
      against > end + 4 && svg("rect", { class: "imd-gap", x: end, y: 0.5, width: against - end, height: BAR - 1 }),
      svg("text", { class: "imd-axis", x: 0, y: BAR + 17 }, "multiply-adds"),
      now !== first && saving(group, now) !== null && [
        svg("path", { class: "imd-mark", d: `M${against} -3V${BAR + 5}` }),
        svg("text", { x: against, y: BAR + 17, "text-anchor": "end" }, `${first.label}: ${compact(first.macs)}`),
      ]);
  }
  return {
    el,
    draw,
    resize(px) {
      wide = px;
      set(bar, { width: px });
    },
  };
}
