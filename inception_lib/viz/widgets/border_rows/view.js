/**
 * BorderRows: the ends of five grids, and a map of all sizes that is a handle. State: size.
 */

import { decimal, fill, h, kit, set, show, svg, text } from "#kit";
import { LARGEST, lastWindows, over, readouts, sides, SMALLEST } from "./model.js";
import { CAPTION, CELLS, HANDLE, LABEL, nameOf, OVER, PIXELS, PRESETS, SIZE, whole } from "./words.js";

const ROW = 40; // pixels of height for a grid
const BAND = 13; // of a layer on the map

export function mount({ model, el }) {
  const ui = kit(model);
  const layers = model.get("layers");
  const fig = ui.frame({ kind: "border-rows", label: LABEL, caption: CAPTION });
  const rows = layers.map((layer) => {
    const out = ui.readout(`side-${layer.name}`);
    const cells = svg("svg", { class: "ibr-cells", height: ROW, "aria-hidden": "true" });
    const left = h("span", { class: "ibr-left" });
    return { layer, out, cells, left, el: h("li", {}, h("span", {}, nameOf(layer)), h("b", {}, out), cells, left) };
  });
  const total = ui.readout("over");
  const said = h("span");
  const map = sizes(ui, model, layers);
  fig.head.append(ui.chips(PRESETS, HANDLE));
  fig.stage.append(h("ol", { class: "ibr-grids" }, rows.map((row) => row.el)), map.el);
  fig.controls.append(ui.slider({ key: "size", label: SIZE }), h("p", { class: "ibr-total" }, h("b", {}, total), " ", said));
  el.append(fig.root);

  function draw() {
    const size = model.get("size");
    const numbers = readouts({ layers, size });
    sides(layers, size).forEach((side, k) => {
      const { out, cells, left, el: row } = rows[k];
      show(out, side, decimal(side, 0), k ? CELLS : PIXELS);
      text(left, OVER[over(side)]);
      row.classList.toggle("ibr-over", over(side) > 0);
      end(cells, side, layers[k].name.includes("pool"));
    });
    show(total, numbers.over, decimal(numbers.over, 0));
    text(said, whole(numbers.over));
    map.draw(size);
    fig.say(`${size} ${PIXELS}: ${numbers.over} ${whole(numbers.over)}.`);
  }

  const later = ui.bind(["size"], draw);
  ui.width(fig.stage, (px) => {
    map.resize(px);
    later();
  });
  return ui.end;
}

/** The last cells of a grid, and the windows that reach them. */
function end(root, side, pools) {
  const wide = root.clientWidth || 300;
  const count = Math.min(side, Math.max(7, Math.min(23, Math.floor(wide / 30))));
  const step = Math.min(30, wide / (count + 0.6));
  const x = (cell) => wide - (side - cell) * step - 1;
  const first = side - count;
  fill(root,
    Array.from({ length: count }, (_, k) => {
      const cell = first + k;
      const lost = over(side) && cell === side - 1;
      return svg("rect", { class: lost ? "ibr-lost" : "ibr-cell", x: x(cell) + 1, y: 3, width: step - 2, height: 17 });
    }),
    lastWindows(side, count).map((at, k) => {
      const [a, b, y] = [Math.max(x(at) + 3, x(first)), x(at + 3) - 3, k % 2 ? 31 : 25];
      return svg("path", { class: pools ? "ibr-window ibr-pool" : "ibr-window", d: `M${a} ${y}H${b}${at >= first ? `M${a} ${y - 3}V${y}` : ""}M${b} ${y - 3}V${y}` });
    }),
  );
}

/** All sizes as columns, and a cursor that can be dragged. */
function sizes(ui, model, layers) {
  const count = LARGEST - SMALLEST + 1;
  const marks = svg("path", { class: "ibr-lost" });
  const ground = svg("rect", { class: "ibr-ground", height: BAND * layers.length });
  const cursor = svg("rect", { class: "ibr-cursor", y: -4, height: BAND * layers.length + 8, width: 3, rx: 1.5 });
  const grip = svg("rect", { class: "iw-grip", y: -8, height: BAND * layers.length + 16 });
  const ticks = [100, 150, 200, 250, 300].map((size) => ({
    size, el: svg("text", { class: "ibr-tick", "text-anchor": "middle", y: BAND * layers.length + 20 }, String(size)),
  }));
  const handle = svg("g", {}, grip, cursor);
  const el = svg("svg", { class: "ibr-map", height: BAND * layers.length + 34 },
    svg("g", { transform: "translate(0 8)" }, ground, marks, ticks.map((tick) => tick.el), handle));
  let wide = 600;
  const step = () => wide / count;
  const sizeAt = (event) => SMALLEST + Math.floor((event.clientX - el.getBoundingClientRect().left) / step());
  const tell = ui.handle(handle, {
    label: HANDLE, min: SMALLEST, max: LARGEST, big: 32, sideways: true, get: () => model.get("size"),
    put: (size) => ui.commit({ size }), text: (size) => `${size} ${PIXELS}`, at: sizeAt,
  });
  ui.on(ground, "click", (event) => ui.commit({ size: Math.min(LARGEST, Math.max(SMALLEST, sizeAt(event))) }));
  ui.on(marks, "click", (event) => ui.commit({ size: Math.min(LARGEST, Math.max(SMALLEST, sizeAt(event))) }));
  return {
    el,
    draw(size) {
      const x = (size - SMALLEST + 0.5) * step();
      set(cursor, { x: x - 1.5 });
      set(grip, { x: x - 14, width: 28 });
      tell();
    },
    resize(px) {
      wide = px;
      set(el, { width: px });
      set(ground, { width: px });
      const cut = [];
      for (let size = SMALLEST; size <= LARGEST; size++) {
        sides(layers, size).forEach((side, k) => {
          if (over(side)) cut.push(`M${((size - SMALLEST) * step()).toFixed(2)} ${k * BAND + 1}h${(step() + 0.05).toFixed(2)}v${BAND - 2}h${(-step() - 0.05).toFixed(2)}Z`);
        });
      }
      set(marks, { d: cut.join("") });
      ticks.forEach(({ size, el: tick }) => set(tick, { x: (size - SMALLEST + 0.5) * step() }));
    },
  };
}
