"use strict";
// Language, theme, sorting, filtering, and opening what a link leads to. Without it every table is there.
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const keep = (name, value) => { try { localStorage.setItem("zoocheck-" + name, value); } catch { /* file:// */ } };
  const kept = (name) => { try { return localStorage.getItem("zoocheck-" + name); } catch { return null; } };
  const ATTRIBUTES = ["aria-label", "title", "placeholder"];

  // Attributes and options hold one language only; what the page came with is English.
  for (const element of all("[data-zh]")) element.dataset.en = element.textContent;
  for (const name of ATTRIBUTES)
    for (const element of all(`[data-zh-${name}]`)) element.setAttribute(`data-en-${name}`, element.getAttribute(name));

  const speak = (language) => {
    root.dataset.lang = language;
    root.lang = language === "zh" ? "zh-CN" : "en";
    for (const element of all("[data-zh]")) element.textContent = element.dataset[language];
    for (const name of ATTRIBUTES)
      for (const element of all(`[data-zh-${name}]`))
        element.setAttribute(name, element.getAttribute(`data-${language}-${name}`));
  };
  const dress = (theme) => {
    if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
    for (const button of all("[data-set-theme]")) button.setAttribute("aria-pressed", String(button.dataset.setTheme === theme));
  };
  for (const button of all("[data-set-lang]"))
    button.addEventListener("click", () => { const to = root.dataset.lang === "zh" ? "en" : "zh"; speak(to); keep("lang", to); });
  for (const button of all("[data-set-theme]"))
    button.addEventListener("click", () => { dress(button.dataset.setTheme); keep("theme", button.dataset.setTheme); });

  // Sorting: by the number a cell carries, else by its text; a second click turns the order around.
  const key = (row, at) => {
    const cell = row.cells[at];
    return "v" in cell.dataset ? (cell.dataset.v === "" ? null : Number(cell.dataset.v)) : cell.textContent.trim();
  };
  const compare = (a, b) => a === null || b === null ? (a === null) - (b === null)
    : typeof a === "number" ? a - b : a.localeCompare(b, undefined, { numeric: true });
  for (const table of all("table.sortable")) {
    const heads = all("thead th", table);
    heads.forEach((head, at) => head.querySelector("button")?.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = table.tBodies[0];
      const keyed = [...body.rows].map((row) => [key(row, at), row]);
      keyed.sort(([a], [b]) => a === null || b === null || !down ? compare(a, b) : compare(b, a));
      body.append(...keyed.map(([, row]) => row));
      table.dispatchEvent(new Event("sorted"));
    }));
  }

  // Filtering: a row stays where every choice is its own and its text holds every word. Of a table of thousands
  // only as many rows are shown as it says, in its order, until more are asked for.
  const filters = document.querySelector(".filters");
  if (filters) {
    const table = document.getElementById("matrix"), count = document.getElementById("shown");
    const step = Number(table.dataset.most ?? Infinity), more = document.querySelector("[data-more]");
    let most = step;
    const apply = () => {
      const rows = [...table.tBodies[0].rows];
      const chosen = all("select", filters).filter((select) => select.value);
      const words = filters.querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        const fits = chosen.every((select) => row.dataset[select.name] === select.value) && words.every((word) => text.includes(word));
        shown += fits ? 1 : 0;
        row.hidden = !fits || shown > most;
      }
      count.textContent = `${shown} / ${rows.length}`;
      if (more) more.hidden = shown <= most;
    };
    for (const event of ["input", "change"]) filters.addEventListener(event, () => { most = step; apply(); });
    table.addEventListener("sorted", apply);
    more?.addEventListener("click", () => { most += step; apply(); });
    filters.querySelector("button").addEventListener("click", () => {
      for (const field of all("select, input", filters)) field.value = "";
      apply();
    });
    for (const tile of all("[data-show]")) tile.addEventListener("click", () => {
      filters.querySelector("select[name=verdict]").value = tile.dataset.show;
      apply();
    });
    apply();
  }

  // A link into a closed detail opens it, in browsers that do not do so themselves.
  const open = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const detail = target && target.closest("details");
    if (detail && !detail.open) { detail.open = true; target.scrollIntoView(); }
  };
  window.addEventListener("hashchange", open);
  let closed = [];
  window.addEventListener("beforeprint", () => { closed = all("details.print:not([open])"); closed.forEach((item) => { item.open = true; }); });
  window.addEventListener("afterprint", () => closed.forEach((item) => { item.open = false; }));

  root.classList.add("js");
  speak(kept("lang") ?? root.dataset.lang);
  dress(kept("theme") ?? "auto");
  open();
})();
