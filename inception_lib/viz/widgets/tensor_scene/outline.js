/** The network as a tree of buttons: the same picks for those who do not see or point. */

import { compact, h, set } from "#kit";
import { dims } from "./model.js";
import { TEXT, operation } from "./words.js";

export function outline(ui, { scene }, pick) {
  const buttons = scene.boxes.map((box, i) => {
    const cost = box.macs ? `, ${compact(box.macs)} multiply-adds` : "";
    const button = h("button", { type: "button" }, `${box.name}: ${operation(box)}, ${dims(box.shape)}${cost}`);
    ui.on(button, "click", () => pick(i));
    return button;
  });
  const list = h("ul", {}, scene.blocks.map((block) => {
    const inside = buttons.slice(block.first, block.last + 1).map((button) => h("li", {}, button));
    return inside.length === 1 ? inside : h("li", {}, h("span", {}, block.name), h("ul", {}, inside));
  }));
  const el = h("details", { class: "its-outline" }, h("summary", {}, TEXT.outline), list);
  return { el, draw: (picked) => buttons.forEach((b, i) => set(b, { "aria-pressed": String(i === picked) })) };
}
