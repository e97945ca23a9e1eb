"use strict";
(() => {
  const root = document.documentElement;
  const make = (tag, props = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children);
    return node;
  };

  // Tools: code for analysts, dark or light, print.
  const tools = document.querySelector(".tools");
  const code = make("button", { type: "button", textContent: "Code", title: "Show how each figure was computed" });
  code.setAttribute("aria-pressed", "false");
  code.addEventListener("click", () => {
    const shown = root.toggleAttribute("data-code");
    code.setAttribute("aria-pressed", String(shown));
    document.querySelectorAll("details.code").forEach((cell) => { cell.open = shown; });
  });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = make("button", { type: "button", textContent: "Dark / light" });
  theme.addEventListener("click", () => {
    const now = root.dataset.theme || (dark.matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
  });
  const print = make("button", { type: "button", textContent: "Print" });
  print.addEventListener("click", () => window.print());
  tools.append(code, theme, print);

  // Contents: the section in view is marked.
  const links = new Map([...document.querySelectorAll(".toc a")].map((a) => [decodeURIComponent(a.hash.slice(1)), a]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      links.forEach((a) => a.removeAttribute("aria-current"));
      links.get(entry.target.id).setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-10% 0px -75% 0px" });
  links.forEach((_, id) => { const target = document.getElementById(id); if (target) seen.observe(target); });

  // Pictures that are wider than the page are moved by the arrow keys too.
  document.querySelectorAll(".fo-figure").forEach((figure) => {
    if (figure.scrollWidth > figure.clientWidth) figure.tabIndex = 0;
  });

  // Tables: sorted by a click on a heading, filtered by words, saved as CSV.
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const valueOf = (cell) => cell.dataset.v ?? cell.textContent.trim();
  const missing = (cell) => cell.dataset.v === undefined && ["unknown", "–", ""].includes(cell.textContent.trim());
  const compare = (a, b) => {
    const [x, y] = [Number(a.dataset.v), Number(b.dataset.v)];
    return Number.isNaN(x) || Number.isNaN(y) ? collator.compare(valueOf(a), valueOf(b)) : x - y;
  };
  const quote = (text) => {
    // A leading = + - @ would run as a formula in a spreadsheet; a number may start with a minus.
    const safe = /^[=+@\t\r-]/.test(text) && Number.isNaN(Number(text)) ? "'" + text : text;
    return /[",\n]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
  };

  document.querySelectorAll(".fo-table > table").forEach((table) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const caption = table.caption?.textContent.trim() || "this table";
    const limit = Number(table.dataset.rows) || rows.length;
    let all = false;
    let words = "";

    const count = make("span", { className: "count" });
    count.setAttribute("role", "status");
    const more = make("button", { type: "button", className: "tool more" });
    more.addEventListener("click", () => { all = !all; show(); });

    const show = () => {
      const hits = [...body.rows].filter((row) => {
        const hit = words.split(/\s+/).every((word) => row.textContent.toLowerCase().includes(word));
        row.hidden = !hit;
        return hit;
      });
      hits.slice(all ? hits.length : limit).forEach((row) => { row.hidden = true; });
      const shown = all ? hits.length : Math.min(limit, hits.length);
      const every = `${rows.length.toLocaleString("en")} row${rows.length === 1 ? "" : "s"}`;
      count.textContent = shown === rows.length ? every : `${shown.toLocaleString("en")} of ${every}`;
      more.hidden = hits.length <= limit;
      more.textContent = all ? `Show the first ${limit}` : `Show all ${hits.length.toLocaleString("en")}`;
    };

    heads.forEach((head, index) => {
      const button = make("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "descending" ||
          (head.getAttribute("aria-sort") === "none" && !head.classList.contains("n"));
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", down ? "ascending" : "descending");
        const sign = down ? 1 : -1;
        rows.sort((a, b) => {
          const [x, y] = [a.cells[index], b.cells[index]];
          return missing(x) - missing(y) || sign * compare(x, y);
        });
        body.append(...rows);
        show();
      });
    });

    const filter = make("input", { type: "search", placeholder: "Filter rows" });
    filter.setAttribute("aria-label", `Filter rows of ${caption}`);
    filter.addEventListener("input", () => { words = filter.value.trim().toLowerCase(); show(); });
    const save = make("button", { type: "button", className: "tool", textContent: "CSV" });
    save.setAttribute("aria-label", `Save ${caption} as CSV`);
    save.addEventListener("click", () => {
      const lines = [heads.map((head) => quote(head.dataset.name || head.textContent.trim()))];
      rows.forEach((row) => lines.push([...row.cells].map((cell) => (missing(cell) ? "" : quote(valueOf(cell))))));
      const blob = new Blob([lines.map((line) => line.join(",")).join("\r\n") + "\r\n"], { type: "text/csv" });
      const name = caption.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "table";
      const link = make("a", { href: URL.createObjectURL(blob), download: name + ".csv" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });

    const controls = make("span", { className: "controls" }, count, save);
    if (rows.length > 5) controls.prepend(filter);
    (table.caption ?? table.createCaption()).append(controls);
    table.after(more);
    show();
  });
})();
