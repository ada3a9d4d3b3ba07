/**
 * Numbers as the book writes them: thin separators, units, three significant figures, the exact
 * value kept elsewhere (see `readout` in view/ui.js). The same rules stand in inception_lib/viz/format.py;
 * tests/fixtures/format.json holds both to them.
 *
 *   grouped(1128960)  -> "1 128 960"    (narrow no-break spaces, U+202F)
 *   compact(221184000) -> "221 M"        compact(5713216096) -> "5.71 Bn"
 *   percent(0.28)     -> "28 %"         percent(0.26562) -> "26.6 %"
 *   decimal(2.7777, 2) -> "2.78"         decimal(1.5, 2) -> "1.5"
 */

export const THIN = "\u202f";
const UNITS = [
  [1e12, "Tn"],
  [1e9, "Bn"],
  [1e6, "M"],
  [1e3, "k"],
];

/** Round half away from zero, as the library rounds widths: floor(x + 0.5) for x >= 0. */
export const half = (x) => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);

/** At most `places` decimals, trailing zeros dropped, a real minus sign. */
export function decimal(x, places) {
  const scale = 10 ** places;
  const digits = half(Math.abs(x) * scale);
  const whole = Math.floor(digits / scale);
  const rest = String(digits % scale).padStart(places, "0").replace(/0+$/, "");
  return (x < 0 && digits ? "−" : "") + grouped(whole) + (rest && places ? "." + rest : "");
}

/** An integer in groups of three: 9999 stays whole, 10 000 and up are spaced. */
export function grouped(n) {
  const digits = String(Math.abs(n));
  const spaced = digits.length < 5 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, THIN);
  return (n < 0 ? "−" : "") + spaced;
}

/** Three significant figures and a unit; whole numbers below 10 000 as they are. */
export function compact(n) {
  const size = Math.abs(n);
  if (size < 1e4) return decimal(n, Number.isInteger(n) ? 0 : 2);
  for (const [unit, name] of UNITS) {
    // 999.6 M would print as 1000 M: it belongs to the next unit.
    if (size < unit * 0.9995) continue;
    const scaled = n / unit;
    const places = Math.abs(scaled) < 9.995 ? 2 : Math.abs(scaled) < 99.95 ? 1 : 0;
    return decimal(scaled, places) + THIN + name;
  }
  return grouped(n);
}

/** A share of one in percent, one decimal unless it is a whole number to that decimal. */
export const percent = (x, places = 1) => decimal(x * 100, places) + THIN + "%";
