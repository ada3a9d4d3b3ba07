/**
 * A picture in space under the reader's hand: the canvas or the flat drawing, names, a camera that turns, glides
 * from step to step and is let go, what is under the pointer, printing, themes, a context that is lost.
 *
 *   const picture = stage(ui, fig.root, model, { label, compose, home, images, plate, tip, tap, key });
 *   fig.stage.append(picture.el);  picture.prepare();     // after any change of what is shown
 *
 * `compose(colours)` gives { shown, solids, lines, floor, labels, lit, boxes }; `home(size)` the camera of the step;
 * `images()` the addresses { key, atlas, photo }. State in the model: step, camera, drawing.
 */

import { fill, h, set, svg, text, viridis } from "#kit";
import { flat } from "./flat.js";
import { coloursOf } from "./look.js";
import { axes, between, bounded, hit, packed, panned, project, unpacked } from "./model.js";
import { renderer } from "./render.js";

const PAUSE = 150; // milliseconds after which a movement has ended
const SLOW = 30; // milliseconds: more between two frames is seen as a stutter
const GLIDE = 280; // milliseconds from one step's view to the next

export function stage(ui, root, model, { label, compose, home, images, plate, tip, tap, key: ownKey }) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const sheet = svg("svg", { class: "its-flat", "aria-hidden": "true" });
  const names = h("div", { class: "its-names", "aria-hidden": "true" });
  const told = h("div", { class: "its-tip", hidden: true, "aria-hidden": "true" });
  const el = h("div", { class: "its-space", tabindex: 0, role: "application", "aria-label": label }, canvas, sheet, names, told);

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
  const labels = nameplates(names, plate);

  const isFlat = () => printing || model.get("drawing") === "flat" || (gentle.matches && !chosen) || !gl;

  try {
    gl = renderer(canvas);
  } catch (error) {
    console.warn(error);
  }

  /** The images of the photograph that is shown: [atlas in its colours, photograph], null until they are decoded. */
  function decoded() {
    const { key, atlas, photo } = images();
    if (!pictures.has(key)) {
      const loaded = [null, null];
      pictures.set(key, loaded);
      [atlas, photo].forEach((src, k) => {
        if (!src) return;
        const image = new Image();
        image.onload = () => {
          loaded[k] = k ? image : coloured(image);
          if (images().key === key) prepare();
        };
        image.src = src;
      });
    }
    return pictures.get(key);
  }

  /** A part of the atlas as an address; for the flat drawing. */
  function pictureOf({ tile, photo }) {
    if (photo) return images().photo ?? null;
    const [atlas] = decoded();
    if (!tile || !atlas) return null;
    const key = `${images().key} ${tile}`;
    if (!cut.has(key)) {
      const [x, y, w, h_] = tile;
      const small = Object.assign(document.createElement("canvas"), { width: w, height: h_ });
      small.getContext("2d").drawImage(atlas, x, y, w, h_, 0, 0, w, h_);
      cut.set(key, small.toDataURL());
    }
    return cut.get(key);
  }

  /** Draw anew: what stands there may have changed. Gives what was composed; null before there is any room. */
  function prepare() {
    if (!size[0]) return null;
    if (leaves()) ui.commit({ camera: [] });
    colours = coloursOf(root);
    content = compose(colours);
    labels.draw(content.labels);
    if (gl && !isFlat()) {
      gl.faces(...decoded());
      gl.scene(content);
    }
    aim();
    return content;
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
    const own = model.get("camera");
    const wanted = own.length ? unpacked(own) : home(size);
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
    const depths = (list) => list.map(({ at: p }) => project(view, p, size)[2]);
    const [all, lit] = [depths(content.shown), depths(content.lit)];
    const whole = content.lit.length === content.shown.length;
    const near = whole ? Math.min(...all) : Math.max(...lit, 1);
    const range = [near, Math.max(...all, near + 300)];
    const flatNow = isFlat();
    set(root, { "data-drawing": flatNow ? "flat" : "space" });
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
    root.dataset.drawn = String(Number(root.dataset.drawn ?? 0) + 1);
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

  // -- what the reader does --------------------------------------------------------------------------

  const turn = (next) => ui.commit({ camera: packed(bounded(next)) });
  const zoom = (factor) => turn({ ...camera, distance: camera.distance * factor });
  const under = (at) => content && hit(content.boxes, content.shown, axes(camera), at, size);

  const touches = new Map();
  let moved = 0;
  const local = (event) => {
    const { left, top } = el.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  ui.on(el, "pointerdown", (event) => {
    if (event.button > 2) return;
    touches.set(event.pointerId, local(event));
    if (touches.size === 1) moved = 0;
    el.setPointerCapture(event.pointerId);
    if (event.pointerType === "mouse") el.focus({ preventScroll: true });
  });
  ui.on(el, "pointermove", (event) => {
    const at = local(event);
    const from = touches.get(event.pointerId);
    if (!from) {
      if (event.pointerType === "mouse") point(at);
      return;
    }
    const [dx, dy] = [at[0] - from[0], at[1] - from[1]];
    moved += Math.abs(dx) + Math.abs(dy);
    if (moved < 4) return;
    set(told, { hidden: true });
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
    if (event.type === "pointerup" && at && moved < 4) tap(under(at), content);
  };
  ui.on(el, "pointerup", lift);
  ui.on(el, "pointercancel", lift);
  ui.on(el, "pointerleave", () => set(told, { hidden: true }));
  ui.on(el, "contextmenu", (event) => event.preventDefault());
  ui.on(el, "touchmove", (event) => { if (event.touches.length > 1) event.preventDefault(); }, { passive: false });
  ui.on(el, "wheel", (event) => {
    // Without a key, the wheel belongs to the page.
    if (!(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    zoom(Math.exp(event.deltaY * (event.deltaMode ? 0.05 : 0.002)));
  }, { passive: false });
  ui.on(el, "keydown", (event) => {
    const { key } = event;
    const arrow = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (ownKey(event, event.shiftKey && arrow)) {
      // A key of the widget's own.
    } else if (arrow && event.shiftKey) turn(panned(camera, -30 * arrow[1], -30 * arrow[0], size[1]));
    else if (arrow) turn({ ...camera, yaw: camera.yaw + 5 * arrow[1], pitch: camera.pitch - 4 * arrow[0] });
    else if (key === "+" || key === "=") zoom(0.85);
    else if (key === "-") zoom(1 / 0.85);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  /** Say what is under the pointer. */
  function point(at) {
    const found = under(at);
    set(el, { style: { cursor: found ? "pointer" : "grab" } });
    set(told, { hidden: !found });
    if (!found) return;
    fill(told, tip(found));
    const left = Math.min(at[0] + 14, size[0] - told.offsetWidth - 6);
    set(told, { style: { transform: `translate(${Math.max(4, left)}px, ${Math.max(4, at[1] - told.offsetHeight - 10)}px)` } });
  }

  // -- the life of the picture -----------------------------------------------------------------------

  ui.on(canvas, "webglcontextlost", (event) => event.preventDefault());
  ui.on(canvas, "webglcontextrestored", () => { gl.restore(); prepare(); });
  const onPrint = (now) => { printing = now; if (content) { camera ??= home(size); frame(); } };
  ui.on(window, "beforeprint", () => onPrint(true));
  ui.on(window, "afterprint", () => onPrint(false));
  const themes = new MutationObserver(() => prepare());
  for (const top of [document.documentElement, document.body]) {
    themes.observe(top, { attributes: true, attributeFilter: ["data-theme", "theme", "data-jp-theme-light"] });
  }
  ui.on(matchMedia("(prefers-color-scheme: dark)"), "change", () => prepare());
  ui.on(gentle, "change", () => prepare());

  return {
    el,
    prepare,
    /** Let the next change of the camera glide. */
    glide: () => { glide = true; },
    /** The button that leads to the other drawing, { space, flat } in words; hidden where there is but one. */
    swapper(words) {
      const button = h("button", { type: "button", class: "its-button" });
      ui.on(button, "click", () => {
        const drawing = isFlat() ? "space" : "flat";
        chosen = true;
        ui.commit({ drawing });
        prepare();
      });
      return {
        el: button,
        draw() {
          text(button, isFlat() && gl ? words.space : words.flat);
          set(button, { hidden: !gl });
        },
      };
    },
    /** After the first drawing: follow the room that there is, and the camera. `draw` prepares and tells all else. */
    begin(draw) {
      ui.width(el, (px) => {
        size = [px, Math.round(el.clientHeight)];
        draw();
      });
      ui.bind(["camera"], () => {
        if (before.step === model.get("step")) before.looks = JSON.stringify(model.get("camera"));
        if (content) aim();
      });
    },
    end() {
      cancelAnimationFrame(frameAt);
      clearTimeout(settle);
      themes.disconnect();
      gl?.end();
    },
  };
}

/** A grey picture in the colours of magnitudes; once, and not anew for each pixel that is drawn. */
function coloured(image) {
  const made = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  const pen = made.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  const data = pen.getImageData(0, 0, made.width, made.height);
  const colours = Array.from({ length: 256 }, (_, grey) => viridis(grey / 255));
  for (let k = 0; k < data.data.length; k += 4) data.data.set(colours[data.data[k]], k);
  pen.putImageData(data, 0, 0);
  return made;
}

/** Names under the boxes; of two that would lie on one another the later one is left out. */
function nameplates(root, plate) {
  let plates = [];

  function draw(labels) {
    const same = plates.length === labels.length && plates.every((p, k) => p.label.key === labels[k].key);
    if (!same) {
      plates = labels.map((label) => ({ el: h("span", {}, plate(label)), label, near: null, wide: 0, high: 0 }));
      fill(root, plates.map(({ el }) => el));
    }
    plates.forEach((p, k) => {
      p.label = labels[k];
      p.el.classList.toggle("its-faint", !labels[k].lit);
    });
  }

  function place(view, size) {
    const changed = [];
    for (const p of plates) {
      [p.x, p.y, p.depth] = project(view, p.label.at, size);
      // Shapes only where there is room between the rows.
      const near = (view.lens * size[1]) / 2 / Math.max(p.depth, 1) > 0.95;
      if (near === p.near) continue;
      p.near = near;
      p.el.classList.toggle("its-short", !near);
      changed.push(p);
    }
    // All are measured after all have been changed: one layout of the page, not one for each.
    for (const p of changed) [p.wide, p.high] = [p.el.offsetWidth, p.el.offsetHeight];
    const taken = [];
    for (const { el, x, y, depth, wide, high } of [...plates].sort((a, b) => b.label.lit - a.label.lit)) {
      const box = [x - wide / 2 - 3, y, x + wide / 2 + 3, y + high];
      const free = depth > 2 && box[0] > 0 && box[2] < size[0] && box[3] < size[1] && y > 0 &&
        !taken.some((t) => box[0] < t[2] && t[0] < box[2] && box[1] < t[3] && t[1] < box[3]);
      if (free) taken.push(box);
      set(el, { style: {
        transform: `translate(${(x - wide / 2).toFixed(1)}px, ${y.toFixed(1)}px)`, visibility: free ? "visible" : "hidden",
        "will-change": free ? "transform" : "auto", // a name is painted once, and then moved
      } });
    }
  }
  return { draw, place };
}
