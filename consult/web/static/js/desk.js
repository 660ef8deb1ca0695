"use strict";
/* Keys of a desk: an element marked data-key is used by pressing that key. They can be switched off, and never act while something is typed. */
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

  const typing = (el) => el instanceof HTMLElement && (el.isContentEditable || el.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=submit], [type=button])"));
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && typing(e.target)) { e.target.blur(); return; }
    if (!on || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || typing(e.target) || document.querySelector("dialog[open]")) return;
    const el = [...document.querySelectorAll("[data-key]")].find((x) => x.dataset.key === e.key && (x.checkVisibility?.() ?? true));
    if (!el) return;
    e.preventDefault();
    if (el instanceof HTMLDetailsElement) { el.open = !el.open; el.querySelector("summary").focus(); }
    else if (el.matches("textarea, select, input:not([type=checkbox], [type=radio])")) el.focus();
    else { el.focus(); el.click(); }
  });
})();
