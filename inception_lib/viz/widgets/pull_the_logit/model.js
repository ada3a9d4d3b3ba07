/**
 * The loss of section 7 where one logit stands `gap` above all others, which are equal. A state is
 * { gap, epsilon, classes, second }; widget.py has the same numbers from torch's loss.
 */

/** −log p of the right class: H(q, p) for hard labels. */
export const hardLoss = ({ gap, classes }) => Math.log1p((classes - 1) * Math.exp(-gap));

/** Probability of the right class. */
export const right = (state) => Math.exp(-hardLoss(state));

/** What stands beside H(q, p): H(u, p), or the negative entropy of p. */
export function secondLoss(state) {
  const hard = hardLoss(state);
  if (state.second === "uniform") return hard + (1 - 1 / state.classes) * state.gap;
  return -(hard + (1 - right(state)) * state.gap);
}

/** The two parts as they enter the loss, and the loss. */
export function parts(state) {
  const hard = (1 - state.epsilon) * hardLoss(state);
  const second = state.epsilon * secondLoss(state);
  return { hard, second, loss: hard + second };
}

/** q′ of the right class. */
export const target = ({ epsilon, classes }) => 1 - epsilon + epsilon / classes;

/** ∂ℓ/∂z of the right class; all others have the rest of it with the other sign, in equal shares. */
export function gradient(state) {
  const p = right(state);
  if (state.second === "uniform") return p - target(state);
  return (1 - p) * (state.epsilon * p * state.gap - (1 - state.epsilon));
}

/** The gap at which the loss is lowest; infinite for hard labels. */
export function best(state) {
  const { epsilon, classes, second } = state;
  if (!epsilon) return Infinity;
  if (second === "uniform") return Math.log(target(state) / (epsilon / classes));
  let [low, high] = [0, (1 - epsilon) / epsilon + Math.log(classes) + 1];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (right({ classes, gap: middle }) * middle > (1 - epsilon) / epsilon) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const found = { loss: parts(state).loss, p: right(state), gradient: gradient(state) };
  if (state.second === "uniform") found.target = target(state);
  if (state.epsilon) {
    found.best = best(state);
    found.lowest = parts({ ...state, gap: found.best }).loss;
  }
  return found;
}

/** The gaps after each of `count` steps of gradient descent on all logits, at a rate of 1, up to `most`. */
export function descend(state, count, most) {
  const gaps = [];
  let { gap } = state;
  for (let i = 0; i < count; i++) {
    // The right logit moves by −∂ℓ/∂z, each other one by its share of the opposite.
    gap = Math.min(most, Math.max(0, gap - (gradient({ ...state, gap }) * state.classes) / (state.classes - 1)));
    gaps.push(gap);
  }
  return gaps;
}

/** Rows of bars: the others that are drawn, and whether they stand for more. */
export const rowsOf = (classes) => ({ drawn: Math.min(classes - 1, 9), more: classes > 10 });

/** The plot's lowest and highest value, of the loss and its parts, over all gaps up to `most`. */
export function range(state, most) {
  const ends = [0, most].flatMap((gap) => Object.values(parts({ ...state, gap })));
  return [Math.min(0, ...ends), Math.max(...ends) * 1.06];
}
