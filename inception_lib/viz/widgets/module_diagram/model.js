/**
 * From one laid-out module to the next. Layouts come from Python (layout.py): boxes
 * with a role (which branch), a span (which part of the branch's work), a place and a size in cells.
 * Here is what only the front end needs: who becomes whom, and lengths in pixels.
 */

const END = 5.5; // room for the input and for the concatenation, in cells
const WORDS = 2; // a line of text, in cells
const TENSOR = 0.06; // a cell of a tensor's grid, in cells of a kernel
const WIDEST = 48; // cells that the widest figure needs side by side

/** Pixels a cell, for a drawing of that width; the same for every figure. */
export const cellSize = (width) => Math.max(6, Math.min(7, width / WIDEST));

/**
 * Pairs [i, j]: box i of `from` becomes box j of `to`, because both do the same part of the same branch.
 * A 5×5 does all of it, two 3×3 half each, so one box may have several partners.
 */
export function partners(from, to) {
  const pairs = [];
  from.forEach((a, i) => to.forEach((b, j) => {
    if (a.role !== b.role) return;
    if (Math.min(a.span[1], b.span[1]) - Math.max(a.span[0], b.span[0]) > 1e-3) pairs.push([i, j]);
  }));
  return pairs;
}

/** Left, top, width and height of a box in pixels. */
export function rect({ x, y, size: [tall, wide] }, width, cell) {
  return [x * width - (wide * cell) / 2, (y - tall / 2) * cell, wide * cell, tall * cell];
}

/** Cells of a kernel as one path, with a gap between them. */
export function cells([left, top, width, height], [rows, columns]) {
  const [w, h] = [width / columns, height / rows];
  const gap = Math.min(1, w / 5, h / 5);
  let d = "";
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      d += `M${px(left + j * w)} ${px(top + i * h)}h${px(w - gap)}v${px(h - gap)}h${px(gap - w)}z`;
    }
  }
  return d;
}

/** An arrow from above the words over `source` to the foot of `target`; null is the input or output. */
export function arrow(source, target, height, cell) {
  const foot = (height - END) * cell;
  const x2 = centre(target ?? source);
  const y2 = (target ? target[1] + target[3] : END * cell) + 2;
  const x1 = centre(source ?? target);
  const y1 = source ? source[1] - WORDS * cell : foot;
  const middle = px((y1 + y2) / 2);
  return `M${px(x1)} ${px(y1)}C${px(x1)} ${middle} ${px(x2)} ${middle} ${px(x2)} ${px(y2)}m-4 5l4 -5l4 5`;
}

/** Heights of the two lines that gather the arrows, the concatenation's and the input's, in pixels. */
export const frame = (height, cell) => ({ output: END * cell, input: (height - END) * cell });

/** Pixels for one cell of a tensor's grid: one scale for the ends of all figures, so that none is too tall. */
export function tensorScale(figures, cell) {
  const tall = ([channels, rows]) => rows + 1.75 * Math.sqrt(channels); // as the kit draws a box
  const most = Math.max(...figures.flatMap((f) => [tall(f.input_shape), tall(f.output_shape)]));
  return Math.min(TENSOR, (END - 0.2) / most) * cell;
}

/** What the concatenation stacks, from the front: [{ kind, to }], `to` is the channels up to its end. */
export function stacked(figure) {
  let to = 0;
  return [...ends(figure)].sort((a, b) => a.x - b.x).map((b) => ({ kind: b.kind, to: (to += b.shape[0]) }));
}

/** Numbers between two lists, t from 0 to 1. */
export const mix = (from, to, t) => to.map((x, k) => from[k] + (x - from[k]) * t);

/** Figures that stand on one scale with this one. */
export const groupOf = (figures, figure) => figures.filter((f) => f.group === figure.group);

/** Share of the multiply-adds saved against the group's first figure; null where inputs differ. */
export function saving(figures, figure) {
  const group = groupOf(figures, figure);
  const input = (f) => f.input_shape.join();
  return group.every((f) => input(f) === input(figure)) ? 1 - figure.macs / group[0].macs : null;
}

/** The cost bar: for each box its start and end as a share of `whole`, branch after branch. */
export function segments(figure, whole) {
  let at = 0;
  return figure.boxes.map((box) => [at / whole, (at += box.macs) / whole]);
}

/** The last boxes of every branch: their windows together are the window of the module. */
export const ends = (figure) =>
  figure.edges.filter(([, to]) => to === "output").map(([from]) => figure.boxes.find((b) => b.name === from));

/** Height×width×channels. */
export const dims = ([channels, ...grid]) => [...grid, channels].join("×");

/** The term of a convolution: window · channels in · channels out · grid of its output. */
export function term({ kernel, in_channels: inside, shape: [out, height, width] }) {
  return `${kernel.join("·")} · ${inside} · ${out} · ${height === width ? `${height}²` : `${height}·${width}`}`;
}

const centre = ([left, , width]) => left + width / 2;
const px = (x) => Math.round(x * 10) / 10;

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const now = state.figures.find(({ id }) => id === state.figure) ?? state.figures[0];
  const found = { macs: now.macs, params: now.params, window: now.window.join("×") };
  const part = saving(state.figures, now);
  if (part !== null && now !== groupOf(state.figures, now)[0]) found.saving = part;
  const box = now.boxes.find(({ name }) => name === state.box);
  if (box) {
    Object.assign(found, {
      "box-shape": dims(box.shape), "box-macs": box.macs, "box-share": box.macs / now.macs, "box-params": box.params,
      "box-window": box.window.join("×"),
    });
  }
  return found;
}
