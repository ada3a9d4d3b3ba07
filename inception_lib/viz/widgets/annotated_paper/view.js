/** AnnotatedPaper: a strip of squares, their counts, and the claim that is read. State: allowance, chosen. */

import { fill, grouped, h, kit, set, show, text } from "#kit";
import { COUNTS, parts, readouts, verdictAt } from "./model.js";
import {
  ALLOWANCE, CAPTION, CHOICE, LABEL, NEEDS, NEVER, NONE, PART, PLACE, PRESETS, READOUTS, ROW, SIGNS, spoken, STRIP, VALUES,
} from "./words.js";

export function mount({ model, el }) {
  const ui = kit(model);
  const fig = ui.frame({ kind: "annotated-paper", label: LABEL, caption: CAPTION });
  const claims = model.get("claims");
  const squares = claims.map((claim) => h("button", { type: "button", "data-id": claim.id, tabindex: -1 }));
  const at = new Map(claims.map((claim, i) => [claim.id, i]));
  const strip = h("div", { class: "iap-strip", role: "group", "aria-label": STRIP }, parts(claims).map(([part, list]) =>
    h("p", {}, h("span", {}, PART(part)), h("span", { class: "iap-run" }, list.map((claim) => squares[at.get(claim.id)])))));
  const counts = Object.entries(COUNTS).map(([verdict, name]) => {
    const output = ui.readout(name);
    return { name, output, el: h("li", {}, h("i", { "data-verdict": verdict }, SIGNS[verdict]), output, " ", READOUTS[name][0]) };
  });
  const read = h("div", { class: "iap-read" });
  fig.head.append(ui.chips(PRESETS, CHOICE));
  fig.stage.append(strip, h("ul", { class: "iap-counts" }, counts.map((count) => count.el)));
  fig.controls.append(ui.slider({ key: "allowance", label: ALLOWANCE }), read);
  el.append(fig.root);

  const choose = (i) => ui.commit({ chosen: claims[i].id });
  ui.on(strip, "pointerover", (event) => {
    const id = event.target.closest("button")?.dataset.id;
    if (id && event.pointerType === "mouse") choose(at.get(id));
  });
  ui.on(strip, "click", (event) => {
    const id = event.target.closest("button")?.dataset.id;
    if (id) choose(at.get(id));
  });
  ui.on(strip, "keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const now = at.get(model.get("chosen")) ?? -step;
    const next = { Home: 0, End: claims.length - 1 }[event.key] ?? now + step;
    if (!(next >= 0 && next < claims.length)) return;
    event.preventDefault();
    choose(next);
    squares[next].focus({ preventScroll: true });
  });

  function draw() {
    const allowance = model.get("allowance");
    const chosen = model.get("chosen");
    claims.forEach((claim, i) => {
      const verdict = verdictAt(claim, allowance);
      text(squares[i], SIGNS[verdict]);
      set(squares[i], {
        "data-verdict": verdict, "aria-label": `${claim.claim} ${VALUES(claim)} ${verdict}`,
        "aria-pressed": String(claim.id === chosen), tabindex: (at.get(chosen) ?? 0) === i ? 0 : -1,
      });
    });
    const numbers = readouts({ claims, allowance });
    for (const { name, output, el: row } of counts) {
      show(output, numbers[name], grouped(numbers[name]), READOUTS[name][1]);
      set(row, { hidden: numbers[name] ? null : "" });
    }
    fill(read, ...told(claims[at.get(chosen)], allowance));
    fig.say(spoken(numbers));
  }
  ui.bind(["allowance", "chosen"], draw);
  return ui.end;
}

/** The claim that is read: where it stands, what it says, both values, the verdict and its reason. */
function told(claim, allowance) {
  if (!claim) return [h("p", { class: "iap-none" }, NONE)];
  const verdict = verdictAt(claim, allowance);
  const here = document.getElementById(claim.id) && h("a", { href: `#${claim.id}` }, ROW);
  const more = verdict === "differs" ? [" ", claim.needs === null ? NEVER : NEEDS(claim.needs)] : [];
  return [
    h("p", { class: "iap-place" }, PLACE(claim), here ? " · " : "", here || ""),
    h("p", {}, claim.claim),
    h("p", {}, VALUES(claim), " ", h("b", { "data-verdict": verdict }, `${SIGNS[verdict]} ${verdict}`), ...more),
    h("p", { class: "iap-reason" }, claim.reason),
  ];
}
