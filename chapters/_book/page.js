/*
 * What every page needs. Paper is white: a page in the dark is printed in the light colours, and is
 * dark again after. A formula is a stop for the keyboard only where it is too wide, to scroll it.
 */
(() => {
  const root = document.documentElement;
  let before = null;
  addEventListener("beforeprint", () => {
    before = root.dataset.theme;
    root.dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    if (before) root.dataset.theme = before;
  });

  function reach() {
    for (const formula of document.querySelectorAll('mjx-container[display="true"]')) {
      if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
      else formula.removeAttribute("tabindex");
    }
  }
  addEventListener("load", async () => {
    await window.MathJax?.startup?.promise;
    reach();
    addEventListener("resize", reach);
  });
})();
