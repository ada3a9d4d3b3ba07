/**
 * Shared controls. One kit per mounted view:
 *
 *   const ui = kit(model);
 *   const fig = ui.frame({ kind: "cost-explorer", label: "What a factorization saves", caption: "…" });
 *   fig.head.append(ui.chips(PRESETS, "Comparisons"));        // PRESETS: [{ id, label, state, note }]
 *   fig.stage.append(drawing, ui.readout("saving"));
 *   fig.controls.append(ui.slider({ key: "grid", label: "Grid, cells on a side" }));
 *   ui.handle(circle, { label, min, max, step, get, set, text, at });    // a drag with its keyboard twin
 *   ui.pull(plot, (event) => …);                              // a press or a drag anywhere on a drawing
 *   ui.width(fig.stage, (px) => …);                           // its width in pixels, now and later
 *   ui.bind(["grid", "alpha"], draw);                         // draw now, then once a frame after changes
 *   el.append(fig.root); return ui.end;                       // the cleanup that `mount` hands back
 *
 * State lives in the model alone: controls write it with `ui.commit({ key: value })`, and everything
 * that is shown comes from `bind`. So Python, a second view and a chip all move the same picture.
 */

import { h, set, text } from "./dom.js";
import { decimal, grouped } from "./format.js";

const clamp = (x, lo, hi) => Math.min(hi, Math.max(lo, x));

/** Write a value into an `<output>`: words for the eye, the exact number for the pointer and for tests. */
export function show(output, value, words, unit = "") {
  text(output, words);
  set(output, { "data-value": value });
  const exact = Number.isInteger(value) ? grouped(value) : decimal(value, 6);
  set(output, { title: (exact + " " + unit).trim() });
}

