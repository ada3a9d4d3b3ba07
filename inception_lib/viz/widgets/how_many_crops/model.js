/**
 * Crops of a photograph, a row of twelve for each scale and square, and recorded photographs that stop when sure. A
 * state is { boxes, measured, pick, stop }: boxes [[top, left, bottom, right, mirrored]], measured { table, curve,
 * schemes, settled, photographs, macs }. No DOM.
 */

export const VIEWS = 12;

/** The places of all crops that are the same as one of them. */
export function sameAs(boxes, pick) {
  const one = boxes[pick].join();
  return boxes.flatMap((box, i) => (box.join() === one ? [i] : []));
}

/** For each crop, whether the same one stands before it. */
export function repeated(boxes) {
  const seen = new Set();
  return boxes.map((box) => {
    const name = box.join();
    if (seen.has(name)) return true;
    seen.add(name);
    return false;
  });
}

/** What the rows are: [{ share, square, of }], a crop's side by the square's, and which of how many squares. */
export function rowsOf(boxes) {
  const rows = Array.from({ length: boxes.length / VIEWS }, (_, r) => ({ part: boxes[r * VIEWS], whole: boxes[r * VIEWS + 10] }));
  const squares = [...new Set(rows.map(({ whole }) => whole.join()))];
  return rows.map(({ part, whole }) => ({
    share: (part[2] - part[0]) / (whole[2] - whole[0]), square: squares.indexOf(whole.join()), of: squares.length,
  }));
}

/** The row of the 12 crops: the middle square at the smallest scale; its whole is the one crop. */
export const middleRow = (boxes) => Math.floor(rowsOf(boxes)[0].of / 2);
export const oneCrop = (boxes) => middleRow(boxes) * VIEWS + VIEWS - 2;

/** From a crop to the one beside it, kept within the rows. */
export function moved(boxes, pick, right, down) {
  const column = Math.min(VIEWS - 1, Math.max(0, (pick % VIEWS) + right));
  const row = Math.min(boxes.length / VIEWS - 1, Math.max(0, Math.floor(pick / VIEWS) + down));
  return row * VIEWS + column;
}

/** Errors' range, in percent, in steps of two: the ends of all intervals. */
export function span({ schemes }) {
  const ends = schemes.flatMap((scheme) => scheme.interval95);
  return [2 * Math.floor(Math.min(...ends) / 2), 2 * Math.ceil(Math.max(...ends) / 2)];
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts({ boxes, measured, pick, stop }) {
  const row = measured.table[stop];
  const { passes } = measured.schemes.at(-1);
  return {
    times: sameAs(boxes, pick).length,
    different: repeated(boxes).filter((again) => !again).length,
    crops: row.crops,
    passes,
    error: row.error / 100,
    "one-crop": row.one_crop / 100,
    macs: row.crops * measured.macs,
    "macs-all": passes * measured.macs,
    settled: measured.settled,
    photographs: measured.photographs,
  };
}
