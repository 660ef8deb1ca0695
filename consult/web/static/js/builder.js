"use strict";
/* The builder: questions are dragged to their place, what was just moved has the focus, answers are offered while a condition is typed.
   Buttons and two numbers do the same without this file. */
(() => {
  /* Who else is at work here, said and asked every half minute; what is typed in a form of the builder is kept on the server, so that
     it is found again on another computer. Without this file nothing is kept until it is saved. */
  const work = document.querySelector("[data-here]");
  if (work) {
    const form = document.getElementById("lavoro");
    let typed = false;
    let timer = 0;
    let leaving = false;
    const tell = async (keepalive) => {
      window.clearTimeout(timer);
      timer = 0;
      const keep = typed && form;
      typed = false;
      const body = new URLSearchParams({ csrf_token: work.dataset.csrf, posto: work.dataset.place });
      if (keep) {
        body.set("tieni", "1");
        for (const [name, value] of new FormData(form)) if (typeof value === "string" && !["csrf_token", "_once"].includes(name)) body.append(name, value);
      }
      try {
        const answer = await fetch(work.dataset.here, { method: "POST", body, keepalive, credentials: "same-origin" });
        if (!answer.ok) throw new Error(String(answer.status));
        const told = new DOMParser().parseFromString(await answer.text(), "text/html");
        const said = work.querySelector(".meta");
        work.replaceChildren(...told.body.children);
        // Words kept earlier stay said until there are newer ones.
        if (said && !keep) work.append(said);
      } catch {
        typed = typed || Boolean(keep);
      }
    };
    tell(false);
    window.setInterval(() => { if (document.visibilityState === "visible" && !timer) tell(false); }, 30000);
    form?.addEventListener("input", () => {
      typed = true;
      if (!timer) timer = window.setTimeout(() => tell(false), 4000);
    });
    form?.addEventListener("submit", () => { leaving = true; window.clearTimeout(timer); });
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden" && typed && !leaving) tell(true); });
  }

  const moved = location.hash.length > 2 ? document.getElementById(location.hash.slice(1)) : null;
  if (moved?.matches(".builder-question, .builder-page")) moved.focus({ preventScroll: true });

  const builder = document.querySelector("[data-builder]");
  if (builder) {
    let dragged = null;
    const mark = document.createElement("div");
    mark.className = "drop-mark";
    mark.setAttribute("aria-hidden", "true");
    for (const question of builder.querySelectorAll(".builder-question")) {
      const handle = document.createElement("span");
      handle.className = "drag-handle";
      handle.title = builder.dataset.wordsDrag;
      handle.setAttribute("aria-hidden", "true");
      handle.textContent = "⠿";
      handle.draggable = true;
      handle.addEventListener("dragstart", (event) => {
        dragged = question;
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", question.id);
        event.dataTransfer.setDragImage(question, 20, 20);
        question.classList.add("is-dragged");
      });
      handle.addEventListener("dragend", () => {
        question.classList.remove("is-dragged");
        mark.remove();
        dragged = null;
      });
      question.querySelector(".kicker").prepend(handle);
    }
    builder.addEventListener("dragover", (event) => {
      if (!dragged) return;
      const over = event.target.closest(".builder-question");
      const page = event.target.closest(".builder-page");
      if (!page) return;
      event.preventDefault();
      if (over && over !== dragged) {
        const box = over.getBoundingClientRect();
        (event.clientY < box.top + box.height / 2 ? over.before(mark) : over.after(mark));
      } else if (!over && event.target.closest(".builder-head")) {
        page.querySelector(".builder-head").after(mark);
      } else if (!over && !page.contains(mark)) {
        (page.querySelector(".builder-question:last-of-type") ?? page.querySelector(".builder-head"))?.after(mark);
      }
    });
    builder.addEventListener("drop", (event) => {
      if (!dragged || !mark.isConnected) return;
      event.preventDefault();
      const page = mark.closest(".builder-page");
      const before = [...page.querySelectorAll(".builder-question, .drop-mark")].filter((each) => each !== dragged);
      const form = dragged.querySelector("form[data-place]");
      form.elements.page.value = page.dataset.page;
      form.elements.place.value = String(before.indexOf(mark) + 1);
      form.requestSubmit();
    });
  }

  for (const target of document.querySelectorAll(".condition-table [data-target]")) {
    const value = target.closest("tr").querySelector("input");
    const offer = () => {
      const list = `risposte-${target.value.split("|")[0]}`;
      if (document.getElementById(list)) value.setAttribute("list", list);
      else value.removeAttribute("list");
    };
    target.addEventListener("change", offer);
    offer();
  }
})();
