/** What stands in the picture, as solids, lines, shadows and labels: from the state and the colours. */

import { viridis } from "#kit";
import { bodies, boxNamed, cellIn, greatest, lines, reached, seen, standing, stepOf, valueOf } from "./model.js";

/** Colours of the page, as three numbers from 0 to 1 each. */
export function coloursOf(el) {
  const probe = el.ownerDocument.createElement("span");
  el.append(probe);
  const found = {};
  for (const name of ["ink", "paper", "muted", "soft", "accent", "1x1", "kxk", "factorized", "pool", "aux", "wrong"]) {
    probe.style.color = `var(--iw-${name})`;
    found[name] = getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map((x) => x / 255);
  }
  probe.remove();
  found.dark = found.paper[0] + found.paper[1] + found.paper[2] < 1.5;
  return found;
}

export function compose(state, colours) {
  const { boxes } = state.scene;
  const shown = bodies(state);
  const step = stepOf(state);
  const within = (i) => i >= step.first && i <= step.last;
  const photo = state.photos[state.photo];
  const tiles = photo?.faces?.tiles ?? {};
  const picked = boxNamed(state, state.tensor);
  const windows = new Map();
  let before = new Map();
  if (picked >= 0) {
    const cell = cellIn(boxes[picked], state.row, state.column);
    before = seen(state.scene, picked, cell);
    for (const [i, window] of reached(state.scene, picked, cell)) windows.set(i, window);
    for (const [i, window] of before) windows.set(i, window);
  }
  const most = greatest(state) || 1;
  const colour = (i, kind) => {
    if (state.colour === "operation") return kind === "ink" ? colours.muted : colours[kind];
    const value = valueOf(state, i);
    return value === null ? colours.soft : viridis(value / most).map((x) => x / 255);
  };
  const ghost = (i) => (picked >= 0 ? (before.has(i) ? 0 : windows.has(i) ? 0.5 : 0.82) : within(i) ? 0 : 0.8);

  const solids = shown.flatMap(({ i, at, size, block }) => {
    const box = boxes[i];
    const parts = box.parts ?? [[1, box.kind]];
    const whole = parts.reduce((sum, [channels]) => sum + channels, 0);
    let start = at[0] - size[0] / 2;
    return parts.map(([channels, kind], n) => {
      const depth = (size[0] * channels) / whole;
      start += depth;
      const face = n === 0;
      const tile = i === 0 && photo ? [0, 0, 1, 1] : (tiles[box.name]?.slice(0, 4) ?? null);
      return {
        i, block, at: [start - depth / 2, at[1], at[2]], size: [depth, size[1], size[2]],
        rgb: colour(i, kind), ghost: ghost(i), tile: face ? tile : null, photo: i === 0,
        cells: [box.shape[2], box.shape[1]], window: face ? (windows.get(i) ?? null) : null, picked: i === picked,
      };
    });
  });

  const wires = lines(state, shown).map(({ from, to, points }) => {
    const strong = picked >= 0 && before.has(from) && before.has(to);
    const lit = strong || (picked < 0 && within(from) && within(to));
    return {
      points, width: strong ? 2 : 1.2,
      rgba: [...(strong ? colours.accent : colours.muted), lit ? (strong ? 0.9 : 0.6) : 0.12],
    };
  });

  const floor = shown.map(({ i, at, size }) => {
    const reach = 3 + 0.28 * size[1];
    return {
      rect: [at[0], at[2], size[0] / 2, size[2] / 2], reach, strength: (colours.dark ? 0.5 : 0.2) * (1 - 0.8 * ghost(i)),
    };
  });

  const labels = standing(state).map(({ block }) => {
    const members = shown.filter(({ i }) => i >= block.first && i <= block.last);
    const front = Math.max(...members.map(({ at, size }) => at[2] + size[2] / 2));
    const [left, right] = [
      Math.min(...members.map(({ at, size }) => at[0] - size[0] / 2)),
      Math.max(...members.map(({ at, size }) => at[0] + size[0] / 2)),
    ];
    return {
      key: `${block.name} ${state.unfold || (block.times ?? 1)}`, block, times: state.unfold ? 1 : (block.times ?? 1),
      at: [(left + right) / 2, 0, front + 5],
      lit: picked >= 0 ? members.some(({ i }) => before.has(i)) : members.some(({ i }) => within(i)),
    };
  });
  return { shown, solids, lines: wires, floor, labels, picked, boxes, lit: shown.filter(({ i }) => ghost(i) === 0) };
}
