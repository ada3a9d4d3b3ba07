/**
 * SplitKernels: one module between four of its forms. Numbers and places are in model.js, the picture in look.js,
 * the hand in the scene's stage.js. State: stop, camera, drawing.
 */

import { compact, h, kit, set, show, text } from "#kit";
import { dims, fitted } from "../tensor_scene/model.js";
import { stage } from "../tensor_scene/stage.js";
import { compose } from "./look.js";
import { bodies, costs, nearest, readouts } from "./model.js";
import { CAPTION, LABEL, PRESETS, STOPS, TEXT } from "./words.js";

const JUMP = 0.3; // farther than a hand moves the slider in a frame: then all glide there

export function mount({ model, el }) {
  const ui = kit(model);
  const tensors = model.get("tensors");
  const last = STOPS.length - 1;
  let at = model.get("stop"); // where the picture is; behind the state while it glides
  let wanted = at;
  const fig = ui.frame({ kind: "split-kernels", label: LABEL, caption: CAPTION });
  const glide = ui.motion(280);
  const space = stage(ui, fig.root, model, {
    label: TEXT.stage, home, tip, key, tap: () => {},
    compose: (colours) => compose({ tensors, stop: at }, colours),
    images: () => ({ key: "none" }),
    plate: ({ words, dims }) => [h("b", {}, words), dims && h("small", {}, dims)],
  });

  const go = (stop) => ui.commit({ stop, camera: [] });
  const range = h("input", { type: "range", name: "stop", ...ui.limits.stop, unit: null, id: ui.id("stop") });
  ui.on(range, "input", () => ui.commit({ stop: range.valueAsNumber }));
  const swap = space.swapper(TEXT);
  const [macs, params, window_] = ["macs", "params", "window"].map((name) => ui.readout(name));
  const row = (words, value) => h("div", {}, h("dt", {}, words), h("dd", {}, value));
  const [title, words] = [h("p", { class: "its-title" }), h("p", { class: "its-text" })];
  const prices = costs(tensors);
  const bars = prices.map((price, k) => h("i", {
    style: { width: `${(100 * price) / Math.max(...prices)}%` }, title: TEXT.bar(PRESETS[k].label, price),
  }));
  fig.head.append(ui.chips(PRESETS, TEXT.chips));
  fig.controls.append(
    h("div", { class: "iw-field iw-field-one" }, h("label", { for: range.id }, TEXT.slider), range), swap.el);
  fig.stage.classList.add("isk-stage");
  fig.stage.append(space.el, h("div", { class: "its-side isk-side" }, title, words,
    h("div", { class: "isk-bars", "aria-hidden": "true" }, bars),
    h("dl", {}, row(TEXT.macs, macs), row(TEXT.params, params), row(TEXT.window, window_)), fig.controls));
  el.append(fig.root);

  function draw() {
    const stop = model.get("stop");
    if (stop !== wanted) {
      const from = at;
      wanted = stop;
      glide((t) => {
        at = from + (stop - from) * t;
        space.prepare();
      }, Math.abs(stop - from) < JUMP);
    } else space.prepare();
    const numbers = readouts({ tensors, stop });
    const k = nearest(stop);
    text(title, STOPS[k][0]);
    text(words, STOPS[k][1]);
    show(macs, numbers.macs, compact(numbers.macs), "multiply-adds");
    show(params, numbers.params, compact(numbers.params), "parameters");
    text(window_, numbers.window);
    set(window_, { "data-value": numbers.window });
    bars.forEach((bar, i) => bar.classList.toggle("isk-now", i === k));
    range.value = String(stop);
    set(range, { "aria-valuetext": TEXT.place(stop) });
    swap.draw();
    fig.say(TEXT.said(k, numbers));
  }

  /** The longest module has room: one sees the others grow to it. */
  function home(px) {
    const narrow = px[0] < 1.3 * px[1];
    return fitted(bodies(tensors, last), narrow ? { yaw: 62, pitch: 34 } : { yaw: 31, pitch: 21 }, px, 0.96);
  }

  function key({ key: name }) {
    const k = nearest(model.get("stop"));
    if (name === "PageDown") go(Math.min(last, k + 1));
    else if (name === "PageUp") go(Math.max(0, k - 1));
    else if (name === "0") ui.commit({ camera: [] });
    else return false;
    return true;
  }

  function tip({ i }) {
    const { op, channels, stops } = tensors[i];
    const { kernel, size, macs: cost } = stops[nearest(model.get("stop"))];
    const name = op === "conv" ? kernel.join("×") : op === "concat" ? TEXT.output : i ? op.replaceAll("_", " ") : TEXT.input;
    return [
      h("strong", {}, name), h("span", {}, dims([channels, size[1], size[2]])),
      cost ? h("span", {}, `${compact(cost)} ${TEXT.macs}`) : null,
    ];
  }

  space.begin(draw);
  ui.bind(["stop", "drawing"], draw);
  return () => {
    space.end();
    ui.end();
  };
}
