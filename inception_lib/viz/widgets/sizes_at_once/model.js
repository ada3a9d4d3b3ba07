/** Where the windows of a cell lie on the image. */

/** The windows of a cell: { name, kind, side, left, top }, in pixels of the image. */
export const windowsOf = ({ windows, grid, row, column }) =>
  windows.map(({ first, ...rest }) => ({
    ...rest, left: first + grid.stride * column, top: first + grid.stride * row,
  }));

/** The cell whose middle is nearest to a pixel. */
export function cellAt(x, y, { windows, grid }) {
  const middle = windows[0].first + windows[0].side / 2;
  const index = (v) => Math.min(Math.max(Math.round((v - middle) / grid.stride), 0), grid.cells - 1);
  return { row: index(y), column: index(x) };
}

/** Every number that the page shows, by the name of its <output>. */
export const readouts = ({ windows, row, column }) => ({
  row: row + 1,
  column: column + 1,
  ...Object.fromEntries(windows.map(({ name, side }) => [`side-${name.replace("×", "x")}`, side])),
});
