/*
 * A walk: a figure that stays in view while the prose after it goes by, and moves with it.
 *
 * A cell with the tag "walk" holds the figure; a paragraph after it that links to a state of the figure, as
 * `[Row 5](#walk?step=5)`, is a step. Where such a paragraph crosses the reading line, its link is followed,
 * without touching the address. The page scrolls as ever. Where the reader follows such a link by hand, the
 * figure stays at it until the reader scrolls: what the page does by itself meanwhile moves nothing.
 * Without this file the figure stands still, and the links move it.
 */
addEventListener("DOMContentLoaded", () => {
  for (const cell of document.querySelectorAll(".cell.tag_walk")) {
    const uid = cell.querySelector(".inception-widget")?.dataset.uid;
    if (!uid) continue;
    const walk = document.createElement("div");
    walk.className = "walk";
    cell.before(walk);
    for (let next = cell; next && !next.matches("section") && (next === cell || !next.matches(".cell"));) {
      const after = next.nextElementSibling;
      walk.append(next);
      next = after;
    }
    const links = [...walk.querySelectorAll(`a[href^="#${uid}?"]`)];
    const steps = [...new Set(links.map((link) => link.closest("p, li")))].map((el) => ({
      el, query: el.querySelector(`a[href^="#${uid}?"]`).getAttribute("href").split("?")[1],
    }));
    let now = -1;

    /** The line at which a step begins: in the upper part of what the figure leaves of the window. */
    const line = () => {
      const edge = stays() ? cell.getBoundingClientRect().bottom : 0;
      return edge + 0.22 * (innerHeight - edge);
    };
    const stays = () => getComputedStyle(cell).position === "sticky";

    /** The figure stays right under the page's head; what folds above it in its cell goes behind. */
    function settle() {
      const head = document.querySelector(".bd-header-article")?.offsetHeight ?? 0;
      const above = cell.querySelector(".inception-widget").getBoundingClientRect().top - cell.getBoundingClientRect().top;
      cell.style.top = `${Math.round(head - Math.min(above, head) + 4)}px`;
    }
    settle();
    addEventListener("resize", settle);

    let held = false;
    for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
      addEventListener(kind, () => { held = false; }, { passive: true, capture: true });
    }

    function follow() {
      if (held || !stays()) return;
      const at = line();
      let last = -1;
      steps.forEach(({ el }, k) => { if (el.getBoundingClientRect().top < at) last = k; });
      if (last === now) return;
      mark(last);
      // What a step does not set is as it was above the first; above it, the figure is as it was at first.
      window.inceptionWidget?.move(uid, now < 0 ? first : `${first}&${steps[now].query}`);
    }

    function mark(step) {
      steps[now]?.el.classList.remove("walk-now");
      now = step;
      steps[now]?.el.classList.add("walk-now");
    }

    // What the steps change, as it is before the first of them.
    const model = () => cell.querySelector(".inception-widget").model;
    let first = "";
    let frame = 0;
    addEventListener("scroll", () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        if (!model()) return;
        if (now < 0 && !first) {
          const keys = new Set(links.flatMap((link) => [...new URLSearchParams(link.getAttribute("href").split("?")[1]).keys()]));
          first = String(new URLSearchParams([...keys].map((key) => {
            const value = model().get(key);
            return [key, typeof value === "string" ? value : JSON.stringify(value)];
          })));
        }
        follow();
      });
    }, { passive: true });

    for (const [k, { el, query }] of steps.entries()) {
      for (const link of el.querySelectorAll(`a[href^="#${uid}?"]`)) {
        link.addEventListener("click", (event) => {
          if (!stays()) return; // the figure may be out of sight: the page goes to it, as anywhere
          event.preventDefault();
          held = true;
          mark(k);
          window.inceptionWidget?.move(uid, link.getAttribute("href").split("?")[1] || query);
          // Once the figure has its new height; a little above the line, so that the step holds there.
          requestAnimationFrame(() => requestAnimationFrame(() =>
            scrollBy({ top: el.getBoundingClientRect().top - line() + 4, behavior: "instant" })));
        });
      }
    }
  }
});
