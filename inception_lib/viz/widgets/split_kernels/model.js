/**
 * A module between four of its forms: where its tensors and kernels are, and what the nearest costs. No DOM.
 * Tensors come from Python (widget.py): { op, channels, parts, parents, stops: [{ at, size, kind, kernel, window, macs,
 * params }] }, one stop a module.
 */

/** The module that a place between two is nearest to. */
export const nearest = (stop) => Math.floor(stop + 0.5);

/** Every number that the page shows, by the name of its <output>. */
export function readouts({ tensors, stop }) {
  const k = nearest(stop);
  const sum = (key) => tensors.reduce((total, { stops }) => total + stops[k][key], 0);
  const [top, bottom, left, right] = tensors[0].stops[k].window;
  return { macs: sum("macs"), params: sum("params"), window: `${bottom - top + 1}×${right - left + 1}` };
}

/** Multiply-adds of each of the modules. */
export const costs = (tensors) => tensors[0].stops.map((_, stop) => readouts({ tensors, stop }).macs);

const mix = (a, b, t) => a.map((x, k) => x + (b[k] - x) * t);

/** Every tensor at a place between two modules: { i, at, size, kernel, window, kinds: [before, after], t }. */
export function bodies(tensors, stop) {
  const k = Math.min(Math.floor(stop), tensors[0].stops.length - 2);
  const t = stop - k;
  return tensors.map(({ stops: { [k]: a, [k + 1]: b } }, i) => ({
    i, t, at: mix(a.at, b.at, t), size: mix(a.size, b.size, t), window: mix(a.window, b.window, t),
    kernel: a.kernel.length ? mix(a.kernel, b.kernel, t) : [], kinds: [a.kind, b.kind],
  }));
}

/** The kernels larger than a cell, as plates between a tensor and what it is made of: { i, at, size, cell }. */
export function plates(tensors, all) {
  return all.flatMap((body) => {
    const { op, parents } = tensors[body.i];
    if (op !== "conv" || Math.max(...body.kernel) <= 1) return [];
    const before = all[parents[0]];
    const from = before.at[0] + before.size[0] / 2;
    const to = body.at[0] - body.size[0] / 2;
    const room = to - from;
    if (room < 0.05) return [];
    const thick = Math.min(1.4, room / 6);
    return [{
      i: body.i, at: [from + 0.3 * room, body.at[1], body.at[2]], size: [thick, ...body.kernel], from, to,
    }];
  });
}

/** From where a kernel is read, through it, to the one cell that it makes: a line for each of its corners. */
export function rays({ at: [x, y, z], size: [, rows, columns], from, to }) {
  return [[-1, -1], [-1, 1], [1, 1], [1, -1]].map(([a, b]) => {
    const corner = [y + (a * rows) / 2, z + (b * columns) / 2];
    return [[from, ...corner], [x, ...corner], [to, y + a / 2, z + b / 2]];
  });
}
