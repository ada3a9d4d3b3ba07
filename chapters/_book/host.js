/*
 * The host of widgets in a page without a kernel.
 *
 * Each `.inception-widget` in the page carries its kind, its identity and its state as data-*
 * attributes, and a static fallback as its content. This script imports the widgets' module,
 * which it carries as a string: a page opened from disk may not import a module by its address,
 * but may import a blob. Then it mounts each widget on a model of its own. If anything fails,
 * the fallback stays where it is.
 */
(() => {
  const source = __WIDGETS_SOURCE__;
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
  }

  function same(a, b) {
    return Object.is(a, b) || JSON.stringify(a) === JSON.stringify(b);
  }

  /** One model for each uid, so that a widget shown twice is one widget in two places. */
  function modelOf(element) {
    const { uid, state } = element.dataset;
    const key = uid || element;
    if (!models.has(key)) models.set(key, new PageModel(JSON.parse(state || "{}")));
    return models.get(key);
  }

  async function mount(element, widget) {
    const fallback = [...element.childNodes];
    const live = document.createElement("div");
    try {
      const model = modelOf(element);
      if (model.get("kind") === undefined) model.state.kind = element.dataset.kind;
      element.replaceChildren(live);
      await widget.render({ model, el: live });
      element.dataset.mounted = "true";
    } catch (error) {
      element.replaceChildren(...fallback);
      element.dataset.mounted = "false";
      console.error(`The widget ${element.dataset.uid || element.dataset.kind} could not start.`, error);
    }
  }

  async function mountAll() {
    const elements = [...document.querySelectorAll(".inception-widget:not([data-mounted])")];
    if (!elements.length) return;
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    try {
      const { default: module } = await import(url);
      const widget = typeof module === "function" ? await module() : module;
      await Promise.all(elements.map((element) => mount(element, widget)));
    } catch (error) {
      console.error("The widgets could not be loaded; their static pictures stay.", error);
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mountAll);
  else mountAll();
})();
