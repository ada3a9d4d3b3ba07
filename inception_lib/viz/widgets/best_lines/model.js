/**
 * The product of a column and a row that comes nearest to a kernel: its first singular pair. The squares of
 * the singular values are the eigenvalues of KᵀK, found by Jacobi's rotations. A state is { kernel }.
 */

export const SIDE = 7;

/** The kernel as rows of numbers. */
export const matrix = (kernel) =>
  Array.from({ length: SIDE }, (_, r) => Array.from({ length: SIDE }, (_, c) => Number(kernel[r * SIDE + c])));

/** Eigenvalues and eigenvectors of a symmetric matrix, as [[value, vector], …], largest first. */
export function eigen(symmetric) {
  const n = symmetric.length;
  const a = symmetric.map((row) => [...row]);
  const v = a.map((_, i) => a.map((_, j) => Number(i === j)));
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        off += a[p][q] ** 2;
        if (!a[p][q]) continue;
        const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (const m of [a, v]) {
          for (const row of m) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
        }
        for (let k = 0; k < n; k++) [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
      }
    }
    if (off < 1e-28) break;
  }
  return a.map((row, i) => [row[i], v.map((w) => w[i])]).sort((x, y) => y[0] - x[0]);
}

const energies = (k) => eigen(k.map((_, i) => k.map((_, j) => k.reduce((sum, row) => sum + row[i] * row[j], 0))));
const sum = (list) => list.reduce((a, b) => a + b, 0);

/** The best column and row, scaled so that their largest numbers are equal; zeros for an empty kernel. */
export function lines(kernel) {
  const k = matrix(kernel);
  const [[energy, v]] = energies(k);
  if (energy < 1e-9) return { column: k.map(() => 0), row: k.map(() => 0) };
  const sign = sum(v) < 0 ? -1 : 1; // no number of the kernel is negative, so both can be drawn as positive
  const row = v.map((x) => (Math.abs(x) < 1e-9 ? 0 : sign * x));
  const column = k.map((line) => sum(line.map((x, j) => x * row[j])));
  const scale = Math.sqrt(Math.max(...column) / Math.max(...row));
  return { column: column.map((x) => x / scale), row: row.map((x) => x * scale) };
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts({ kernel }) {
  const found = energies(matrix(kernel)).map(([energy]) => energy);
  const whole = sum(found);
  return {
    held: whole > 0.5 ? found[0] / whole : 1,
    pairs: found.filter((energy) => energy > 1e-9 * Math.max(whole, 1)).length,
  };
}
