/**
 * RMSProp in a ravine, in the order of operations of widget.py: where steps of one size flip around nought,
 * the last bit decides. A state is { epsilon, steps, form }; a place is [x, y], x along the ravine.
 */

export const RATE = 0.045;
const RHO = 0.9;
const CURVATURE = [0.02, 2];
export const START = [-3.6, 0.5];
export const GRADIENTS = ["1", "0.1", "0.01", "0.001"];
export const FORMS = ["tensorflow", "torch"];

const firstSquare = (form) => (form === "tensorflow" ? 1 : 0);

function step(gradient, square, epsilon, form) {
  if (form === "tensorflow") return (RATE * gradient) / Math.sqrt(square + epsilon);
  return (RATE * gradient) / (Math.sqrt(square) + epsilon);
}

/** Places before the first step and after each of `count`. */
export function path({ epsilon, form }, count) {
  const place = [...START];
  const squares = place.map(() => firstSquare(form));
  const found = [START];
  for (let n = 0; n < count; n++) {
    for (const i of [0, 1]) {
      const gradient = CURVATURE[i] * place[i];
      squares[i] = RHO * squares[i] + (1 - RHO) * (gradient * gradient);
      place[i] -= step(gradient, squares[i], epsilon, form);
    }
    found.push([...place]);
  }
  return found;
}

/** Places of plain gradient descent at the same rate. */
export function plainPath(count) {
  const found = [START];
  for (let n = 0; n < count; n++) found.push(found[n].map((v, i) => v - RATE * CURVATURE[i] * v));
  return found;
}

/** The last of `steps` steps of a weight whose gradient was the same at all of them. */
export function stepOf(gradient, { epsilon, steps, form }) {
  let square = firstSquare(form);
  for (let n = 0; n < steps; n++) square = RHO * square + (1 - RHO) * (gradient * gradient);
  return step(gradient, square, epsilon, form);
}

export const lossAt = ([x, y]) => (CURVATURE[0] * (x * x) + CURVATURE[1] * (y * y)) / 2;

/** Half axes, along and across, of the places where the loss is `level`. */
export const halfAxes = (level) => CURVATURE.map((c) => Math.sqrt((2 * level) / c));

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const place = path(state, state.steps).at(-1);
  const [ours, theirs] = FORMS.map((form) => stepOf(Number(GRADIENTS.at(-1)), { ...state, form }));
  return {
    x: place[0], y: place[1], loss: lossAt(place),
    ...Object.fromEntries(GRADIENTS.map((g) => [`step-${g}`, stepOf(Number(g), state)])),
    ratio: ours / theirs,
  };
}

/** ε at a place of the slider, which is its exponent: two digits, so that Python has the same number. */
export const epsilonAt = (exponent) => Number((10 ** exponent).toPrecision(2));
