/** Hands on a drawing of windows: presses, drags and arrow keys. No state. */

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** A point of the page in the units of a drawing, as [y, x]. */
export function pointIn(drawing, event) {
  const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
  return [y, x];
}

/**
 * Call `fn(event, first)` when the reader presses on an element, and while a press is dragged.
 * A finger outside of a `.iwin-grip` may be about to scroll: it picks, but does not drag. With `firm`, a grip
 * keeps the page from scrolling, which `touch-action` cannot do inside of an SVG.
 */
export function follow(ui, target, fn, firm = false) {
  if (firm) {
    ui.on(target, "touchstart", (event) => {
      if (event.target.closest(".iwin-grip")) event.preventDefault();
    }, { passive: false });
  }
  ui.on(target, "pointerdown", (event) => {
    if (event.button !== 0) return;
    if (event.pointerType === "mouse" || event.target.closest(".iwin-grip")) target.setPointerCapture(event.pointerId);
    fn(event, true);
  });
  ui.on(target, "pointermove", (event) => {
    if (target.hasPointerCapture(event.pointerId)) fn(event, false);
  });
}

/** Arrow keys as steps [down, right]. */
export function arrows(ui, target, fn) {
  ui.on(target, "keydown", (event) => {
    const step = ARROWS[event.key];
    if (!step) return;
    fn(step);
    event.preventDefault();
    event.stopPropagation();
  });
}
