/*
 * The scoreboard: sorts and filters the ledger's table in the page.
 *
 * Without this script the table is whole and in the order of the paper. What is added: a search
 * box, chips by section, verdict and kind, a count, and headers that sort. A link to a row always
 * shows it, whatever the filters.
 */
(() => {
  const VALUES = {
    verdict: [
      "differs", "opposite at this scale", "open", "not decided", "not reproducible here", "holds at this scale", "holds",
    ], // the most telling first
    kind: ["arithmetic", "measured", "trained", "quoted"],
  };
  const KEYS = {
    Section: (row) => Number(row.dataset.place),
    Claim: (row) => row.querySelector("[data-cell=claim]").textContent,
    Verdict: (row) => VALUES.verdict.indexOf(row.dataset.verdict),
  };

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function prepare(table) {
    const body = table.tBodies[0];
    const rows = [...body.rows].filter((row) => row.id);
    const headings = [...body.rows].filter((row) => !row.id); // one a section of the paper
    rows.forEach((row, place) => (row.dataset.place = place));
    const values = { part: [...new Set(rows.map((row) => row.dataset.part))], ...VALUES };
    const search = element("input", { type: "search", placeholder: "5×5, Figure 2, pixels" });
    const count = element("output", { name: "count" });
    const clear = element("button", { type: "button", class: "ledger-clear" }, "Show all");
    const chips = [];

    function group(field, name, label) {
      const buttons = values[field].map((value) => {
        const total = rows.filter((row) => row.dataset[field] === value).length;
        const chip = element("button", { type: "button", class: "chip", "aria-pressed": "false" }, ...label(value, total));
        chip.addEventListener("click", () => {
          chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") !== "true");
          filter();
        });
        chips.push({ chip, field, value });
        return chip;
      });
      return element("div", { role: "group", "aria-label": name }, element("span", { "aria-hidden": "true" }, name), ...buttons);
    }

    const counted = (value, total) => [value, " ", element("small", {}, total)];
    // A section's name is over its rows: its chip has room for the number.
    function numbered(value) {
      const title = headings.find((row) => row.dataset.part === value)?.textContent.replace(value, "");
      return [value, element("span", { class: "visually-hidden" }, title ?? "")];
    }

    function filter() {
      // × is hard to type: an x finds it.
      const plain = (text) => text.toLowerCase().replaceAll("×", "x").replace(/\s+/g, " ");
      const words = plain(search.value).split(" ").filter(Boolean);
      const pressed = chips.filter(({ chip }) => chip.getAttribute("aria-pressed") === "true");
      const fits = (row, field) => {
        const wanted = pressed.filter((c) => c.field === field);
        return !wanted.length || wanted.some((c) => c.value === row.dataset[field]);
      };
      for (const row of rows) {
        const text = plain(row.textContent);
        row.hidden = !(Object.keys(values).every((field) => fits(row, field)) && words.every((w) => text.includes(w)));
      }
      head();
      const shown = rows.filter((row) => !row.hidden).length;
      count.textContent = `${shown} of ${rows.length} claims`;
      count.dataset.value = shown;
      clear.hidden = !words.length && !pressed.length;
    }

    // Each heading stands before the first of its rows that is shown, and only where rows are
    // sorted by section.
    function head() {
      const bySection = table.tHead.rows[0].cells[0].hasAttribute("aria-sort");
      const shown = [...body.rows].filter((row) => row.id && !row.hidden);
      for (const heading of headings) {
        const first = shown.find((row) => row.dataset.part === heading.dataset.part);
        heading.hidden = !bySection || !first;
        if (!heading.hidden) first.before(heading);
      }
    }

    function sort(column) {
      const down = column.getAttribute("aria-sort") === "ascending";
      for (const other of column.parentElement.cells) other.removeAttribute("aria-sort");
      column.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = KEYS[column.textContent];
      const compare = (a, b) => (key(a) > key(b)) - (key(a) < key(b)) || a.dataset.place - b.dataset.place;
      body.append(...rows.toSorted((a, b) => (down ? -1 : 1) * compare(a, b)));
      head();
    }

    for (const column of table.tHead.rows[0].cells) {
      if (!(column.textContent in KEYS)) continue;
      const button = element("button", { type: "button" }, column.textContent);
      button.addEventListener("click", () => sort(column));
      column.replaceChildren(button);
    }
    table.tHead.rows[0].cells[0].setAttribute("aria-sort", "ascending");

    function showAll() {
      search.value = "";
      for (const { chip } of chips) chip.setAttribute("aria-pressed", "false");
      filter();
    }
    search.addEventListener("input", filter);
    clear.addEventListener("click", () => (showAll(), search.focus()));
    function follow() {
      const target = rows.find((row) => `#${row.id}` === location.hash);
      if (target?.hidden) showAll();
      target?.scrollIntoView();
    }
    window.addEventListener("hashchange", follow);
    window.addEventListener("load", follow); // the controls have moved the rows down
    table.before(
      element("div", { class: "ledger-controls" },
        element("label", {}, element("span", {}, "Find"), search),
        ...(headings.length ? [group("part", "Section", numbered)] : []),
        group("verdict", "Verdict", counted), group("kind", "Kind", counted),
        element("p", { role: "status" }, count, " ", clear)),
    );
    filter();
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const table of document.querySelectorAll("table.ledger")) prepare(table);
  });
})();
