"use strict";
/* The notes page of a meeting. A note is kept on this device first and then sent; it leaves the device only when the server has
   answered with it. A lost connection, a closed laptop or a session that ended cost a delay, never a note. Each note carries a key
   of its own, so that sending it again adds nothing. */
(() => {
  const box = document.querySelector("[data-notes]");
  const form = box && document.getElementById(box.dataset.form);
  const list = box && document.getElementById(box.dataset.list);
  if (!form || !list) return;
  const words = box.dataset;
  const KEY = `consult:notes:${box.dataset.notes}`;
  const EVERY = 10000;
  const status = box.querySelector(".note-status");
  const lines = box.querySelector(".note-queue");
  const area = form.elements.namedItem("text");
  const KEPT = ["kind", "table", "zone", "round"];
  let memory = []; // What this device could not store.
  let sending = false;
  let stopped = "";

  const stored = () => { try { return JSON.parse(localStorage.getItem(KEY) ?? "[]"); } catch { return []; } };
  const store = (items) => { try { items.length ? localStorage.setItem(KEY, JSON.stringify(items)) : localStorage.removeItem(KEY); return true; } catch { return false; } };
  const all = () => [...stored(), ...memory];
  // Each change reads what is there now: another tab may have added or removed in the meantime.
  const add = (item) => { if (!store([...stored(), item])) memory.push(item); };
  const remove = (key) => { store(stored().filter((i) => i.key !== key)); memory = memory.filter((i) => i.key !== key); };
  const change = (key, facts) => {
    const put = (i) => (i.key === key ? { ...i, ...facts } : i);
    store(stored().map(put));
    memory = memory.map(put);
  };
  const newKey = () => crypto.randomUUID?.() ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) => (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

  const button = (text, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn-quiet";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  };
  const show = () => {
    const items = all();
    box.hidden = !items.length && !status.textContent;
    lines.replaceChildren(...items.map((item) => {
      const line = document.createElement("li");
      const text = document.createElement("p");
      text.textContent = item.fields.text;
      const why = document.createElement("p");
      why.className = "meta";
      why.textContent = item.refused ? `${words.refused} ${item.refused} ` : stopped || (navigator.onLine ? words.sending : words.waiting);
      if (item.refused) {
        why.append(button(words.edit, () => takeBack(item)), " ", button(words.retry, () => { change(item.key, { refused: "" }); send(); }));
      }
      line.append(text, why);
      return line;
    }));
    const waiting = items.length;
    status.textContent = waiting ? (waiting === 1 ? words.countOne : words.countMany.replace("{n}", waiting)) + (memory.length ? ` ${words.leave}` : "") : words.all;
    if (waiting) {
      const again = button(words.retry, () => { stopped = ""; send(); });
      status.append(" ", again);
    }
  };

  /** Put a note that was refused back into the form; what stands there goes into the queue first. */
  const takeBack = (item) => {
    if (area.value.trim().length > 2) take();
    for (const [name, value] of Object.entries(item.fields)) {
      const field = form.elements.namedItem(name);
      if (field && name !== "_once" && name !== "csrf_token") field.value = value;
    }
    remove(item.key);
    show();
    area.focus();
  };

  /** A new token of the page, after a night or a new sign-in; empty where the page may not be opened. */
  const freshToken = async () => {
    const answer = await fetch(form.action, { headers: { Accept: "text/html" } });
    if (!answer.ok) return "";
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.getElementById(form.id)?.elements.namedItem("csrf_token")?.value ?? "";
  };
  const post = (item) => fetch(form.action, {
    method: "POST",
    headers: { "X-Consult": "appunto", Accept: "text/html" },
    body: new URLSearchParams({ ...item.fields, _once: item.key, csrf_token: form.elements.namedItem("csrf_token").value }),
  });
  const deliver = async (item) => {
    let answer = await post(item);
    if (answer.status === 400 || answer.status === 401) {
      const token = await freshToken();
      if (!token) { stopped = words.signedOut; return false; }
      form.elements.namedItem("csrf_token").value = token;
      answer = await post(item);
    }
    if (answer.status >= 500 || answer.status === 429) return false;
    if (answer.status === 401) { stopped = words.signedOut; return false; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const note = page.querySelector("article.note");
    if (answer.ok && note) {
      const count = document.querySelector("#appunti .tab-count");
      if (document.getElementById(note.id)) document.getElementById(note.id).remove();
      else if (/^\d+$/.test(count?.textContent ?? "")) count.textContent = String(Number(count.textContent) + 1);
      list.querySelector(".empty")?.remove();
      list.prepend(note);
      remove(item.key);
      return true;
    }
    if (answer.ok) { stopped = words.signedOut; return false; }
    change(item.key, { refused: (page.querySelector("h1") ?? page.body).textContent.trim() || String(answer.status) });
    return true;
  };
  const send = async () => {
    if (sending) return;
    sending = true;
    try {
      for (;;) {
        const item = all().find((i) => !i.refused);
        if (!item) break;
        show();
        if (!(await deliver(item))) break;
      }
    } catch { /* No connection: the clock below tries again. */ }
    sending = false;
    show();
  };

  /** Take what is typed into the queue and make room for the next. */
  const take = () => {
    const fields = Object.fromEntries([...new FormData(form)].filter(([name]) => name !== "csrf_token" && name !== "_once"));
    add({ key: newKey(), fields, at: Date.now(), refused: "" });
    const kept = new Map(KEPT.map((name) => [name, fields[name]]));
    if (fields.round === "2") kept.set("strategy", fields.strategy);
    form.reset();
    for (const name of ["text", "agreed", "stance", "speaker", "strategy"]) { const f = form.elements.namedItem(name); if (f) f.value = ""; }
    for (const [name, value] of kept) { const field = form.elements.namedItem(name); if (field && value !== undefined) field.value = value; }
    try { localStorage.removeItem(`consult:draft:${document.body.dataset.who ?? "guest"}:${form.dataset.draft}`); } catch { /* Nothing was kept. */ }
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };

  form.removeAttribute("data-guard");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (area.value.trim().length < 3) { area.focus(); return; }
    take();
    stopped = "";
    show();
    send();
    area.focus();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
  });
  document.querySelectorAll("[data-strategy]").forEach((link) => link.addEventListener("click", (event) => {
    event.preventDefault();
    form.elements.namedItem("strategy").value = link.dataset.strategy;
    form.elements.namedItem("round").value = "2";
    area.focus();
  }));
  const again = () => { if (all().some((i) => !i.refused)) send(); };
  window.addEventListener("online", () => { stopped = ""; again(); });
  window.addEventListener("storage", (event) => { if (event.key === KEY) show(); });
  window.addEventListener("focus", () => { stopped = ""; again(); });
  window.addEventListener("beforeunload", (event) => { if (memory.length) event.preventDefault(); });
  setInterval(() => { if (!stopped) again(); }, EVERY);
  if (all().length) { show(); send(); }
})();
