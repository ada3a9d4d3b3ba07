/**
 * TensorScene: the network in space. Layout comes from Python (layout.py), numbers from model.js,
 * what stands in the picture from look.js; stage.js has the picture under the reader's hand.
 * State: step, tensor, row, column, colour, photo, unfold, camera, drawing.
 */

import { compact, decimal, fill, h, kit, percent, ramp, set, show, text } from "#kit";
import { compose } from "./look.js";
import { boxNamed, cameraOf, cellIn, dims, isTheBooks, readouts, stepOf, valueOf } from "./model.js";
import { outline } from "./outline.js";
import { stage } from "./stage.js";
import {
  CAPTION, COLOURS, LABEL, OWN_CAPTION, TEXT, blockName, operation, stepName, stepText,
} from "./words.js";

const KEYS = ["step", "tensor", "row", "column", "colour", "photo", "unfold", "drawing"];
const GIVEN = ["scene", "steps", "photos", "values"];

export function mount({ model, el }) {
  const ui = kit(model);
  const state = () => Object.fromEntries([...KEYS, ...GIVEN].map((key) => [key, model.get(key)]));
  const start = state();
  const own = !isTheBooks(start);
  const fig = ui.frame({ kind: "tensor-scene", label: LABEL, caption: own ? OWN_CAPTION : CAPTION });

  // -- elements --------------------------------------------------------------------------------------

  const picture = stage(ui, fig.root, model, {
    label: TEXT.stage, home: (size) => cameraOf(state(), size), plate, tip, tap, key,
    compose: (colours) => compose(state(), colours),
    images: () => {
      const photo = start.photos[model.get("photo")];
      return { key: model.get("photo"), atlas: photo?.faces?.src, photo: photo?.src };
    },
  });
  const side = aside(ui, start, own);
  fig.stage.classList.add("its-stage");
  fig.stage.append(picture.el, side.el);

  const chips = start.steps.map((step) => {
    const chip = h("button", { type: "button", class: "chip", "data-preset": step.id }, stepName(step));
    ui.on(chip, "click", () => go(step.id));
    return chip;
  });
  fig.head.append(h("div", { class: "iw-chips", role: "group", "aria-label": TEXT.walk }, chips));

  const known = Object.keys(COLOURS).filter((key) =>
    key === "operation" || start.scene.boxes.some((_, i) => valueOf(start, i, key)));
  const choose = (key, label, options) => {
    const select = h("select", { id: ui.id(key), name: key }, options.map(([value, words]) => h("option", { value }, words)));
    ui.on(select, "change", () => ui.commit({ [key]: select.value }));
    ui.bind([key], () => { select.value = model.get(key); });
    return h("div", { class: "iw-field iw-field-one", hidden: options.length < 2 }, h("label", { for: select.id }, label), select);
  };
  const button = (words, act) => {
    const made = h("button", { type: "button", class: "its-button" }, words);
    ui.on(made, "click", act);
    return made;
  };
  const back = button("‹", () => walk(-1));
  set(back, { "aria-label": TEXT.previous, title: TEXT.previous });
  const forth = button("›", () => walk(1));
  set(forth, { "aria-label": TEXT.next, title: TEXT.next });
  const home = button(TEXT.home, () => { picture.glide(); ui.commit({ camera: [], tensor: "", step: "whole" }); });
  const swap = picture.swapper(TEXT);
  const fold = button("", () => ui.commit({ unfold: !model.get("unfold"), camera: [] }));
  const tree = outline(ui, start, (i) => pick(i, null));
  fig.controls.classList.add("its-controls");
  fig.controls.append(
    choose("colour", TEXT.colour, known.map((key) => [key, COLOURS[key]])),
    choose("photo", TEXT.photo, Object.keys(start.photos).map((key) => [key, key])),
    h("div", { class: "its-buttons" }, back, forth, home, swap.el, fold));
  fig.controls.append(tree.el);
  el.append(fig.root);

  // -- what is drawn ---------------------------------------------------------------------------------

  function draw() {
    const content = picture.prepare();
    if (!content) return;
    const now = state();
    const facts = readouts(now);
    chips.forEach((chip, k) => set(chip, { "aria-pressed": String(start.steps[k].id === now.step) }));
    side.draw(now, facts, content);
    tree.draw(content.picked);
    swap.draw();
    text(fold, now.unfold ? TEXT.fold : TEXT.unfold);
    set(fold, { hidden: !now.scene.blocks.some(({ times }) => times > 1) });
    const box = now.scene.boxes[content.picked];
    if (box) fig.say(TEXT.said(box.name, dims(box.shape), facts["tensor-seen"]));
  }

  /** A block's name, and how large what it makes is. */
  function plate({ block, times }) {
    const last = start.scene.boxes[block.last];
    return [
      h("b", {}, blockName(block, last), times > 1 && h("i", {}, TEXT.times(times))), h("small", {}, dims(last.shape)),
    ];
  }

  // -- what the reader does --------------------------------------------------------------------------

  const go = (step) => { picture.glide(); ui.commit({ step, tensor: "", row: -1, column: -1, camera: [] }); };
  const walk = (by) => {
    const at = start.steps.findIndex(({ id }) => id === model.get("step"));
    go(start.steps[(at + by + start.steps.length) % start.steps.length].id);
  };
  const pick = (i, cell) =>
    ui.commit({ tensor: i < 0 ? "" : start.scene.boxes[i].name, row: cell?.[0] ?? -1, column: cell?.[1] ?? -1 });

  function tap(found, content) {
    if (!found) return pick(-1);
    const { block } = content.shown.find(({ i }) => i === found.i);
    if (start.scene.blocks[block].times > 1 && !model.get("unfold")) return ui.commit({ unfold: true, camera: [] });
    pick(found.i, found.cell);
  }

  function key({ key: name }, shifted) {
    const picked = boxNamed(state(), model.get("tensor"));
    if (shifted && picked >= 0) {
      const box = start.scene.boxes[picked];
      const cell = cellIn(box, model.get("row"), model.get("column"));
      pick(picked, cell.map((x, k) => Math.min(box.shape[k + 1] - 1, Math.max(0, x + shifted[k]))));
    } else if (name === "PageDown") walk(1);
    else if (name === "PageUp") walk(-1);
    else if (name === "." || name === ",") {
      const n = start.scene.boxes.length;
      pick((picked + (name === "." ? 1 : n - 1) + (picked < 0 && name === "," ? 1 : 0)) % n, null);
    } else if (name === "0") home.click();
    else if (name === "Escape" && picked >= 0) pick(-1);
    else return false;
    return true;
  }

  function tip({ i }) {
    const box = start.scene.boxes[i];
    const value = valueOf(state(), i);
    return [
      h("strong", {}, box.name), h("span", {}, `${operation(box)} → ${dims(box.shape)}`),
      box.macs ? h("span", {}, `${compact(box.macs)} multiply-adds, ${compact(box.params ?? 0)} parameters`) : null,
      value !== null && model.get("colour") === "values" ? h("span", {}, decimal(value, 3)) : null,
    ];
  }

  picture.begin(draw);
  ui.bind(KEYS, draw);
  return () => {
    picture.end();
    ui.end();
  };
}

