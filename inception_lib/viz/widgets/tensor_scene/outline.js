/** The network as a tree of buttons: the same picks for those who do not see or point. */

import { compact, fill, h, set } from "#kit";
import { dims } from "./model.js";
import { TEXT, operation } from "./words.js";

export function outline(ui, { scene }, pick) {
  const list = h("ul");
  const el = h("details", { class: "its-outline" }, h("summary", {}, TEXT.outline), list);
  let buttons = [];
  let picked = -1;

  /** Thousands of buttons would keep a page of a deep network waiting: they are made once asked for. */
  function unfold() {
    buttons = scene.boxes.map((box, i) => {
      const cost = box.macs ? `, ${compact(box.macs)} multiply-adds` : "";
      const button = h("button", { type: "button" }, `${box.name}: ${operation(box)}, ${dims(box.shape)}${cost}`);
      ui.on(button, "click", () => pick(i));
      return button;
    });
    fill(list, scene.blocks.map((block) => {
      const inside = buttons.slice(block.first, block.last + 1).map((button) => h("li", {}, button));
      return inside.length === 1 ? inside : h("li", {}, h("span", {}, block.name), h("ul", {}, inside));
    }));
    draw(picked);
  }

  function draw(now) {
    picked = now;
    buttons.forEach((button, i) => set(button, { "aria-pressed": String(i === now) }));
  }

  ui.on(el, "toggle", () => el.open && !buttons.length && unfold());
  return { el, draw };
}
