/*
 * The host of widgets in a page without a kernel.
 *
 * Each `.inception-widget` in the page carries its kind, its identity, its state and its limits as
 * data-* attributes, and a static fallback as its content. The scripts of the widgets hand their
 * modules over as text, `inceptionWidget(kind, source)`: a page opened from disk may not import a
 * module by its address, but may import a blob, here the kit with the module after it. If anything
 * fails, the fallback stays where it is.
 *
 * A state can stand in the page's address: `#figure-1?grid=35&alpha=1.5` opens, or moves, the widget
 * of that uid; prose can link to it. Where a widget lies in a closed fold (`<details>`) and its script is
 * not in the page, the script is fetched from beside this one when the fold is first opened.
 */
(() => {
  const kit = __KIT__;
  const folder = document.currentScript?.src.replace(/[^/]*$/, "");
  const sources = new Map();
  const models = new Map();

  /** The part of an ipywidgets model that a view may use; its state lives in the page alone. */
  class PageModel {
    constructor(state) {
      this.state = state;
      this.listeners = new Map();
    }

    get(name) {
      return this.state[name];
    }

    /** Set one trait, or several at once; listeners hear of those that really changed. */
    set(name, value) {
      const updates = typeof name === "object" ? name : { [name]: value };
      const changed = Object.keys(updates).filter((key) => !same(this.state[key], updates[key]));
      for (const key of changed) this.state[key] = updates[key];
      for (const key of changed) this.emit(`change:${key}`, this.state[key]);
      if (changed.length) this.emit("change");
    }

    /** A kernel would hear of the changes here; the page has none. */
    save_changes() {}

    send() {}

    on(names, callback) {
      for (const name of names.split(/\s+/)) {
        if (!this.listeners.has(name)) this.listeners.set(name, new Set());
        this.listeners.get(name).add(callback);
      }
    }

    off(names, callback) {
      if (names == null) return this.listeners.clear();
      for (const name of names.split(/\s+/)) {
        if (callback) this.listeners.get(name)?.delete(callback);
        else this.listeners.delete(name);
      }
    }

    emit(name, ...details) {
      for (const callback of [...(this.listeners.get(name) ?? [])]) callback(this, ...details);
    }

    /** The page's address with this widget's state in it. */
    link() {
      const query = new URLSearchParams();
      for (const key of Object.keys(this.state.limits ?? {})) {
        const value = this.state[key];
        query.set(key, typeof value === "string" ? value : JSON.stringify(value));
      }
      return `${location.href.split("#")[0]}#${this.state.uid}?${query}`;
    }
  }

  function same(a, b) {
    return Object.is(a, b) || JSON.stringify(a) === JSON.stringify(b);
  }

  /** One model for each uid, so that a widget shown twice is one widget in two places. */
  function modelOf(element) {
    const { uid, kind, state, limits } = element.dataset;
    const key = uid || element;
    if (!models.has(key)) {
      models.set(key, new PageModel({
        uid, kind, ...(limits ? { limits: JSON.parse(limits) } : {}), ...JSON.parse(state || "{}"),
      }));
    }
    return models.get(key);
  }

  /** The uid and the query of the page's address. */
  function address() {
    const [, uid, query] = /^#([\w-]+)\?(.*)$/.exec(location.hash) ?? [];
    return { uid, query: new URLSearchParams(query) };
  }

  /** Take over from an address what lies within the limits; the rest of it is left out. */
  function adopt(model, query) {
    const patch = {};
    for (const [key, text] of query) {
      const limit = model.get("limits")?.[key];
      if (!limit) continue;
      let value = text;
      try {
        if (typeof model.get(key) !== "string") value = JSON.parse(text);
      } catch {
        continue;
      }
      const sort = (v) => (Array.isArray(v) ? "array" : typeof v);
      if (sort(value) !== sort(model.get(key))) continue;
      if (limit.names && !limit.names.includes(value)) continue;
      if ("min" in limit && !(value >= limit.min && value <= limit.max)) continue;
      patch[key] = value;
    }
    model.set(patch);
  }

  function follow() {
    const { uid, query } = address();
    unfold(uid);
    if (!models.has(uid)) return;
    adopt(models.get(uid), query);
    document.querySelector(`.inception-widget[data-uid="${uid}"]`)?.scrollIntoView({ block: "center" });
  }

  async function mount(element, widget) {
    const fallback = [...element.childNodes];
    const live = document.createElement("div");
    try {
      const model = modelOf(element);
      const { uid, query } = address();
      if (uid && uid === element.dataset.uid) adopt(model, query);
      element.replaceChildren(live);
      await widget.render({ model, el: live });
      element.dataset.mounted = "true";
      element.model = model;
    } catch (error) {
      element.replaceChildren(...fallback);
      element.dataset.mounted = "false";
      console.error(`The widget ${element.dataset.uid || element.dataset.kind} could not start.`, error);
    }
  }

  /** The module of a kind, once a page; a promise. */
  const modules = new Map();
  function load(kind) {
    if (!modules.has(kind)) {
      const url = URL.createObjectURL(new Blob([kit, "\n", sources.get(kind)], { type: "text/javascript" }));
      modules.set(kind, import(url).finally(() => URL.revokeObjectURL(url)));
    }
    return modules.get(kind);
  }

  async function mountKind(kind, elements) {
    try {
      const { default: module } = await load(kind);
      const widget = typeof module === "function" ? await module() : module;
      await Promise.all(elements.map((element) => mount(element, widget)));
    } catch (error) {
      elements.forEach((element) => { element.dataset.mounted = "false"; });
      console.error(`The ${kind} widget could not be loaded; its static picture stays.`, error);
    }
  }

  /** Open the fold that a widget lies in. */
  function unfold(uid) {
    const fold = uid && document.querySelector(`.inception-widget[data-uid="${uid}"]`)?.closest("details:not([open])");
    if (fold) fold.open = true;
  }

  const asked = new Set();
  function fetchScripts(fold) {
    for (const { dataset: { kind } } of fold.querySelectorAll(".inception-widget:not([data-mounted])")) {
      if (sources.has(kind) || asked.has(kind) || !folder) continue;
      asked.add(kind);
      document.head.append(Object.assign(document.createElement("script"), { src: `${folder}${kind}.js` }));
    }
  }

  let touched = false; // once the reader has done anything, the page stays where it is
  for (const type of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    addEventListener(type, () => (touched = true), { once: true, passive: true });
  }
  let ready = false;
  async function mountAll() {
    ready = true;
    const kinds = new Map();
    for (const element of document.querySelectorAll(".inception-widget:not([data-mounted])")) {
      const { kind } = element.dataset;
      if (sources.has(kind)) kinds.set(kind, [...(kinds.get(kind) ?? []), element]);
    }
    await Promise.all([...kinds].map(([kind, elements]) => mountKind(kind, elements)));
    if (models.has(address().uid)) return follow();
    unfold(address().uid);
    // Figures are taller than what stood in their place: the row or heading of the address has moved.
    if (!touched) document.querySelector(":target")?.scrollIntoView();
  }

  /** Called by each widget's script with its module as text. */
  window.inceptionWidget = (kind, source) => {
    sources.set(kind, source);
    if (ready) mountAll();
  };
  /** Move the widget of a uid by a query, as a link does, without the page's address. */
  window.inceptionWidget.move = (uid, query) => {
    if (models.has(uid)) adopt(models.get(uid), new URLSearchParams(query));
  };
  addEventListener("hashchange", follow);
  // "toggle" does not bubble, but can be caught on its way down.
  document.addEventListener("toggle", (event) => event.target.open && fetchScripts(event.target), true);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mountAll);
  else mountAll();
})();
