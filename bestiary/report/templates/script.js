"use strict";
// Tables sort by a click on a head, and can be saved as CSV. Without scripts they are plain tables.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const value = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.value === undefined) return cell.textContent.trim();
    return cell.dataset.value === "" ? null : isNaN(cell.dataset.value) ? cell.dataset.value : Number(cell.dataset.value);
  };
  const order = (one, other) => typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other));
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].sort((a, b) => {
        const [one, other] = [value(a, column), value(b, column)];
        if (one === null || other === null) return (one === null) - (other === null); // what is missing comes last
        return down ? order(other, one) : order(one, other);
      });
      body.append(...rows);
    });
  });
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const save = document.createElement("button");
  save.type = "button";
  save.className = "save";
  save.textContent = "Save as CSV";
  save.addEventListener("click", () => {
    const lines = [heads.flatMap((head) => (head.dataset.columns || head.textContent).split(",").map((name) => name.trim()))];
    for (const row of body.rows) {
      lines.push([...row.cells].flatMap((cell) => (cell.dataset.cells !== undefined ? cell.dataset.cells.split(",") : [cell.dataset.value ?? cell.textContent.trim()])));
    }
    const link = document.createElement("a");
    link.href = "data:text/csv;charset=utf-8," + encodeURIComponent(lines.map((line) => line.map(quoted).join(",")).join("\r\n") + "\r\n");
    link.download = table.dataset.file || "table.csv";
    link.click();
  });
  (table.closest(".scroll") || table).after(save);
}

// A threshold that moves along the two curves.
for (const box of document.querySelectorAll("[data-thresholds]")) {
  const points = JSON.parse(box.dataset.thresholds); // [threshold, found, missed, false alarms, rightly left] each
  const slider = box.querySelector("input");
  const percent = (part, whole) => (whole ? (100 * part / whole).toFixed(1) + "\u00a0%" : "–");
  const show = () => {
    const [threshold, found, missed, alarms, left] = points[Number(slider.value)];
    const words = {
      threshold: percent(threshold, 1), found, missed, alarms, left,
      precision: percent(found, found + alarms), recall: percent(found, found + missed), fall: percent(alarms, alarms + left),
    };
    for (const [name, text] of Object.entries(words)) {
      for (const place of box.querySelectorAll(`[data-show="${name}"]`)) place.textContent = typeof text === "number" ? text.toLocaleString("en") : text;
    }
    const [recall, fall] = [found / (found + missed), alarms / (alarms + left)];
    const precision = found + alarms ? found / (found + alarms) : 1;
    const move = (name, x, y) => {
      const dot = box.querySelector(`[data-dot="${name}"]`);
      dot.setAttribute("cx", 100 * x);
      dot.setAttribute("cy", 100 - 100 * y);
    };
    move("roc", fall, recall);
    move("pr", recall, precision);
    slider.setAttribute("aria-valuetext", words.threshold);
  };
  slider.max = points.length - 1;
  slider.addEventListener("input", show);
  box.querySelector(".threshold").hidden = false;
  show();
}

// The bar of contents shows where one is.
if ("IntersectionObserver" in window) {
  const links = new Map([...document.querySelectorAll("nav.contents a")].map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      links.forEach((link) => link.removeAttribute("aria-current"));
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-20% 0px -70% 0px" });
  links.forEach((_, id) => { const place = document.getElementById(id); if (place) seen.observe(place); });
}
