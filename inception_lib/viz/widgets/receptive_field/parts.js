/** What both scales of the widget share: a list of numbers. */

import { h, show } from "#kit";

/** Named numbers, each an `<output>`; `set({ name: [value, words, unit] })`, null hides a row. */
export function numbers(ui, labels, prefix = "") {
  const rows = Object.entries(labels).map(([name, label]) => {
    const output = ui.readout(prefix + name);
    return [name, output, h("div", {}, h("dt", {}, label), h("dd", {}, output))];
  });
  return {
    el: h("dl", { class: "irf-facts" }, rows.map(([, , row]) => row)),
    set(values) {
      for (const [name, output, row] of rows) {
        row.hidden = !values[name];
        if (values[name]) show(output, ...values[name]);
      }
    },
  };
}
