/** Claims and the allowance that each needs, as plain arithmetic; widget.py counts the same. */

/** Verdicts by the name of their count; the first two change with the allowance. */
export const COUNTS = {
  holds: "holds",
  differs: "differs",
  "holds at this scale": "holds-small",
  "opposite at this scale": "opposite-small",
  "not decided": "undecided",
  open: "open",
  "not reproducible here": "quoted",
};

/** A claim's verdict if numbers may be off by so many percent more than the paper's digits say. */
export function verdictAt({ verdict, needs }, allowance) {
  if (needs === null || !(verdict === "holds" || verdict === "differs")) return verdict;
  return needs <= allowance ? "holds" : "differs";
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts({ claims, allowance }) {
  const found = Object.fromEntries(Object.values(COUNTS).map((name) => [name, 0]));
  for (const claim of claims) found[COUNTS[verdictAt(claim, allowance)]] += 1;
  return found;
}

/** Claims in runs of one part of the paper: [part, claims]. 3.1 belongs to 3. */
export function parts(claims) {
  const found = [];
  for (const claim of claims) {
    const part = claim.section.split(".")[0];
    if (found.at(-1)?.[0] === part) found.at(-1)[1].push(claim);
    else found.push([part, [claim]]);
  }
  return found;
}
