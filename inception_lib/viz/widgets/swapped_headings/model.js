/**
 * Rows of two errors under two headings that can change places. A state is { rows, beside, first }: rows
 * [{ title, crops, first, second, followed }], beside [{ where, title, crops, models, top1, top5, note, followed }],
 * first the heading of the first column. No DOM.
 */

export const [PRINTED, EXCHANGED] = ["top-5", "top-1"];
export const other = (heading) => (heading === PRINTED ? EXCHANGED : PRINTED);

/** Top-1 and top-5 error of a row; `t` from 0, as printed, to 1, with its headings exchanged. */
export const errorsAt = ({ first, second }, t) => [second + (first - second) * t, first + (second - first) * t];

export const hasBoth = ({ first, second }) => first !== null && second !== null;

/** Every number that the page shows, by the name of its <output>. */
export function readouts({ rows, beside, first }) {
  const t = first === EXCHANGED ? 1 : 0;
  const both = rows.filter(hasBoth);
  const one = beside.find((row) => row.followed);
  const last = rows.at(-1);
  const [top1, top5] = t ? [last.first, last.second] : [last.second, last.first];
  return {
    impossible: both.filter((row) => (t ? row.second > row.first : row.first > row.second)).length,
    both: both.length,
    "one-top-1": one.top1 / 100,
    "many-top-1": top1 / 100,
    "one-top-5": one.top5 / 100,
    "many-top-5": top5 / 100,
  };
}

/** The followed network from table to table: points [top-1, top-5], those of the rows at `t` where they stand. */
export function course({ rows, beside }, t) {
  const around = beside.filter((row) => row.followed).map(({ top1, top5 }) => [top1, top5]);
  const own = rows.filter((row) => row.followed && hasBoth(row)).map((row) => errorsAt(row, t));
  return [...around.slice(0, 1), ...own, ...around.slice(1)];
}
