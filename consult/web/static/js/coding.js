"use strict";
/* Words of a passage chosen by mouse, finger or keyboard become the place of the next code. Without this, sentences are ticked. */
(() => {
  const passage = document.querySelector("[data-passage]");
  const form = document.getElementById("codifica");
  const said = form?.querySelector("[data-chosen]");
  if (!passage || !form || !said) return;
  const start = form.elements.span_start;
  const end = form.elements.span_end;
  const whole = said.textContent;
  /* The server counts characters, the browser counts halves of some. */
  const count = (text) => [...text].length;
  const before = (node, offset) => {
    const range = document.createRange();
    range.selectNodeContents(passage);
    range.setEnd(node, offset);
    return count(range.toString());
  };
  const clear = () => { start.value = ""; end.value = ""; said.textContent = whole; };
  document.addEventListener("selectionchange", () => {
    const selection = document.getSelection();
    if (!selection || selection.rangeCount === 0) return;
    const range = selection.getRangeAt(0);
    if (!passage.contains(range.startContainer) || !passage.contains(range.endContainer)) return;
    if (range.collapsed) { clear(); return; }
    start.value = String(before(range.startContainer, range.startOffset));
    end.value = String(before(range.endContainer, range.endOffset));
    const words = range.toString();
    said.textContent = said.dataset.text.replace("###", words.length > 120 ? `${words.slice(0, 119)}…` : words);
  });
  form.addEventListener("change", (e) => { if (e.target.name === "sentences") clear(); });
})();
