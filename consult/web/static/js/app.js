"use strict";
/* Small conveniences. Everything here improves a page that already works without it. */
(() => {
  const words = document.getElementById("testi")?.dataset ?? {};
  const avvisi = document.getElementById("avvisi");

  /** Say something in the live region; returns the element. */
  const say = (text, tone = "info") => {
    const box = document.createElement("div");
    box.className = `notice notice-${tone}`;
    const inner = document.createElement("div");
    inner.textContent = text;
    box.append(inner);
    avvisi?.append(box);
    return box;
  };

  // The error summary takes the focus, so that what went wrong is read first.
  document.querySelector("[data-focus]")?.focus();

  /* One submission at a time. The button is not disabled: its value must travel, and the form must stay usable if the sending fails. */
  const release = (form) => {
    delete form.dataset.busy;
    form.removeAttribute("aria-busy");
    form.querySelectorAll("[type=submit]").forEach((b) => b.removeAttribute("aria-disabled"));
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || event.defaultPrevented || !form.hasAttribute("data-guard")) return;
    const heavy = form.querySelector("input[type=file][data-heavy]");
    if (heavy) {
      event.preventDefault();
      event.stopImmediatePropagation();
      heavy.focus();
      return;
    }
    if (form.dataset.busy) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (form.dataset.confirm && !form.dataset.confirmed) {
      event.preventDefault();
      event.stopImmediatePropagation();
      ask(form, event.submitter);
      return;
    }
    delete form.dataset.confirmed;
    form.dataset.busy = "1";
    form.setAttribute("aria-busy", "true");
    form.querySelectorAll("[type=submit]").forEach((b) => b.setAttribute("aria-disabled", "true"));
    // A sending that neither leaves the page nor answers must not lock the form.
    setTimeout(() => release(form), 12000);
  }, true);
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-busy]").forEach(release));
  document.addEventListener("htmx:afterRequest", (e) => { const f = e.target.closest?.("form[data-busy]"); if (f) release(f); });
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => say(words.failed, "danger"));

  /** The words on a button, without its icon, its key and what only screen readers hear. */
  const nameOf = (button) => {
    const copy = button?.cloneNode(true);
    copy?.querySelectorAll("svg, kbd, .visually-hidden").forEach((x) => x.remove());
    return copy?.textContent.trim() ?? "";
  };

  /* Confirmation in a dialog of the page itself. */
  const ask = (form, submitter) => {
    const dialog = document.createElement("dialog");
    dialog.className = "confirm";
    dialog.setAttribute("aria-labelledby", "confirm-text");
    const text = document.createElement("p");
    text.id = "confirm-text";
    text.textContent = form.dataset.confirm;
    const bar = document.createElement("div");
    bar.className = "form-actions";
    const yes = document.createElement("button");
    yes.type = "button";
    yes.className = "btn btn-primary";
    yes.textContent = nameOf(submitter) || words.confirm;
    const no = document.createElement("button");
    no.type = "button";
    no.className = "btn btn-outline-primary";
    no.textContent = words.cancel;
    bar.append(yes, no);
    dialog.append(text, bar);
    document.body.append(dialog);
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => {
      form.dataset.confirmed = "1";
      dialog.close();
      form.requestSubmit(submitter ?? undefined);
    });
    dialog.addEventListener("close", () => { dialog.remove(); if (!form.dataset.confirmed) submitter?.focus(); });
    dialog.showModal();
    no.focus();
  };

  /* A file that is too large is refused before it is sent: nobody waits for a minute to hear it. */
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches?.("input[type=file][data-most]")) return;
    const id = `${input.id}-heavy`;
    document.getElementById(id)?.remove();
    const heavy = [...input.files].some((file) => file.size > Number(input.dataset.most));
    input.toggleAttribute("data-heavy", heavy);
    if (heavy) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    if (!heavy) return;
    const said = document.createElement("p");
    said.id = id;
    said.className = "field-error";
    said.setAttribute("role", "alert");
    said.textContent = input.dataset.tooLarge;
    input.before(said);
  });

  /* Character counters: silent until near the limit, said aloud politely. */
  const prepareCounters = (root) => root.querySelectorAll("textarea[data-limit]").forEach((area) => {
    if (area.dataset.counted) return;
    area.dataset.counted = "1";
    const limit = Number(area.dataset.limit);
    const out = document.getElementById(`${area.id}-count`);
    if (!out) return;
    const spoken = document.createElement("span");
    spoken.className = "visually-hidden";
    spoken.setAttribute("aria-live", "polite");
    out.after(spoken);
    let timer = 0;
    const show = (speak) => {
      // The server counts characters, not UTF-16 units, and one character per line end.
      const left = limit - [...area.value.trim()].length;
      out.textContent = (left < 0 ? words.over : words.left).replace("{n}", Math.abs(left).toLocaleString(document.documentElement.lang));
      out.classList.toggle("over", left < 0);
      clearTimeout(timer);
      if (speak && left < limit * 0.1) timer = setTimeout(() => { spoken.textContent = out.textContent; }, 1200);
    };
    area.addEventListener("input", () => show(true));
    show(false);
  });

  /* A password can be looked at. */
  const prepareReveals = (root) => root.querySelectorAll("[data-reveal]").forEach((button) => {
    const input = document.getElementById(button.dataset.reveal);
    if (!input || !button.hidden) return;
    const shown = button.textContent;
    button.hidden = false;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const open = input.type === "password";
      input.type = open ? "text" : "password";
      button.setAttribute("aria-pressed", String(open));
      button.textContent = open ? button.dataset.hideText : shown;
    });
  });

  /* Menus made of details close with Escape and when the focus or the pointer goes elsewhere. */
  const openMenus = () => document.querySelectorAll("details[data-menu][open]");
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") openMenus().forEach((d) => { if (d.contains(document.activeElement)) d.querySelector("summary").focus(); d.open = false; });
  });
  document.addEventListener("click", (e) => openMenus().forEach((d) => { if (!d.contains(e.target)) d.open = false; }));
  document.addEventListener("focusin", (e) => openMenus().forEach((d) => { if (!d.contains(e.target)) d.open = false; }));

  // A link of the error summary leads to the control itself, not only to its place on the page.
  document.addEventListener("click", (e) => {
    const link = e.target.closest?.(".error-summary a[href^='#']");
    const target = link && document.getElementById(link.hash.slice(1));
    if (!target) return;
    e.preventDefault();
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
  });

  const prepare = (root) => { prepareCounters(root); prepareReveals(root); };
  prepare(document);
  document.addEventListener("htmx:afterSwap", (e) => prepare(e.target.parentElement ?? document));

  /* The device's own way of handing an address on, where it has one. */
  for (const button of navigator.share ? document.querySelectorAll("[data-share]") : []) {
    button.hidden = false;
    button.addEventListener("click", () => navigator.share({ title: document.title, url: button.dataset.share }).catch(() => {}));
  }

  /* Elsewhere the address is copied, where the browser lets a page do so; what happened is said beside the button. */
  for (const button of !navigator.share && navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const said = document.getElementById(button.getAttribute("aria-describedby"));
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        said.textContent = button.dataset.done;
      } catch {
        said.textContent = button.dataset.failed;
      }
    });
  }
})();
