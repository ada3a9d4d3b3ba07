/*
 * Search over the sections of the book, from a disk too. TEXTS comes from search_texts.py: rows of
 * page, the page's title, anchor, heading, text.
 */
(() => {
  const MOST = 30;
  const AROUND = 90; // characters of an excerpt on either side
  const ENDINGS = /(?:ations?|ing|ers?|ed|es|e|s)$/;

  /** A pattern for a word in all its usual spellings, from the word's beginning. */
  function pattern(word) {
    const stem = word.length > 5 ? word.replace(ENDINGS, "") : word;
    const spelled = stem
      .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
      .replace(/(\d)[x×](?=\d)/g, "$1\u0000")
      .replace(/i[sz](?=[ei]|at|$)/g, "i[sz]")
      .replace(/(?<=[a-z]{2})ou?r/g, "ou?r")
      .replace(/(?<=[a-z]{2})(?:re|er)$/, "(?:re|er)")
      .replace(/\u0000/g, "[x×]");
    // A word ends where the letters of its form end; a number where its digits do.
    return new RegExp(`(?<![\\p{L}\\d])${spelled}${/\d$/.test(stem) ? "(?!\\d)" : "\\p{L}*"}`, "giu");
  }

  /** Sections in which all words stand, the best first. */
  function find(query) {
    const words = query.toLowerCase().split(/[\s,;]+/).filter((word) => /[\p{L}\d]/u.test(word));
    if (!words.length) return [];
    const patterns = words.map(pattern);
    const phrase = new RegExp(patterns.map((p) => p.source).join("[\\s-]+"), "iu");
    const found = [];
    for (const [page, title, anchor, heading, text] of TEXTS) {
      const all = `${heading} ${text}`;
      if (!patterns.every((p) => all.search(p) >= 0)) continue;
      let score = phrase.test(heading) ? 30 : 0;
      if (phrase.test(text)) score += 10;
      for (const p of patterns) score += Math.min(5, [...all.matchAll(p)].length);
      if (page.endsWith("glossary.html")) score += phrase.test(heading) ? 20 : 0;
      else if (page.endsWith("bibliography.html")) score -= 20;
      const first = text.match(phrase) ?? text.match(patterns.find((p) => text.search(p) >= 0) ?? /$/u);
      found.push({ page, title, anchor, heading, text, score, patterns, at: first?.index ?? text.search(patterns[0]) });
    }
    return found.sort((a, b) => b.score - a.score);
  }

  function element(name, className, ...children) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  }

  /** The text around the first place found, its words marked. */
  function excerpt({ text, at, patterns }) {
    const from = Math.max(0, at - AROUND);
    const start = from && text.indexOf(" ", from) + 1;
    const piece = text.slice(start, Math.max(at, 0) + 2 * AROUND);
    const marks = patterns.flatMap((p) => [...piece.matchAll(p)].map((m) => [m.index, m.index + m[0].length]));
    marks.sort((a, b) => a[0] - b[0]);
    const shown = element("p", "search-excerpt", start ? "… " : "");
    let end = 0;
    for (const [left, right] of marks) {
      if (left < end) continue;
      shown.append(piece.slice(end, left), element("mark", "", piece.slice(left, right)));
      end = right;
    }
    shown.append(piece.slice(end), text.length > start + piece.length ? " …" : "");
    return shown;
  }

  function result(row) {
    const link = element("a", "", row.heading || row.title);
    link.href = `${row.page}${row.anchor ? `#${row.anchor}` : ""}`;
    const place = row.title === row.heading ? "" : element("span", "search-place", ` ${row.title}`);
    return element("li", "", link, place, excerpt(row));
  }

  document.addEventListener("DOMContentLoaded", () => {
    const query = new URLSearchParams(location.search).get("q")?.trim() ?? "";
    const place = document.getElementById("search-results");
    const said = element("p", "search-summary");
    said.setAttribute("role", "status");
    place.replaceChildren(said);
    if (!query) return;
    for (const field of document.querySelectorAll("input[name=q]")) field.value = query;
    const found = find(query);
    const number = `${found.length} section${found.length === 1 ? "" : "s"}`;
    said.textContent = found.length
      ? `${number} with “${query}”${found.length > MOST ? `, the ${MOST} best shown` : ""}.`
      : `Nothing with “${query}”. Fewer words may find more.`;
    place.append(element("ul", "search", ...found.slice(0, MOST).map(result)));
  });
})();
