/*
 * The "exercise" element: a number typed by the reader is compared with the answer.
 *
 * Without this script there is no field, and hint and solution are ordinary disclosures.
 */
(() => {
  const SCALES = [
    [/^(bn|billions?)\b/i, 1e9],
    [/^(m|mn|millions?)\b/i, 1e6],
    [/^(k|thousands?)\b/i, 1e3],
  ];
  const FACTOR = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?(\^[-+]?\d+)?/i;

  /** The scale that a text begins with, as "M" in "M MACs", and what is left of it. */
  function scale(text) {
    for (const [word, size] of SCALES) if (word.test(text)) return [size, text.replace(word, "").trim()];
    return [null, text];
  }

  /** A comma is a separator of thousands where it can be one, else a decimal comma. */
  function plain(text) {
    const tidy = text.replace(/[−–]/g, "-").replace(/(\d)[\s\u00a0\u2009\u202f_'’](?=\d{3}(?!\d))/g, "$1");
    if (/^[-+]?\d{1,3}(,\d{3})+(?!\d)/.test(tidy)) return tidy.replace(/,(?=\d{3})/g, "");
    return tidy.replace(/^([-+]?\d+),(\d+)(?![\d,])/, "$1.$2");
  }

  /** The number in a text such as "5,713,216", "5.7 Bn", "25/9", "3·10^6" or "11 %"; NaN if none. */
  function number(typed, unit) {
    let rest = plain(typed.trim().replace(/^[=≈~]\s*/, ""));
    let value = 1;
    let divide = false;
    for (;;) {
      const found = rest.match(FACTOR);
      if (!found) return NaN;
      const [base, power] = found[0].split("^");
      const factor = power === undefined ? Number(base) : Number(base) ** Number(power);
      value = divide ? value / factor : value * factor;
      rest = rest.slice(found[0].length).trim();
      const sign = rest.match(/^[*·×x/:]\s*(?=[-+.\d])/);
      if (!sign) break;
      divide = /^[/:]/.test(sign[0]);
      rest = plain(rest.slice(sign[0].length));
    }
    const [size, left] = scale(rest);
    const own = scale(unit)[0] ?? 1;
    if (size !== null) value *= size / own;
    const percent = left.startsWith("%");
    if (percent && !unit.startsWith("%")) value /= 100;
    const words = left.replace(/^%/, "").trim().toLowerCase();
    // What stands behind the number may repeat the unit; anything else is not understood.
    const units = `${unit} ${unit.replace(/^\S+\s*/, "")}`.toLowerCase();
    return words === "" || units.includes(words) ? value : NaN;
  }

  function prepare(box) {
    const form = box.querySelector(".exercise-check");
    const field = form.querySelector("input");
    const said = form.querySelector("output");
    const hint = box.querySelector("details.hint");
    const { answer, unit } = box.dataset;
    // A hair more than the tolerance, since sums in binary miss decimal ends.
    const width = Number(box.dataset.tolerance) * (1 + 1e-9) + 1e-12;
    const near = (value) => Math.abs(value - Number(answer)) <= width;
    form.hidden = false;

    function verdict(value) {
      if (Number.isNaN(value)) return ["unread", "Type one number, such as 12.5 or 25/9."];
      const own = scale(unit)[0];
      if (near(value) || (own !== null && near(value / own))) return ["right", "Right."];
      const way = value > Number(answer) ? "large" : "small";
      const help = hint && !hint.open ? " There is a hint below." : "";
      return ["wrong", `Not yet: that is too ${way}.${help}`];
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [state, words] = verdict(number(field.value, unit));
      box.dataset.state = state;
      field.setAttribute("aria-invalid", String(state !== "right"));
      said.textContent = words;
    });
    field.addEventListener("input", () => {
      delete box.dataset.state;
      field.removeAttribute("aria-invalid");
      said.textContent = "";
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const box of document.querySelectorAll(".exercise[data-answer]")) prepare(box);
  });
})();
