/**
 * The drawing of ModuleDiagram: kernels to scale between two tensors, the input below and the concatenation above.
 * Going to another figure, every kernel moves from the kernel whose work it takes over.
 */

import { box as tensor, boxSize, compact, fill, percent, set, svg, text } from "#kit";
import { arrow, cells, cellSize, dims, frame, mix, partners, rect, stacked, tensorScale } from "./model.js";

const MOTION = 260; // milliseconds

/** `pick(name)` on click or Enter, `point(name or null)` on hover and focus; `figures` share one scale. */
export function drawing(ui, figures, { pick, point }) {
  const arrows = svg("path", { class: "imd-arrow" });
  const buses = ["output", "input"].map(() => svg("path", { class: "imd-bus" }));
  const tensors = svg("g", { "aria-hidden": "true" });
  const words = buses.map(() => svg("text", { class: "imd-end" }));
  const ghosts = svg("g", { "aria-hidden": "true" });
  const boxes = svg("g");
  const el = svg("svg", { class: "imd-drawing", role: "group" }, arrows, buses, tensors, words, ghosts, boxes);

  let width = 0;
  let cell = 9;
  let figure = null;
  let items = []; // of the present figure: { box, g, …, from, now, fresh }
  let leaving = []; // kernels that merge into another or go: { path, from, to, box, fades }
  const move = ui.motion(MOTION);

  function item(box) {
    const path = svg("path", { class: `imd-${box.kind}` });
    const label = svg("text", { class: "imd-label", "text-anchor": "middle" }, box.label);
    const part = box.macs ? percent(box.macs / figure.macs, 0) : "";
    const share = svg("text", { class: "imd-share" }, part);
    const hit = svg("rect", { class: "imd-hit" });
    const ring = svg("rect", { class: "imd-ring", rx: 2 });
    const spoken = [
      box.name, box.label, `makes ${dims(box.shape)}`, box.macs && `${compact(box.macs)} multiply-adds, ${part}`,
      `sees ${box.window.join("×")}`,
    ];
    const g = svg("g", {
      class: "imd-box", tabindex: 0, role: "button", "data-box": box.name,
      "aria-label": spoken.filter(Boolean).join(", "),
    }, hit, ring, path, label, share);
    ui.on(g, "click", () => pick(box.name));
    ui.on(g, "pointerenter", (e) => e.pointerType === "mouse" && point(box.name));
    ui.on(g, "pointerleave", () => point(null));
    ui.on(g, "focus", () => g.matches(":focus-visible") && point(box.name));
    ui.on(g, "blur", () => point(null));
    ui.on(g, "keydown", (e) => {
      if (e.key !== "Enter" && e.key !== " ") return;
      e.preventDefault();
      pick(box.name);
    });
    return { box, g, path, label, share, hit, ring };
  }

  /** Place everything at k, from 0 (where it comes from) to 1 (where it belongs). */
  function place(k) {
    for (const it of items) {
      it.now = mix(it.from, rect(it.box, width, cell), k);
      const [x, y, w, h] = it.now;
      set(it.path, { d: cells(it.now, it.box.kernel) });
      set(it.label, { x: x + w / 2, y: y - 5 });
      set(it.share, { x: x + w + 6, y: y + h / 2 + 4 });
      set(it.ring, { x: x - 3.5, y: y - 3.5, width: w + 6, height: h + 6 });
      const wide = Math.max(w, 30) + 8;
      set(it.hit, { x: x + w / 2 - wide / 2, y: y - 18, width: wide, height: h + 22 });
      set(it.g, { opacity: it.fresh ? k : null });
      // Words come in late: on the way they would only cross each other.
      for (const word of [it.label, it.share]) set(word, { opacity: k < 1 ? Math.max(0, 2 * k - 1) : null });
    }
    for (const { path, from, to, box, fades } of leaving) {
      set(path, { d: cells(mix(from, to, k), box.kernel), opacity: fades ? 1 - k : 1 });
    }
    const at = Object.fromEntries(items.map((it) => [it.box.name, it.now]));
    set(arrows, {
      d: figure.edges.map(([a, b]) => arrow(at[a] ?? null, at[b] ?? null, figure.height, cell)).join(""),
      opacity: items.some((it) => it.fresh) ? k : null,
    });
  }

  /** Everything at k; at its place, what merged or went is gone. */
  function arrive(k) {
    if (k === 1) {
      leaving = [];
      fill(ghosts);
    }
    place(k);
  }

  /** Show a figure, moving there from the present one. */
  function show(next) {
    if (next === figure) return;
    const before = items;
    const focused = before.findIndex((it) => it.g === document.activeElement);
    figure = next;
    items = next.boxes.map(item);
    const pairs = partners(before.map((it) => it.box), next.boxes);
    items.forEach((it, j) => {
      const parent = pairs.find(([, b]) => b === j);
      it.fresh = before.length > 0 && !parent;
      it.from = parent ? before[parent[0]].now : rect(it.box, width, cell);
    });
    // Of several that become one, the first is its beginning and the others arrive with it.
    leaving = before.flatMap((old, i) => {
      const mine = pairs.filter(([a]) => a === i);
      const extra = mine.filter(([, b]) => pairs.find((p) => p[1] === b)[0] !== i);
      const made = (to, box, fades) =>
        ({ from: old.now, to, box, fades, path: svg("path", { class: `imd-${box.kind}` }) });
      if (!mine.length) return [made(old.now, old.box, true)];
      return extra.map(([, b]) => made(rect(next.boxes[b], width, cell), next.boxes[b], false));
    });
    fill(ghosts, leaving.map((l) => l.path));
    fill(boxes, items.map((it) => it.g));
    if (focused >= 0) {
      const heir = pairs.find(([a]) => a === focused)?.[1] ?? 0;
      items[heir].g.focus({ preventScroll: true });
    }
    set(el, { "aria-label": `${next.label}: from ${dims(next.input_shape)} to ${dims(next.output_shape)}` });
    outline();
    place(0); // until the first frame
    move(arrive, !before.length);
  }

  /** Both ends as tensors, in the middle of the lines that gather the arrows. */
  function outline() {
    const { output, input } = frame(figure.height, cell);
    const scale = tensorScale(figures, cell);
    const size = ([channels, rows], upTo = channels) => boxSize(rows, upTo, scale);
    set(el, { width, height: figure.height * cell });
    const [out, inside] = [size(figure.output_shape), size(figure.input_shape)];
    const called = [`filter concat: ${dims(figure.output_shape)}`, `input: ${dims(figure.input_shape)}`];
    // In the middle, unless the words beside it would not fit.
    const left = (wide, i) => Math.min((width - wide) / 2, width - wide - 10 - 6.6 * called[i].length);
    // The last branch lies at the back: it is drawn first, and what stands before it over it.
    fill(tensors,
      stacked(figure).toReversed().map(({ kind, to }) => {
        const part = size(figure.output_shape, to);
        const g = tensor(left(out.width, 0), output - part.height / 2 - 1, part);
        g.classList.add("imd-whole", `imd-of-${kind}`);
        return g;
      }),
      tensor(left(inside.width, 1), input + inside.height / 2 + 1, inside));
    [[output, out, -8], [input, inside, 18]].forEach(([y, { width: wide }, by], i) => {
      set(buses[i], { d: `M0 ${y}H${width}` });
      set(words[i], { x: left(wide, i) + wide + 10, y: y + by });
      text(words[i], called[i]);
    });
  }

  return {
    el,
    show,
    /** The picked layer is framed; the one pointed at says what leaves it. */
    mark(picked, pointed) {
      for (const { g, box, label } of items) {
        set(g, { "aria-pressed": String(box.name === picked) });
        g.classList.toggle("imd-at", box.name === pointed);
        text(label, box.name === pointed ? dims(box.shape) : box.label);
      }
    },
    resize(px) {
      [width, cell] = [px, cellSize(px)];
      if (!figure) return;
      outline();
      move(arrive, true);
    },
    cell: () => cell,
  };
}
