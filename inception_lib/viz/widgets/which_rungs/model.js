/**
 * A ladder of networks, and the 95 % intervals of its errors and steps. A state is { rungs, images, disagree, signed }:
 * rungs [{ title, top1, printed, macs }]; disagree in percent; signed a bit for each step. inception_lib/intervals.py
 * has the same arithmetic. No DOM.
 */

const Z95 = 1.959963984540054; // the normal quantile of 0.975

/** Half-width of a share's interval. */
export const shareHalf = (p, n) => Z95 * Math.sqrt((p * (1 - p)) / n);

/** Images of which one of two independent networks has the right answer and the other has not. */
export const independent = (p, q) => p * (1 - q) + q * (1 - p);

/** Half-width of the interval of p − q where the networks disagree on a share d of the same images. */
export const differenceHalf = (p, q, n, d) => (Z95 * Math.sqrt(Math.max(d - (p - q) ** 2, 0))) / Math.sqrt(n);

/** Of each step: { difference, half, clear, share, signed }, in percentage points; share is of one. */
export function steps({ rungs, images, disagree, signed }) {
  return rungs.slice(1).map((rung, i) => {
    const [p, q] = [rungs[i].top1 / 100, rung.top1 / 100];
    const share = Math.max(Math.abs(p - q), Math.min(disagree / 100, independent(p, q)));
    const difference = 100 * (p - q);
    const half = 100 * differenceHalf(p, q, images, share);
    return { difference, half, clear: Math.abs(difference) > half, share, signed: isSigned(signed, i) };
  });
}

export const isSigned = (signed, step) => ((signed >> step) & 1) === 1;
export const toggled = (signed, step) => signed ^ (1 << step);

/** Whether no step's networks could disagree more and still be independent. */
export const isUnpaired = ({ rungs, disagree }) =>
  rungs.slice(1).every((rung, i) => disagree / 100 >= independent(rungs[i].top1 / 100, rung.top1 / 100));

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const { rungs, images } = state;
  const all = steps(state);
  const shares = all.map(({ share }) => share);
  const found = { images, "share-low": Math.min(...shares), "share-high": Math.max(...shares) };
  rungs.forEach(({ top1, macs }, i) => {
    found[`error-${i + 1}`] = top1 / 100;
    found[`half-${i + 1}`] = 100 * shareHalf(top1 / 100, images);
    found[`macs-${i + 1}`] = macs;
  });
  all.forEach(({ difference, half, clear, signed }, i) => {
    found[`difference-${i + 1}`] = difference;
    if (signed) Object.assign(found, { [`interval-${i + 1}`]: half, [`clear-${i + 1}`]: Number(clear) });
  });
  const ticked = all.filter(({ signed }) => signed);
  if (ticked.length) Object.assign(found, { signed: ticked.length, stand: ticked.filter(({ clear }) => clear).length });
  return found;
}

/** Places of a slider with equal ratios: 0 is the fewest images, `last` the most. */
export const placeOf = (images, { min, max }, last) => (last * Math.log(images / min)) / Math.log(max / min);

/** The images at a place, to three digits; `kept` are reached exactly. */
export function imagesAt(place, { min, max }, last, kept) {
  const near = kept.find((images) => Math.round(placeOf(images, { min, max }, last)) === place);
  if (near) return near;
  const images = min * (max / min) ** (place / last);
  const unit = images < 1e4 ? 10 : 100;
  return Math.min(max, Math.max(min, Math.round(images / unit) * unit));
}
