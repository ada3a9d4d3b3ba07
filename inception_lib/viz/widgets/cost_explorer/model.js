/**
 * Cost of one k×k layer and of its factorization (sections 3.1 and 3.2), as plain arithmetic.
 * The same numbers come from widget.py, read off modules that are built and traced; a fixture holds these
 * to them.
 *
 * A state is { preset, grid, channels, alpha, n }. Every layer has stride 1, "same" padding, no bias:
 * multiply-adds = height · width · in · out · grid².
 */

/** Kernels [height, width] of the single layer and of its factorization, at a given n. */
const KERNELS = {
  "5x5-vs-3x3": () => [[[5, 5]], [[3, 3]]],
  "two-3x3": () => [[[5, 5]], [[3, 3], [3, 3]]],
  "asym-3": () => [[[3, 3]], [[3, 1], [1, 3]]],
  "two-2x2": () => [[[3, 3]], [[2, 2], [2, 2]]],
  "asym-n": (n) => [[[n, n]], [[1, n], [n, 1]]],
};

/** Whole channels, half rounded up as in Python. */
const whole = (width) => Math.max(1, Math.floor(width + 0.5));

function stack(kernels, { grid, channels, alpha }) {
  const out = whole(channels * alpha);
  const widths = kernels.length === 1
    ? [channels, out]
    : [channels, whole(channels * Math.sqrt(alpha)), out];
  const layers = kernels.map(([height, width], i) => {
    const params = height * width * widths[i] * widths[i + 1];
    return {
      kernel: [height, width], in: widths[i], out: widths[i + 1], params, macs: params * grid * grid,
    };
  });
  const sum = (key) => layers.reduce((total, layer) => total + layer[key], 0);
  return { layers, widths, macs: sum("macs"), params: sum("params") };
}

/** Both alternatives at a state, and the share that the second saves of the first. */
export function compare(state) {
  const [one, many] = KERNELS[state.preset](state.n);
  const single = stack(one, state);
  const factorized = stack(many, state);
  return { single, factorized, saving: 1 - factorized.macs / single.macs };
}

/** The saving before widths are rounded to whole channels; with two layers each widens by √α. */
export function smoothSaving(preset, alpha, n) {
  const [[[height, width]], many] = KERNELS[preset](n);
  const area = many.map(([a, b]) => a * b);
  const cost = area.length === 1
    ? area[0] * alpha
    : Math.sqrt(alpha) * (area[0] + area[1] * alpha);
  return 1 - cost / (height * width * alpha);
}

/**
 * α at which the first of two layers fills the share p of the dearer alternative: the inverse of the
 * boundary between two segments, so that it can be dragged.
 */
export function alphaAtShare(p, preset, n) {
  const [[[height, width]], [first, second]] = KERNELS[preset](n);
  const a = first[0] * first[1];
  const b = second[0] * second[1];
  const cheaper = (a / (height * width * p)) ** 2; // the single layer is the whole: p = a / (k² √α)
  if (smoothSaving(preset, cheaper, n) >= 0) return cheaper;
  return ((1 / p - 1) * a) / b; // the pair itself is the whole: p = a / (a + b α)
}

/** What the small plot runs over: α, or n where the kernels depend on it. */
export const variable = (preset) => (preset === "asym-n" ? "n" : "alpha");

/** The smooth saving as points [x, saving] over the limits of its variable. */
export function curve({ preset, alpha, n }, limits) {
  const key = variable(preset);
  const { min, max } = limits[key];
  const steps = key === "n" ? max - min : 70;
  return Array.from({ length: steps + 1 }, (_, i) => {
    const x = min + ((max - min) * i) / steps;
    return [x, key === "n" ? smoothSaving(preset, alpha, x) : smoothSaving(preset, x, n)];
  });
}

/** Round steps 0, s, 2s, … up to `end`, at most `count` of them besides 0; s is 1, 2 or 5 × 10^k. */
export function ticks(end, count) {
  const power = 10 ** Math.floor(Math.log10(end / count));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => end / s <= count);
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => i * step);
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const { single, factorized, saving } = compare(state);
  const found = { saving, ratio: single.macs / factorized.macs };
  for (const [name, row] of Object.entries({ single, factorized })) {
    [["", row], ...row.layers.map((layer, i) => [`-${i + 1}`, layer])].forEach(([which, { macs, params }]) => {
      found[`${name}${which}-macs`] = macs;
      found[`${name}${which}-params`] = params;
    });
  }
  return found;
}
