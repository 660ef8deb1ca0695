"use strict";
/* A sheet marked data-autosave is kept on the server while it is written: some seconds after the last change, and when the page is left.
   Each saving names the version of the draft it was made from, so that two windows do not overwrite each other unseen.
   Without JavaScript the button "save and go on later" does it by hand. */
(() => {
  const status = document.querySelector("[data-autosave]");
  const form = status?.closest("form");
  if (!form) return;
  const EVERY = 8000;
  let timer = 0;
  let changed = false;
  let leaving = false;
  let stopped = false;

  const body = () => {
    const data = new FormData(form);
    for (const [name, value] of [...data.entries()]) if (value instanceof File) data.delete(name);
    data.set("azione", "autosalva");
    return new URLSearchParams([...data.entries()]);
  };

  const save = async (keepalive) => {
    window.clearTimeout(timer);
    timer = 0;
    if (!changed || stopped) return;
    changed = false;
    try {
      const answer = await fetch(form.action || window.location.href, { method: "POST", body: body(), keepalive, credentials: "same-origin" });
      if (answer.status === 409) {
        // Another window saved this draft: neither overwrites the other; the person compares them by saving by hand.
        stopped = true;
        status.textContent = status.dataset.stale;
        status.hidden = false;
        return;
      }
      if (answer.status !== 204) throw new Error(String(answer.status));
      const version = answer.headers.get("X-Draft-Version");
      if (version && form.elements.draft) form.elements.draft.value = version;
      const waiting = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
      status.textContent = `${status.dataset.saved} ${new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" })}${waiting ? `. ${status.dataset.files}` : ""}`;
    } catch {
      changed = true;
      status.textContent = status.dataset.waiting;
      timer = window.setTimeout(() => save(false), EVERY * 3);
    }
    status.hidden = false;
  };

  const note = () => {
    changed = true;
    if (!timer) timer = window.setTimeout(() => save(false), EVERY);
  };
  form.addEventListener("input", note);
  form.addEventListener("change", note);
  form.addEventListener("submit", () => { leaving = true; window.clearTimeout(timer); });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden" && !leaving) save(true); });
})();
