"use strict";
/* Long texts of forms marked data-draft are kept on this device while they are written, offered again when the form is
   opened anew, and forgotten when the form was taken, after seven days, and at sign-out. */
(() => {
  const PREFIX = "consult:draft:";
  const DAYS = 7;
  const words = document.getElementById("testi")?.dataset ?? {};
  const who = document.body.dataset.who ?? "guest";
  let store;
  try {
    store = window.localStorage;
    store.getItem(PREFIX);
  } catch {
    return; // Storage is refused: forms work as before.
  }
  const keyOf = (form) => `${PREFIX}${who}:${form.dataset.draft}`;
  const read = (key) => { try { return JSON.parse(store.getItem(key) ?? "null"); } catch { return null; } };
  const write = (key, value) => { try { store.setItem(key, JSON.stringify(value)); return true; } catch { return false; } };
  const drafts = () => Object.keys(store).filter((k) => k.startsWith(PREFIX));
  const texts = (form) => [...form.querySelectorAll("textarea[name], input[type=text][name]")];

  for (const key of drafts()) if (Date.now() - (read(key)?.at ?? 0) > DAYS * 86400000) store.removeItem(key);

  const forms = [...document.querySelectorAll("form[data-draft]")];
  /* A form was taken when the server answered by leading to another page (or says so with data-draft-done). A browser's own
     error page, an error page of ours or the form shown again with errors leave the draft where it is. */
  const led = (performance.getEntriesByType("navigation")[0]?.redirectCount ?? 0) > 0;
  const refused = document.body.classList.contains("error-page") || document.querySelector("form [aria-invalid], .error-summary");
  if (led && !refused) for (const key of drafts()) if (read(key)?.sent) store.removeItem(key);
  document.querySelectorAll("[data-draft-done]").forEach((el) => store.removeItem(`${PREFIX}${who}:${el.dataset.draftDone}`));

  for (const form of forms) {
    const key = keyOf(form);
    const status = document.createElement("p");
    status.className = "draft-status";
    status.setAttribute("role", "status");
    const kept = read(key);
    const found = kept ? texts(form).filter((t) => kept.values?.[t.name] && !t.value.trim()) : [];
    if (found.length) {
      const before = new Map(found.map((t) => [t, t.value]));
      found.forEach((t) => { t.value = kept.values[t.name]; t.dispatchEvent(new Event("input", { bubbles: true })); });
      const when = new Date(kept.at).toLocaleString(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
      const note = document.createElement("span");
      note.textContent = `${words.restored.replace("{d}", when)} `;
      const drop = document.createElement("button");
      drop.type = "button";
      drop.className = "btn-quiet";
      drop.textContent = words.discard;
      drop.addEventListener("click", () => {
        before.forEach((value, t) => { t.value = value; t.dispatchEvent(new Event("input", { bubbles: true })); });
        clearTimeout(timer);
        store.removeItem(key);
        status.textContent = words.discarded;
        found[0].focus();
      });
      status.append(note, drop);
    }
    form.prepend(status);
    let timer = 0;
    const keep = (sent) => {
      const values = Object.fromEntries(texts(form).filter((t) => t.value.trim() && t.type !== "password").map((t) => [t.name, t.value]));
      if (!Object.keys(values).length) return store.removeItem(key);
      return write(key, { at: Date.now(), values, sent });
    };
    form.addEventListener("input", (e) => {
      if (!e.isTrusted) return;
      clearTimeout(timer);
      timer = setTimeout(() => { timer = 0; if (keep(false)) status.textContent = words.saved; }, 800);
    });
    // A page that is closed, or a laptop, in the middle of a word.
    window.addEventListener("pagehide", () => { if (timer) { clearTimeout(timer); timer = 0; keep(false); } });
    form.addEventListener("submit", (e) => { clearTimeout(timer); timer = 0; if (!e.defaultPrevented) keep(true); });
    form.addEventListener("htmx:afterRequest", (e) => { if (e.detail.successful && e.target === form) store.removeItem(key); });
  }

  document.querySelectorAll("form[data-forget-drafts]").forEach((f) => f.addEventListener("submit", () => drafts().forEach((k) => store.removeItem(k))));
})();
