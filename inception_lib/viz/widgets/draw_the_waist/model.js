/**
 * Numbers alive from stage to stage, the reader's curve beside the true one, and where both lie on a
 * logarithmic scale. A state is { profiles, network, drawn, revealed, cut }.
 */

/** The present network: { title, stages: [{ label, name, side, shape, size }] }. */
export const profileOf = ({ profiles, network }) => profiles[network] ?? Object.values(profiles)[0];

/** What the reader has drawn, by stage; null where nothing is, and for the image, which is given. */
export function guesses(state) {
  const { stages } = profileOf(state);
  const [name, values = ""] = state.drawn.split(":");
  const found = name === state.network ? values.split(",") : [];
  return stages.map((_, i) => (i && Number(found[i] ?? 0)) || null);
}

/** A curve as the text that the state holds; empty where nothing is drawn. */
export const written = (network, curve) => (curve.some(Boolean) ? `${network}:${curve.map((v) => v || "").join(",")}` : "");

const risesOf = (sizes) => sizes.filter((size, i) => i && size && sizes[i - 1] && size > sizes[i - 1]).length;

/** The stages that are larger than the one before. */
export const rising = (sizes) => sizes.map((size, i) => i > 0 && size > sizes[i - 1]);

/** The stage that is pointed at. */
export const cutOf = (state) => Math.min(state.cut, profileOf(state).stages.length - 1);

/** The network of which there are records. */
const TRAINED = "inception_v3";

/** What is recorded of the stage at the cut: { zeros, probe }, or nothing; null where the cut is closed. */
export function insideOf(state) {
  if (!state.revealed || !state.inside || state.network !== TRAINED) return null;
  return state.trunk.layers[profileOf(state).stages[cutOf(state)].name] ?? {};
}

/** Can the cut be opened? */
export const opens = (state) => state.revealed && state.network === TRAINED;

/** The last stage with recorded maps that is not behind the cut: [name, maps, label]; the first before that. */
export function mapsAt(state) {
  const { stages } = profileOf(state);
  const known = stages.filter(({ name }) => name in state.trunk.maps);
  if (!known.length) return null;
  const names = stages.slice(0, cutOf(state) + 1).map(({ name }) => name);
  const { name, label } = known.findLast((stage) => names.includes(stage.name)) ?? known[0];
  return { label, ...state.trunk.maps[name] };
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const sizes = profileOf(state).stages.map(({ size }) => size);
  const drawn = guesses(state);
  const at = [...drawn.keys()].filter((i) => drawn[i]);
  if (!state.revealed) return { placed: at.length, image: sizes[0] };
  const alive = sizes[cutOf(state)];
  const found = { alive, times: alive / sizes[0], rises: risesOf(sizes), ...insideOf(state) };
  if (!at.length) return found;
  const off = at.reduce((sum, i) => sum + Math.abs(Math.log(drawn[i] / sizes[i])), 0) / at.length;
  return { ...found, off: Math.exp(off), "drawn-rises": risesOf([sizes[0], ...drawn.slice(1)]) };
}

/** Powers of ten between which all stages lie; wide enough not to tell where they lie. */
export function decades(sizes) {
  return [Math.min(3, Math.floor(Math.log10(Math.min(...sizes)))), Math.max(7, Math.ceil(Math.log10(Math.max(...sizes))))];
}

/** Three significant digits: what a hand can draw. */
export function rounded(value) {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 2);
  return Math.max(1, Math.round(value / unit) * unit);
}

/** The curve after a stroke from one point [stage, value] to another: stages between lie on its line. */
export function stroked(curve, [from, a], [to, b]) {
  const next = [...curve];
  const [lo, hi] = [Math.min(from, to), Math.max(from, to)];
  for (let i = Math.max(1, lo); i <= hi; i++) {
    const t = to === from ? 1 : (i - from) / (to - from);
    next[i] = rounded(Math.exp(Math.log(a) + t * (Math.log(b) - Math.log(a))));
  }
  return next;
}
