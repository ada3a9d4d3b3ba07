/*
 * The "predict" element: the reader commits to a guess, then opens the answer and compares.
 *
 * Without this script the choices can still be made and the answer is still an ordinary
 * disclosure; what is added here is the comparison.
 */
(() => {
  const label = (input) => input.closest("label").textContent.trim();

  function prepare(box) {
    const inputs = [...box.querySelectorAll("input[type=radio]")];
    const right = inputs.find((input) => input.value === box.dataset.answer);
    const details = box.querySelector("details");
    const summary = details.querySelector("summary");
    const verdict = box.querySelector(".predict-verdict");

    function update() {
      const guess = inputs.find((input) => input.checked);
      box.classList.toggle("is-guessed", Boolean(guess));
      box.classList.toggle("is-revealed", details.open);
      summary.textContent = guess && !details.open ? "Compare with the answer" : "Answer";
      for (const input of inputs) {
        const mark = details.open && (input === right ? "right" : input === guess && "wrong");
        if (mark) input.closest("label").dataset.mark = mark;
        else delete input.closest("label").dataset.mark;
      }
      verdict.textContent = details.open ? sentence(guess) : "";
    }

    function sentence(guess) {
      if (!guess) return `Opened without a guess. It is ${label(right)}.`;
      if (guess === right) return `You said ${label(guess)}, and so it is.`;
      return `You said ${label(guess)}. It is ${label(right)}.`;
    }

    for (const input of inputs) input.addEventListener("change", update);
    details.addEventListener("toggle", update);
    update();
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const box of document.querySelectorAll(".predict[data-answer]")) prepare(box);
  });
})();
