/**
 * TensorScene: the network in space. Layout comes from Python (layout.py), numbers from model.js,
 * what stands in the picture from look.js, drawing from render.js (WebGL2) or flat.js (SVG).
 * State: step, tensor, row, column, colour, photo, unfold, camera, drawing.
 */

import { compact, decimal, fill, h, kit, percent, ramp, set, show, svg, text, viridis } from "#kit";
import { flat } from "./flat.js";
import { coloursOf, compose } from "./look.js";
import {
  axes, between, bounded, boxNamed, cameraOf, cellIn, dims, hit, isTheBooks, packed, panned, project, readouts, stepOf, unpacked, valueOf,
} from "./model.js";
import { outline } from "./outline.js";
import { renderer } from "./render.js";
import {
  CAPTION, COLOURS, LABEL, OWN_CAPTION, TEXT, blockName, operation, stepName, stepText,
} from "./words.js";

const KEYS = ["step", "tensor", "row", "column", "colour", "photo", "unfold", "drawing"];
const GIVEN = ["scene", "steps", "photos", "values"];
const PAUSE = 150; // milliseconds after which a movement has ended
const SLOW = 30; // milliseconds: more between two frames is seen as a stutter
const GLIDE = 280; // milliseconds from one step's view to the next

export function mount({ model, el }) {
  const ui = kit(model);
  const state = () => Object.fromEntries([...KEYS, ...GIVEN, "camera"].map((key) => [key, model.get(key)]));
  const start = state();
  const own = !isTheBooks(start);
  const fig = ui.frame({ kind: "tensor-scene", label: LABEL, caption: own ? OWN_CAPTION : CAPTION });

  // -- elements --------------------------------------------------------------------------------------

  const canvas = h("canvas", { "aria-hidden": "true" });
  const sheet = svg("svg", { class: "its-flat", "aria-hidden": "true" });
  const names = h("div", { class: "its-names", "aria-hidden": "true" });
  const tip = h("div", { class: "its-tip", hidden: true, "aria-hidden": "true" });
  const space = h("div", {
    class: "its-space", tabindex: 0, role: "application", "aria-label": TEXT.stage,
  }, canvas, sheet, names, tip);
  const side = aside(ui, start, own);
  fig.stage.classList.add("its-stage");
  fig.stage.append(space, side.el);

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
  const home = button(TEXT.home, () => { glide = true; ui.commit({ camera: [], tensor: "", step: "whole" }); });
  const swap = button("", () => {
    const drawing = isFlat() ? "space" : "flat";
    chosen = true;
    ui.commit({ drawing });
    prepare();
  });
  const fold = button("", () => ui.commit({ unfold: !model.get("unfold"), camera: [] }));
  const tree = outline(ui, start, (i) => pick(i, null));
  fig.controls.classList.add("its-controls");
  fig.controls.append(
    choose("colour", TEXT.colour, known.map((key) => [key, COLOURS[key]])),
    choose("photo", TEXT.photo, Object.keys(start.photos).map((key) => [key, key])),
    h("div", { class: "its-buttons" }, back, forth, home, swap, fold));
  fig.controls.append(tree.el);
  el.append(fig.root);

  // -- what is drawn ---------------------------------------------------------------------------------

  const gentle = matchMedia("(prefers-reduced-motion: reduce)");
  let chosen = false; // the reader has said how it is to be drawn
  let gl = null;
  let paper = null;
  let size = [0, 0];
  let content = null;
  let colours = null;
  let camera = null;
  let glide = false;
  let frameAt = 0;
  let printing = false;
  let before = {}; // the step and the camera when the picture was last prepared
  let coarse = 1; // share of the pixels on a side, in a movement
  let lastAt = 0;
  let settle = 0;
  const pictures = new Map(); // photograph -> its images, once they are decoded
  const cut = new Map(); // tile -> address of its picture, for the flat drawing

  const isFlat = () => printing || model.get("drawing") === "flat" || (gentle.matches && !chosen) || !gl;

  function light() {
    try {
      gl ??= renderer(canvas);
    } catch (error) {
      console.warn(error);
    }
  }

  /** The images of the photograph that is shown: [atlas, photograph], null until they are decoded. */
  function images() {
    const name = model.get("photo");
    if (!pictures.has(name)) {
      const photo = start.photos[name];
      const loaded = [null, null];
      pictures.set(name, loaded);
      [photo?.faces?.src, photo?.src].forEach((src, k) => {
        if (!src) return;
        const image = new Image();
        image.onload = () => {
          loaded[k] = image;
          if (model.get("photo") === name) prepare();
        };
        image.src = src;
      });
    }
    return pictures.get(name);
  }

  /** A part of the atlas, coloured, as an address; for the flat drawing. */
  function pictureOf({ tile, photo }) {
    if (photo) return start.photos[model.get("photo")]?.src ?? null;
    const [atlas] = images();
    if (!tile || !atlas) return null;
    const key = `${model.get("photo")} ${tile}`;
    if (!cut.has(key)) {
      const [x, y, w, h_] = tile;
      const small = Object.assign(document.createElement("canvas"), { width: w, height: h_ });
      const pen = small.getContext("2d");
      pen.drawImage(atlas, x, y, w, h_, 0, 0, w, h_);
      const data = pen.getImageData(0, 0, w, h_);
      for (let k = 0; k < data.data.length; k += 4) data.data.set(viridis(data.data[k] / 255), k);
      pen.putImageData(data, 0, 0);
      cut.set(key, small.toDataURL());
    }
    return cut.get(key);
  }

  function prepare() {
    if (!size[0]) return;
    if (leaves()) ui.commit({ camera: [] });
    const now = state();
    colours = coloursOf(fig.root);
    content = compose(now, colours);
    labels.draw(content.labels, now.scene);
    const facts = readouts(now);
    chips.forEach((chip, k) => set(chip, { "aria-pressed": String(start.steps[k].id === now.step) }));
    side.draw(now, facts, content, colours);
    tree.draw(content.picked);
    text(swap, isFlat() && gl ? TEXT.space : TEXT.flat);
    set(swap, { hidden: !gl });
    text(fold, now.unfold ? TEXT.fold : TEXT.unfold);
    set(fold, { hidden: !now.scene.blocks.some(({ times }) => times > 1) });
    if (gl && !isFlat()) {
      gl.faces(...images());
      gl.scene(content);
    }
    const box = now.scene.boxes[content.picked];
    if (box) fig.say(TEXT.said(box.name, dims(box.shape), facts["tensor-seen"]));
    aim();
  }

  /** Whether a link in the prose or another cell has changed the step alone: then its own view is meant. */
  function leaves() {
    const [step, looks] = [model.get("step"), JSON.stringify(model.get("camera"))];
    const left = before.step !== undefined && before.step !== step;
    glide ||= left;
    const alone = left && before.looks === looks && looks !== "[]";
    before = { step, looks };
    return alone;
  }

  /** Move to where the camera belongs: at once, or gliding after a step. */
  function aim() {
    const now = state();
    const wanted = now.camera.length ? unpacked(now.camera) : cameraOf(now, size);
    cancelAnimationFrame(frameAt);
    if (!glide || !camera || gentle.matches) {
      camera = wanted;
      frame();
    } else {
      const from = camera;
      const begun = performance.now();
      const step = (time) => {
        const t = Math.min(1, Math.max(0, (time - begun) / GLIDE));
        camera = t === 1 ? wanted : between(from, wanted, 1 - (1 - t) ** 3);
        frame();
        if (t < 1) frameAt = requestAnimationFrame(step);
      };
      frameAt = requestAnimationFrame(step);
    }
    glide = false;
  }

  function frame(at = performance.now()) {
    if (!content || !size[0]) return;
    const view = axes(camera);
    // Haze lies over what is farther than what is looked at.
    const depths = (list) => list.map(({ at }) => project(view, at, size)[2]);
    const [all, lit] = [depths(content.shown), depths(content.lit)];
    const whole = content.lit.length === content.shown.length;
    const near = whole ? Math.min(...all) : Math.max(...lit, 1);
    const range = [near, Math.max(...all, near + 300)];
    const flatNow = isFlat();
    set(fig.root, { "data-drawing": flatNow ? "flat" : "space" });
    if (flatNow) {
      paper ??= flat(sheet, pictureOf);
      paper.draw(view, size, content, colours);
    } else {
      const fine = rest(at);
      const ratio = Math.min(devicePixelRatio || 1, 2) * (fine ? 1 : coarse);
      const [w, h_] = size.map((px) => Math.round(px * ratio));
      if (canvas.width !== w || canvas.height !== h_) Object.assign(canvas, { width: w, height: h_ });
      gl.draw(view, size, { ...colours, range }, fine);
    }
    labels.place(view, size);
    fig.root.dataset.drawn = String(Number(fig.root.dataset.drawn ?? 0) + 1);
  }

  /**
   * Whether a frame belongs to a picture at rest, which is drawn with smooth outlines. In a movement
   * frames must be quick: where they are not, they have fewer pixels, until the movement ends.
   */
  function rest(at) {
    clearTimeout(settle);
    const since = at - lastAt;
    lastAt = at;
    if (since > PAUSE) return true;
    if (since > SLOW) coarse = Math.max(0.5, coarse * 0.85);
    settle = setTimeout(() => {
      if (content) frame(performance.now() + 2 * PAUSE);
      lastAt = 0;
      coarse = Math.min(1, coarse / 0.85);
    }, PAUSE);
    return false;
  }

  const labels = nameplates(names);

  // -- what the reader does --------------------------------------------------------------------------

  const turn = (next) => ui.commit({ camera: packed(bounded(next)) });
  const go = (step) => { glide = true; ui.commit({ step, tensor: "", row: -1, column: -1, camera: [] }); };
  const walk = (by) => {
    const at = start.steps.findIndex(({ id }) => id === model.get("step"));
    go(start.steps[(at + by + start.steps.length) % start.steps.length].id);
  };
  const pick = (i, cell) =>
    ui.commit({ tensor: i < 0 ? "" : start.scene.boxes[i].name, row: cell?.[0] ?? -1, column: cell?.[1] ?? -1 });
  const zoom = (factor) => turn({ ...camera, distance: camera.distance * factor });

  const touches = new Map();
  let moved = 0;
  const local = (event) => {
    const { left, top } = space.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  ui.on(space, "pointerdown", (event) => {
    if (event.button > 2) return;
    touches.set(event.pointerId, local(event));
    if (touches.size === 1) moved = 0;
    space.setPointerCapture(event.pointerId);
    if (event.pointerType === "mouse") space.focus({ preventScroll: true });
  });
  ui.on(space, "pointermove", (event) => {
    const at = local(event);
    const from = touches.get(event.pointerId);
    if (!from) {
      if (event.pointerType === "mouse") point(at);
      return;
    }
    const [dx, dy] = [at[0] - from[0], at[1] - from[1]];
    moved += Math.abs(dx) + Math.abs(dy);
    if (moved < 4) return;
    set(tip, { hidden: true });
    if (touches.size === 2) {
      const [other] = [...touches].filter(([id]) => id !== event.pointerId).map(([, p]) => p);
      const long = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]);
      const next = panned(camera, dx / 2, dy / 2, size[1]);
      turn({ ...next, distance: (next.distance * long(from)) / Math.max(long(at), 1) });
    } else if (event.shiftKey || event.buttons === 2 || event.buttons === 4) {
      turn(panned(camera, dx, dy, size[1]));
    } else {
      turn({ ...camera, yaw: camera.yaw - dx * 0.35, pitch: camera.pitch + (event.pointerType === "mouse" ? dy * 0.3 : 0) });
    }
    touches.set(event.pointerId, at);
  });
  const lift = (event) => {
    const at = touches.get(event.pointerId);
    touches.delete(event.pointerId);
    if (event.type !== "pointerup" || !at || moved >= 4) return;
    const found = under(at);
    if (!found) return pick(-1);
    const { block } = content.shown.find(({ i }) => i === found.i);
    if (start.scene.blocks[block].times > 1 && !model.get("unfold")) return ui.commit({ unfold: true, camera: [] });
    pick(found.i, found.cell);
  };
  ui.on(space, "pointerup", lift);
  ui.on(space, "pointercancel", lift);
  ui.on(space, "pointerleave", () => set(tip, { hidden: true }));
  ui.on(space, "contextmenu", (event) => event.preventDefault());
  ui.on(space, "touchmove", (event) => { if (event.touches.length > 1) event.preventDefault(); }, { passive: false });
  ui.on(space, "wheel", (event) => {
    // Without a key, the wheel belongs to the page.
    if (!(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    zoom(Math.exp(event.deltaY * (event.deltaMode ? 0.05 : 0.002)));
  }, { passive: false });
  ui.on(space, "keydown", (event) => {
    const { key } = event;
    const arrow = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key];
    const picked = boxNamed(state(), model.get("tensor"));
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (arrow && event.shiftKey && picked >= 0) {
      const box = start.scene.boxes[picked];
      const cell = cellIn(box, model.get("row"), model.get("column"));
      pick(picked, cell.map((x, k) => Math.min(box.shape[k + 1] - 1, Math.max(0, x + arrow[k]))));
    } else if (arrow && event.shiftKey) turn(panned(camera, -30 * arrow[1], -30 * arrow[0], size[1]));
    else if (arrow) turn({ ...camera, yaw: camera.yaw + 5 * arrow[1], pitch: camera.pitch - 4 * arrow[0] });
    else if (key === "+" || key === "=") zoom(0.85);
    else if (key === "-") zoom(1 / 0.85);
    else if (key === "PageDown") walk(1);
    else if (key === "PageUp") walk(-1);
    else if (key === "." || key === ",") {
      const n = start.scene.boxes.length;
      pick((picked + (key === "." ? 1 : n - 1) + (picked < 0 && key === "," ? 1 : 0)) % n, null);
    } else if (key === "0") home.click();
    else if (key === "Escape" && picked >= 0) pick(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const under = (at) => content && hit(state(), content.shown, axes(camera), at, size);

  /** Say what is under the pointer. */
  function point(at) {
    const found = under(at);
    set(space, { style: { cursor: found ? "pointer" : "grab" } });
    set(tip, { hidden: !found });
    if (!found) return;
    const box = start.scene.boxes[found.i];
    const value = valueOf(state(), found.i);
    fill(tip, h("strong", {}, box.name), h("span", {}, `${operation(box)} → ${dims(box.shape)}`),
      box.macs ? h("span", {}, `${compact(box.macs)} multiply-adds, ${compact(box.params ?? 0)} parameters`) : null,
      value !== null && model.get("colour") === "values" ? h("span", {}, decimal(value, 3)) : null);
    const left = Math.min(at[0] + 14, size[0] - tip.offsetWidth - 6);
    set(tip, { style: { transform: `translate(${Math.max(4, left)}px, ${Math.max(4, at[1] - tip.offsetHeight - 10)}px)` } });
  }

  // -- the life of the picture -----------------------------------------------------------------------

  ui.on(canvas, "webglcontextlost", (event) => event.preventDefault());
  ui.on(canvas, "webglcontextrestored", () => { gl.restore(); prepare(); });
  const onPrint = (now) => { printing = now; if (content) { camera ??= cameraOf(state(), size); frame(); } };
  ui.on(window, "beforeprint", () => onPrint(true));
  ui.on(window, "afterprint", () => onPrint(false));
  const themes = new MutationObserver(() => prepare());
  for (const root of [document.documentElement, document.body]) {
    themes.observe(root, { attributes: true, attributeFilter: ["data-theme", "theme", "data-jp-theme-light"] });
  }
  ui.on(matchMedia("(prefers-color-scheme: dark)"), "change", () => prepare());
  ui.on(gentle, "change", () => prepare());

  light();
  ui.width(space, (px) => {
    size = [px, Math.round(space.clientHeight)];
    prepare();
  });
  ui.bind(KEYS, prepare);
  ui.bind(["camera"], () => {
    if (before.step === model.get("step")) before.looks = JSON.stringify(model.get("camera"));
    if (content) aim();
  });
  return () => {
    cancelAnimationFrame(frameAt);
    clearTimeout(settle);
    themes.disconnect();
    gl?.end();
    ui.end();
  };
}

/** Names under the blocks; of two that would lie on one another the later one is left out. */
function nameplates(root) {
  let plates = [];

  function draw(labels, scene) {
    const same = plates.length === labels.length && plates.every((p, k) => p.label.block === labels[k].block && p.label.times === labels[k].times);
    if (!same) {
      plates = labels.map((label) => {
        const last = scene.boxes[label.block.last];
        const times = label.times > 1 && TEXT.times(label.times);
        const el = h("span", {}, h("b", {}, blockName(label.block, last), times && h("i", {}, times)), h("small", {}, dims(last.shape)));
        return { el, label, near: null, wide: 0, high: 0 };
      });
      fill(root, plates.map(({ el }) => el));
    }
    plates.forEach((plate, k) => {
      plate.label = labels[k];
      plate.el.classList.toggle("its-faint", !labels[k].lit);
    });
  }

  function place(view, size) {
    const taken = [];
    const order = [...plates].sort((a, b) => b.label.lit - a.label.lit);
    for (const plate of order) {
      const { label } = plate;
      const [x, y, depth] = project(view, label.at, size);
      // Shapes only where there is room between the rows.
      const near = (view.lens * size[1]) / 2 / Math.max(depth, 1) > 0.95;
      if (near !== plate.near) {
        plate.near = near;
        plate.el.classList.toggle("its-short", !near);
        [plate.wide, plate.high] = [plate.el.offsetWidth, plate.el.offsetHeight];
      }
      const { el, wide, high } = plate;
      const box = [x - wide / 2 - 3, y, x + wide / 2 + 3, y + high];
      const free = depth > 2 && box[0] > 0 && box[2] < size[0] && box[3] < size[1] && y > 0 &&
        !taken.some((t) => box[0] < t[2] && t[0] < box[2] && box[1] < t[3] && t[1] < box[3]);
      if (free) taken.push(box);
      set(el, { style: { transform: `translate(${(x - wide / 2).toFixed(1)}px, ${y.toFixed(1)}px)`, visibility: free ? "visible" : "hidden" } });
    }
  }
  return { draw, place };
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
