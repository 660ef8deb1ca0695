"use strict";
/* Setting a point on the zones' outlines, by tap, click or arrow keys. The typed coordinates are the truth: the map writes them and reads them. */
(() => {
  for (const box of document.querySelectorAll("[data-point]")) {
    const field = document.getElementById(box.dataset.point);
    const sheet = box.querySelector(".point-map-sheet");
    const svg = box.querySelector("svg");
    const mark = box.querySelector(".outline-mark");
    const said = box.querySelector("[data-said]");
    if (!field || !svg) continue;
    const { west, north, across, down } = Object.fromEntries(["west", "north", "across", "down"].map((n) => [n, Number(svg.dataset[n])]));
    const { width, height } = svg.viewBox.baseVal;
    let place = null;
    let ticked = null;

    const zoneAt = (x, y) => {
      const point = svg.createSVGPoint();
      Object.assign(point, { x, y });
      return [...svg.querySelectorAll(".outline-zone")].find((path) => path.isPointInFill(point)) ?? null;
    };
    const tick = (zone) => {
      if (ticked) { ticked.checked = false; ticked = null; }
      const own = zone && document.querySelector(`[name="${box.dataset.boxes}"][value="${zone.dataset.zone}"]`);
      if (own && !own.checked) { own.checked = true; ticked = own; }
    };
    const show = () => {
      if (!place) { mark.setAttribute("visibility", "hidden"); return; }
      mark.setAttribute("visibility", "visible");
      mark.setAttribute("transform", `translate(${place.x.toFixed(1)} ${place.y.toFixed(1)})`);
    };
    const tell = (zone) => {
      const words = !place ? box.dataset.gone : zone ? box.dataset.set.replace("{zone}", zone.dataset.name) : box.dataset.outside;
      said.textContent = words.replace("{point}", field.value);
    };
    const put = (x, y) => {
      place = { x: Math.min(width, Math.max(0, x)), y: Math.min(height, Math.max(0, y)) };
      field.value = `${(north - place.y / down).toFixed(5)}, ${(west + place.x / across).toFixed(5)}`;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      const zone = zoneAt(place.x, place.y);
      show();
      tick(zone);
      tell(zone);
    };
    const clear = () => {
      place = null;
      field.value = "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      show();
      tick(null);
      tell(null);
    };
    /** What was typed, shown on the map; what lies beside it, or is no point, is left to the server. */
    const read = () => {
      const typed = /^\s*(-?\d{1,2}(?:[.,]\d+)?)\s*°?\s*[,; ]\s*(-?\d{1,3}(?:[.,]\d+)?)\s*°?\s*$/.exec(field.value);
      const [lat, lon] = typed ? typed.slice(1).map((n) => Number(n.replace(",", "."))) : [];
      const x = (lon - west) * across;
      const y = (north - lat) * down;
      place = typed && x >= 0 && y >= 0 && x <= width && y <= height ? { x, y } : null;
      show();
    };

    svg.addEventListener("click", (event) => {
      const seen = svg.createSVGPoint();
      Object.assign(seen, { x: event.clientX, y: event.clientY });
      const at = seen.matrixTransform(svg.getScreenCTM().inverse());
      put(at.x, at.y);
    });
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    sheet.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key in steps) {
        const far = event.shiftKey ? 2 : 16;
        const from = place ?? { x: width / 2, y: height / 2 };
        const [right, below] = place ? steps[event.key] : [0, 0];
        put(from.x + right * far, from.y + below * far);
      } else if (event.key === "Delete" || event.key === "Backspace") clear();
      else return;
      event.preventDefault();
    });
    box.querySelector("[data-clear]").addEventListener("click", clear);
    field.addEventListener("change", read);
    box.hidden = false;
    read();
  }
})();
