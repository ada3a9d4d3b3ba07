/*
 * A term's definition where the pointer, the focus or a finger is. Without this script a term is a
 * link to its entry. Escape closes it; a second tap, or Enter, follows the link.
 */
(() => {
  const box = document.createElement("div");
  box.className = "term-definition";
  box.id = "term-definition";
  box.setAttribute("role", "tooltip");
  box.hidden = true;
  let at = null;
  let timer = 0;

  function show(link) {
    clearTimeout(timer);
    const [term, text] = DEFINITIONS[link.hash.slice(1)] ?? [];
    if (!text) return;
    at?.removeAttribute("aria-describedby");
    at = link;
    box.replaceChildren(Object.assign(document.createElement("b"), { textContent: term }), ` ${text}`);
    box.hidden = false;
    link.setAttribute("aria-describedby", box.id);
    const [place, room] = [link.getClientRects()[0], document.documentElement.clientWidth];
    const left = Math.max(8, Math.min(place.left, room - box.offsetWidth - 8));
    const above = place.bottom + box.offsetHeight + 12 > innerHeight && place.top > box.offsetHeight + 12;
    const top = above ? place.top - box.offsetHeight - 6 : place.bottom + 6;
    box.style.transform = `translate(${left + scrollX}px, ${top + scrollY}px)`;
  }

  function hide() {
    box.hidden = true;
    at?.removeAttribute("aria-describedby");
    at = null;
  }

  document.addEventListener("DOMContentLoaded", () => {
    const links = document.querySelectorAll("a.term");
    if (!links.length) return;
    document.body.append(box);
    box.addEventListener("pointerenter", () => clearTimeout(timer));
    box.addEventListener("pointerleave", hide);
    for (const link of links) {
      link.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show(link));
      link.addEventListener("pointerleave", () => { timer = setTimeout(hide, 200); });
      link.addEventListener("focus", () => show(link));
      link.addEventListener("blur", hide);
      link.addEventListener("pointerdown", (event) => {
        // A first tap explains; where it is explained already, the link is followed.
        if (event.pointerType !== "mouse" && at !== link) link.dataset.explain = "";
      });
      link.addEventListener("click", (event) => {
        if (!("explain" in link.dataset)) return;
        delete link.dataset.explain;
        event.preventDefault();
        show(link);
      });
    }
    document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  });
})();