/** Controls bound to one model; `end` removes every listener they made. */
export function kit(model) {
  // A notebook loads this module once a widget, and a page may show one widget twice: neither a counter
  // nor the uid alone tells two views apart.
  const stem = `iw-${model.get("uid")}-${Math.random().toString(36).slice(2, 8)}`;
  const life = new AbortController();
  const { signal } = life;
  const limits = model.get("limits") ?? {};
  const on = (target, type, fn, options) =>
    target.addEventListener(type, fn, { signal, ...options });

  /** Set several traits at once, skipping those that do not change, and tell the kernel. */
  function commit(patch) {
    let changed = false;
    for (const [key, value] of Object.entries(patch)) {
      if (model.get(key) === value) continue;
      model.set(key, value);
      changed = true;
    }
    if (changed) model.save_changes();
  }

  /** Call `draw` now, and once in the next frame after any of `keys` changed. */
  function bind(keys, draw) {
    let frame = 0;
    const later = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        if (!signal.aborted) draw();
      });
    };
    for (const key of keys) model.on(`change:${key}`, later);
    signal.addEventListener("abort", () => {
      cancelAnimationFrame(frame);
      for (const key of keys) model.off(`change:${key}`, later);
    });
    draw();
    return later;
  }

  /** Preset buttons. One is pressed while the model agrees with everything in its `state`. */
  function chips(presets, label) {
    const buttons = presets.map((preset) =>
      h("button", { type: "button", class: "chip", "data-preset": preset.id }, preset.label));
    const agrees = ({ state }) => Object.entries(state).every(([k, v]) => model.get(k) === v);
    presets.forEach((preset, i) => on(buttons[i], "click", () => commit(preset.state)));
    const keys = [...new Set(presets.flatMap((preset) => Object.keys(preset.state)))];
    bind(keys, () => presets.forEach((preset, i) =>
      set(buttons[i], { "aria-pressed": String(agrees(preset)) })));
    return h("div", { class: "iw-chips", role: "group", "aria-label": label }, buttons);
  }

  /**
   * A labelled range with a number beside it, both two-way. Its ends are the trait's limits. With `log`
   * the range runs as the logarithm does, in a hundred steps, beside a picture on such a scale.
   */
  function slider({ key, label, log = false, ...given }) {
    const { min, max, step = 1, unit = "" } = { ...limits[key], ...given };
    const id = ui.id(key);
    const [lo, hi] = [min, max].map((end) => (log ? Math.log(end) : end));
    const range = h("input", { type: "range", id, name: key, min: lo, max: hi, step: log ? (hi - lo) / 100 : step });
    const number = h("input", {
      type: "number", min, max, step, name: `${key}-number`, inputmode: "decimal",
      "aria-label": `${label}, exact value`,
    });
    const snap = (x) => {
      const places = (String(step).split(".")[1] ?? "").length;
      const near = log ? x : min + Math.round((x - min) / step) * step;
      return clamp(Number(near.toFixed(places)), min, max);
    };
    on(range, "input", () => commit({ [key]: snap(log ? Math.exp(range.valueAsNumber) : range.valueAsNumber) }));
    on(number, "input", () => {
      // Half-typed numbers are left alone; they are settled when the field is left.
      const x = number.valueAsNumber;
      if (x >= min && x <= max) commit({ [key]: snap(x) });
    });
    const settle = () => { number.value = String(model.get(key)); };
    on(number, "change", () => {
      if (Number.isFinite(number.valueAsNumber)) commit({ [key]: snap(number.valueAsNumber) });
      settle();
    });
    bind([key], () => {
      range.value = String(log ? Math.log(model.get(key)) : model.get(key));
      set(range, { "aria-valuetext": `${decimal(model.get(key), 2)} ${unit}`.trim() });
      if (document.activeElement !== number) settle();
    });
    return h("div", { class: "iw-field", "data-key": key },
      h("label", { for: id }, label), range, number);
  }

  /**
   * Make a drawn element draggable, and a slider for the keyboard.
   * `get()` the value, `put(v)` it, `at(event)` the value under the pointer, `text(v)` its words;
   * `sideways` where it only goes to the left and right, so that a swipe over it can scroll the page.
   */
  function handle(el, { label, min, max, step = 1, big = 10 * step, get, put, at, text: words, sideways = false }) {
    set(el, { tabindex: 0, role: "slider", "aria-label": label });
    el.classList.add("iw-handle");
    const go = (v) => {
      const places = (String(step).split(".")[1] ?? "").length;
      put(clamp(Number((Math.round(v / step) * step).toFixed(places)), min, max));
    };
    on(el, "pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      el.focus({ preventScroll: true });
      el.setPointerCapture(event.pointerId);
      el.classList.add("iw-dragging");
    });
    // In an SVG, touch-action has no effect: without this the page would scroll under the finger.
    // A handle that goes sideways alone leaves a swipe up or down to the page.
    let from = null;
    on(el, "touchstart", (event) => {
      if (!sideways) event.preventDefault();
      from = event.touches[0];
    }, { passive: false });
    on(el, "touchmove", (event) => {
      if (!from) {
        if (event.cancelable) event.preventDefault();
        return;
      }
      const [dx, dy] = ["clientX", "clientY"].map((key) => Math.abs(event.touches[0][key] - from[key]));
      if (dx > dy) from = null;
      if (!from && event.cancelable) event.preventDefault();
    }, { passive: false });
    on(el, "pointermove", (event) => {
      if (!el.hasPointerCapture(event.pointerId)) return;
      if (sideways && event.pointerType === "touch" && from) return; // it may yet be a swipe
      go(at(event));
    });
    const drop = () => el.classList.remove("iw-dragging");
    on(el, "lostpointercapture", drop);
    on(el, "keydown", (event) => {
      const move = {
        ArrowRight: step, ArrowUp: step, ArrowLeft: -step, ArrowDown: -step, PageUp: big, PageDown: -big,
      }[event.key];
      if (move !== undefined) go(get() + (event.shiftKey ? Math.sign(move) * big : move));
      else if (event.key === "Home") go(min);
      else if (event.key === "End") go(max);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    /** Call in `draw`, so that a screen reader hears the present value. */
    return () => set(el, {
      "aria-valuemin": min, "aria-valuemax": max, "aria-valuenow": get(),
      "aria-valuetext": words ? words(get()) : null,
    });
  }

  /** Call `go(event)` where a drawing is pressed, and while it is pulled: all of it, not the knobs alone. */
  function pull(el, go) {
    on(el, "pointerdown", (event) => {
      if (event.button !== 0 || event.target.closest(".iw-handle")) return;
      el.setPointerCapture(event.pointerId);
      go(event);
    });
    on(el, "pointermove", (event) => {
      if (el.hasPointerCapture(event.pointerId)) go(event);
    });
  }

  /** Tell `fn` the width of an element in CSS pixels, at once and whenever it changes. */
  function width(el, fn) {
    let last = -1;
    const watcher = new ResizeObserver(() => {
      const px = Math.round(el.clientWidth);
      if (px && px !== last) fn((last = px));
    });
    watcher.observe(el);
    signal.addEventListener("abort", () => watcher.disconnect());
  }

  /**
   * A movement: the function that it gives calls `draw(t)`, eased from 0 to 1; at once where no motion is wanted,
   * or with `still`. A later call takes over from an earlier one.
   */
  function motion(ms = 240) {
    let frame = 0;
    signal.addEventListener("abort", () => cancelAnimationFrame(frame));
    return (draw, still = false) => {
      cancelAnimationFrame(frame);
      if (still || matchMedia("(prefers-reduced-motion: reduce)").matches) return draw(1);
      let start = 0;
      const step = (now) => {
        start ||= now;
        const t = Math.min(1, (now - start) / ms);
        draw(1 - (1 - t) ** 3);
        if (t < 1) frame = requestAnimationFrame(step);
      };
      frame = requestAnimationFrame(step);
    };
  }

  /** The frame of every widget: head (chips) over stage (drawing) over controls over caption. */
  function frame({ kind, label, caption }) {
    const [head, stage, controls] = ["head", "stage", "controls"].map((part) =>
      h("div", { class: `iw-${part}` }));
    const status = h("p", { class: "iw-status", role: "status" });
    // Only a page has an address that can hold the state; a notebook's kernel has the state itself.
    const link = model.link && h("button", { type: "button", class: "iw-link" }, "copy link to this state");
    const root = h("figure", {
      // JupyterLab would otherwise take the arrow keys for moving between cells.
      class: "iw", "data-view": kind, "aria-label": label, "data-lm-suppress-shortcuts": "true",
    }, head, stage, controls, h("figcaption", {}, caption, " ", link), status);
    if (link) {
      on(link, "click", async () => {
        const address = model.link();
        history.replaceState(null, "", address);
        // Without leave for the clipboard the address bar has the link all the same.
        const copied = await navigator.clipboard?.writeText(address).then(() => true, () => false);
        text(status, copied ? "Link copied." : "The link stands in the address bar.");
        text(link, copied ? "link copied" : "the link stands in the address bar");
        setTimeout(() => text(link, "copy link to this state"), 2000);
      });
    }
    let timer = 0;
    /** Say a sentence to screen readers once the reader pauses. */
    const say = (sentence) => {
      clearTimeout(timer);
      timer = setTimeout(() => text(status, sentence), 600);
    };
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      root.remove();
    });
    return { root, head, stage, controls, say };
  }

  const ui = {
    bind, chips, commit, frame, handle, limits, motion, on, pull, slider, width,
    /** An id that no other view in the page has, of this widget or of another. */
    id: (name) => `${stem}-${name}`,
    readout: (name, extra) => h("output", { name, ...extra }),
    end: () => life.abort(),
  };
  return ui;
}
