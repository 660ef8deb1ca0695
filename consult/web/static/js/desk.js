"use strict";
/* Keys of a desk: an element marked data-key is used by pressing that key; inside an element marked data-stop only while the focus is in it.
   j and k go through the stops. Keys can be switched off, and never act while something is typed. */
(() => {
  const SWITCH = "consult:keys";
  const words = document.getElementById("testi")?.dataset ?? {};
  const stored = () => { try { return localStorage.getItem(SWITCH) !== "off"; } catch { return true; } };
  let on = stored();
  const button = document.querySelector("[data-keys-switch]");
  const show = () => {
    if (!button) return;
    button.hidden = false;
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? words.keysOn : words.keysOff;
    document.body.classList.toggle("keys-off", !on);
  };
  button?.addEventListener("click", () => {
    on = !on;
    try { localStorage.setItem(SWITCH, on ? "on" : "off"); } catch { /* The choice lasts for this page only. */ }
    show();
  });
  show();

  /* What is open stands in sight in a long list. */
  const current = document.querySelector(".desk-list [aria-current]");
  const list = current?.closest(".desk-list");
  if (list && list.scrollHeight > list.clientHeight) {
    list.scrollTop += current.getBoundingClientRect().top - list.getBoundingClientRect().top - list.clientHeight / 3;
  }

  const typing = (el) => el instanceof HTMLElement && (el.isContentEditable || el.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=submit], [type=button])"));
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && typing(e.target)) { e.target.blur(); return; }
    if (!on || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || typing(e.target) || document.querySelector("dialog[open]")) return;
    /* Stops: j goes to the next, k to the one before, from wherever the page stands. */
    const stops = e.key === "j" || e.key === "k" ? [...document.querySelectorAll("[data-stop]")] : [];
    if (stops.length) {
      const line = (document.activeElement?.closest("[data-stop]") ?? null)?.getBoundingClientRect().top ?? 8;
      const place = (x) => x.getBoundingClientRect().top;
      const to = e.key === "j" ? stops.find((x) => place(x) > line + 4) : stops.findLast((x) => place(x) < line - 4);
      e.preventDefault();
      to?.focus();
      to?.scrollIntoView({ block: "start" });
      return;
    }
    const here = document.activeElement?.closest("[data-stop]") ?? null;
    const usable = [...document.querySelectorAll("[data-key]")].filter((x) => {
      const stop = x.closest("[data-stop]");
      return x.dataset.key === e.key && (!stop || stop === here) && (x.checkVisibility?.() ?? true);
    });
    const el = usable.find((x) => here?.contains(x)) ?? usable[0];
    if (!el) return;
    e.preventDefault();
    if (el instanceof HTMLDetailsElement) { el.open = !el.open; el.querySelector("summary").focus(); }
    else if (el.matches("summary") && el.parentElement instanceof HTMLDetailsElement) {
      /* What is opened in order to write or choose is written and chosen at once. */
      const fold = el.parentElement;
      fold.open = !fold.open;
      (fold.open ? fold.querySelector("input:not([type=hidden]), select, textarea") ?? el : el).focus();
    }
    else if (el.matches("textarea, select, input:not([type=checkbox], [type=radio])")) el.focus();
    else { el.focus(); el.click(); }
  });
})();
