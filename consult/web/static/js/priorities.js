"use strict";
/* Sharing out points: how many are left, and buttons to add and take one. The form works without: the server adds up again. */
(() => {
  for (const box of document.querySelectorAll("[data-budget]")) {
    const budget = Number(box.dataset.budget);
    const left = box.querySelector(".ballot-left");
    const inputs = [...box.querySelectorAll("input[type=number]")];
    const points = (input) => Math.max(0, Math.trunc(Number(input.value) || 0));
    const tell = () => {
      const rest = budget - inputs.reduce((sum, input) => sum + points(input), 0);
      left.textContent = (rest < 0 ? box.dataset.over : box.dataset.left).replace("{n}", Math.abs(rest));
      left.classList.toggle("ballot-over", rest < 0);
      box.querySelectorAll("[data-step='1']").forEach((b) => { b.setAttribute("aria-disabled", rest <= 0 ? "true" : "false"); });
    };
    for (const input of inputs) {
      const name = box.querySelector(`label[for="${input.id}"]`)?.textContent.trim() ?? "";
      for (const [step, sign, words] of [[-1, "−", box.dataset.fewer], [1, "+", box.dataset.more]]) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "ballot-step";
        button.dataset.step = step;
        button.textContent = sign;
        button.setAttribute("aria-label", `${words} ${name}`);
        button.addEventListener("click", () => {
          if (button.getAttribute("aria-disabled") === "true") return;
          input.value = Math.max(0, points(input) + step) || "";
          input.dispatchEvent(new Event("input", { bubbles: true }));
        });
        if (step < 0) input.before(button); else input.after(button);
      }
    }
    box.addEventListener("input", tell);
    tell();
  }
})();