/** What stands beside the picture: the step's sentences, its numbers, and those of the tensor at hand. */
function aside(ui, start, own) {
  const out = (name) => ui.readout(name);
  const title = h("p", { class: "its-title" });
  const sentences = h("p", { class: "its-text" });
  const [macs, params, tensors] = ["macs", "params", "tensors"].map(out);
  const [stepMacs, stepShare, stepParams] = ["step-macs", "step-share", "step-params"].map(out);
  const row = (words, ...values) => h("div", {}, h("dt", {}, words), h("dd", {}, values));
  const whole = h("dl", {}, row("multiply-adds", macs), row("parameters", params), row("tensors", tensors));
  const part = h("dl", {}, row("multiply-adds", stepMacs, h("small", {}, stepShare)), row("parameters", stepParams));
  const facts = Object.fromEntries(["shape", "macs", "share", "params", "cell", "window", "seen"].map((n) => [n, out(`tensor-${n}`)]));
  const name = h("p", { class: "its-title" });
  const made = h("p", { class: "its-text" });
  const more = h("p", { class: "its-text its-muted" });
  const windowRow = row("receptive field", facts.window);
  const seenRow = row("of the image it sees", facts.seen);
  const detail = h("div", {}, name, made, h("dl", {},
    row("multiply-adds", facts.macs, h("small", {}, facts.share)), row("parameters", facts.params),
    row("cell", facts.cell), windowRow, seenRow), more);
  const hint = h("p", { class: "its-text its-muted" }, TEXT.hint);
  const low = h("span", {}, "0");
  const high = out("scale-top");
  const scale = h("div", { class: "its-scale" }, low, h("i", { style: { background: ramp } }), high);
  const legend = h("ul", { class: "its-legend" }, [["1x1", "1×1"], ["kxk", "one k×k"], ["factorized", "several in a row"], ["pool", "pooling"],
    ["aux", "auxiliary head"]].filter(([kind]) => start.scene.boxes.some((box) => box.kind === kind)).map(([kind, words]) =>
    h("li", {}, h("i", { style: { background: `var(--iw-${kind})` } }), words)));
  const el = h("div", { class: "its-side" }, title, sentences, whole, part, detail, hint, scale, legend);

  function draw(state, numbers, { picked }) {
    const step = stepOf(state);
    const box = state.scene.boxes[picked];
    const number = (output, key, unit) => {
      const value = numbers[key];
      if (value !== undefined) show(output, value, typeof value === "string" ? value : compact(value), unit);
    };
    const share = (output, key) => {
      if (numbers[key] !== undefined) show(output, numbers[key], percent(numbers[key]), "of the network’s multiply-adds");
    };
    text(title, stepName(step));
    text(sentences, stepText(step, numbers, own));
    number(macs, "macs", "multiply-adds");
    number(params, "params", "parameters");
    number(tensors, "tensors", "tensors");
    number(stepMacs, "step-macs", "multiply-adds");
    share(stepShare, "step-share");
    number(stepParams, "step-params", "parameters");
    set(title, { hidden: !!box });
    set(sentences, { hidden: !!box });
    set(whole, { hidden: !!box || step.id !== "whole" });
    set(part, { hidden: !!box || step.id === "whole" });
    set(detail, { hidden: !box });
    set(hint, { hidden: !!box });
    const valued = state.colour !== "operation";
    set(scale, { hidden: !valued });
    set(legend, { hidden: valued || !!box });
    if (valued) {
      const top = numbers["scale-top"];
      show(high, top, state.colour === "zeros" ? percent(top) : compact(top), COLOURS[state.colour]);
      text(low, state.colour === "zeros" ? "0 %" : "0");
    }
    if (!box) return;
    text(name, box.name);
    fill(made, `${operation(box)} → `, facts.shape);
    text(facts.shape, dims(box.shape));
    set(facts.shape, { "data-value": dims(box.shape) });
    number(facts.macs, "tensor-macs", "multiply-adds");
    share(facts.share, "tensor-share");
    number(facts.params, "tensor-params", "parameters");
    for (const key of ["cell", "window", "seen"]) {
      const value = numbers[`tensor-${key}`];
      text(facts[key], value ?? "");
      set(facts[key], { "data-value": value ?? null });
    }
    set(windowRow, { hidden: !numbers["tensor-window"] });
    set(seenRow, { hidden: !numbers["tensor-seen"] });
    const tile = state.photos[state.photo]?.faces?.tiles?.[box.name];
    const [reason, hull] = [state.scene.reasons[picked], state.scene.hulls[picked]];
    text(more, [
      reason && TEXT.none + reason, hull && TEXT.hull + hull,
      tile && `${TEXT.channel(tile[4])}; ${TEXT.zeros(tile[6])}`,
    ].filter(Boolean).map((words) => `${words[0].toUpperCase()}${words.slice(1)}.`).join(" "));
  }
  return { el, draw };
}
