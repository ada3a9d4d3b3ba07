/**
 * Elements in one line. Nothing here knows about widgets.
 *
 *   h("button", { class: "chip", "aria-pressed": "false", onclick: fn }, "5×5")
 *   svg("rect", { x: 0, width: 10, class: "iw-kxk" })
 *   set(el, { x: 4, hidden: true, class: null })     // null and false remove, true is an empty attribute
 *   fill(el, child, [child, …], "text")              // replace the children
 *   text(el, "28 %")                                 // touches the DOM only when the text differs
 *
 * `style` takes an object (custom properties too), `on…` keys are listeners, children may be nested
 * arrays; null and false children are left out.
 */

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. */
export const h = (tag, props, ...children) =>
  fill(set(document.createElement(tag), props), ...children);

/** An SVG element. */
export const svg = (tag, props, ...children) =>
  fill(set(document.createElementNS(SVG, tag), props), ...children);

/** Set attributes, styles and listeners; returns the element. */
export function set(el, props) {
  for (const [key, value] of Object.entries(props ?? {})) {
    if (key.startsWith("on")) el.addEventListener(key.slice(2), value);
    else if (key === "style") {
      for (const [name, v] of Object.entries(value)) el.style.setProperty(name, v);
    } else if (value === null || value === undefined || value === false) el.removeAttribute(key);
    else {
      const next = value === true ? "" : String(value);
      if (el.getAttribute(key) !== next) el.setAttribute(key, next);
    }
  }
  return el;
}

/** Replace the children of an element (append for a new one); returns the element. */
export function fill(el, ...children) {
  const list = children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false);
  if (list.length || el.firstChild) el.replaceChildren(...list);
  return el;
}

/** Set the text of an element if it differs. */
export function text(el, value) {
  if (el.textContent !== value) el.textContent = value;
  return el;
}
