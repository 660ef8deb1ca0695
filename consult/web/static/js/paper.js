"use strict";
/* Typing sheets of paper: Enter goes to the next line instead of sending; on the last one it sends. In a long text Ctrl+Enter does; Enter too while it is empty. */
(() => {
  const form = document.querySelector("form.paper-form");
  if (!form) return;
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.tagName === "BUTTON") return;
    if (event.target.tagName === "TEXTAREA" && event.target.value && !event.ctrlKey && !event.metaKey) return;
    const lines = [...form.querySelectorAll(".paper-line input, .paper-line textarea")];
    const next = lines[lines.indexOf(event.target) + 1];
    event.preventDefault();
    if (next) {
      next.focus();
      next.select?.();
    } else {
      form.requestSubmit();
    }
  });
})();
