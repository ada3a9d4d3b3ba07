/** How the window grows along a network: a bar a block, and the slider under them. */

import { fill, h, set, svg } from "#kit";
import { within } from "../_windows/paths.js";
import { follow } from "../_windows/hands.js";

const HEIGHT = 116;
const FOOT = 20;
const HEAD = 18;

/** "7c" of "Mixed_7c", "1a" of "Conv2d_1a_3x3", "p2" of "maxpool2". */
const shortName = (name) => name.replace(/^.*_(\d+[a-z])(_.*)?$/, "$1").replace("maxpool", "p");

/**
 * @param list the blocks, each with its `name` and `field`
 * @param image height of the photograph in pixels
 * @param choose called with the number of a block
 */
export function growth(ui, list, image, choose) {
  const most = Math.max(...list.map(({ field }) => field.size[0]), image);
  const chart = svg("svg", { class: "irf-growth", height: HEIGHT, "aria-hidden": "true" });
  const range = h("input", { type: "range", name: "block", min: 0, max: list.length - 1, step: 1 });
  const el = h("div", { class: "irf-blocks" }, chart, h("label", { class: "irf-block" }, h("span", {}, "Block"), range));
  let width = 600;
  ui.on(range, "input", () => choose(range.valueAsNumber));
  follow(ui, chart, (event) => {
    const { left, width: w } = chart.getBoundingClientRect();
    choose(within(Math.floor(((event.clientX - left) / w) * list.length), list.length));
  });

  return {
    el,
    resize(px) { width = px; },
    draw(index) {
      const step = width / list.length;
      const tall = (n) => ((HEIGHT - FOOT - HEAD) * n) / most;
      const base = HEIGHT - FOOT;
      set(chart, { viewBox: `0 0 ${width} ${HEIGHT}` });
      fill(chart,
        svg("path", { class: "irf-limit", d: `M0 ${base - tall(image)}H${width}` }),
        svg("text", { class: "iwin-name", x: 0, y: base - tall(image) - 4 }, `the photograph, ${image} pixels`),
        list.map(({ name, field: { size: [n] } }, i) => {
          const x = (i + 0.5) * step;
          const on = i === index;
          return svg("g", { class: on ? "irf-bar irf-on" : "irf-bar" },
            svg("rect", { x: x - step / 2, y: 0, width: step, height: HEIGHT, class: "iwin-grip" }),
            svg("rect", { x: x - Math.min(9, step * 0.36), y: base - tall(n), width: Math.min(18, step * 0.72), height: tall(n) }),
            svg("text", { x, y: HEIGHT - 6 }, shortName(name)),
            (on || step > 34) && svg("text", { x, y: base - tall(n) - 4, class: "irf-value" }, String(n)));
        }));
      range.value = String(index);
      set(range, { "aria-valuetext": `${list[index].name}, ${list[index].field.size[0]} pixels` });
    },
  };
}
