"use strict";
/* The sheet of a questionnaire. Conditions show and hide questions as answers change; ranking gets buttons, points a running sum,
   long drop-downs a search. Everything works without this file: the server evaluates the same conditions, and it alone decides.
   `consultConditions` says in this language what consult/listening/surveys/rules/conditions.py says; one table of cases tests both. */
const consultConditions = (() => {
  const NUMBER = /^-?[0-9]{1,15}(?:[.,][0-9]{1,9})?$/;
  const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
  const plain = (value) => String(value).normalize("NFC").replace(/[ \t\n\r]+/g, " ").replace(/^ +| +$/g, "").toLowerCase();
  const number = (text) => (NUMBER.test(text) ? Number(text.replace(",", ".")) : null);
  const same = (one, other) => one === other || (number(one) !== null && number(one) === number(other));
  const isMap = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const isEmpty = (value) => value === undefined || value === null || value === "" || (Array.isArray(value) && !value.length) || (isMap(value) && !Object.keys(value).length);

  const partOf = (value, part) => {
    if (isMap(value)) return Object.hasOwn(value, part) ? value[part] : null;
    if (Array.isArray(value)) return value.includes(part) ? value.indexOf(part) + 1 : null;
    return null;
  };

  const compare = (op, answer, value) => {
    if (op.startsWith("not_")) return !compare(op.slice(4), answer, value);
    if (isEmpty(answer)) return false;
    if (op === "answered") return true;
    const wanted = plain(value);
    if (isMap(answer)) return false;
    if (Array.isArray(answer)) {
      const given = answer.map(plain);
      if (op === "contains") return given.some((each) => same(each, wanted));
      return op === "equal" && given.length === 1 && same(given[0], wanted);
    }
    const text = plain(answer);
    if (op === "equal") return same(text, wanted);
    if (op === "contains") return wanted !== "" && text.includes(wanted);
    let first = number(text);
    let second = number(wanted);
    if (first === null || second === null) {
      if (!DAY.test(text) || !DAY.test(wanted)) return false;
      [first, second] = [text, wanted];
    }
    if (op === "greater") return first > second;
    if (op === "at_least") return first >= second;
    if (op === "less") return first < second;
    return op === "at_most" && first <= second;
  };

  const holds = (condition, answers) => {
    if (!condition || !Object.keys(condition).length) return true;
    if (condition.all) return condition.all.every((each) => holds(each, answers));
    if (condition.any) return condition.any.some((each) => holds(each, answers));
    let answer = Object.hasOwn(answers, condition.question) ? answers[condition.question] : null;
    if (condition.part) answer = partOf(answer, condition.part);
    return compare(condition.op, answer, condition.value ?? "");
  };

  /** Codes of the questions that are shown: [{code, when: [conditions]}] in order, answers by code. */
  const shown = (questions, answers) => {
    const seen = {};
    const found = [];
    for (const question of questions) {
      if (!question.when.every((condition) => holds(condition, seen))) continue;
      found.push(question.code);
      if (Object.hasOwn(answers, question.code)) seen[question.code] = answers[question.code];
    }
    return found;
  };

  return { holds, shown };
})();

(() => {
  const sheet = document.getElementById("foglio");
  if (!sheet) return;
  const logic = JSON.parse(sheet.querySelector("[data-logic]")?.dataset.logic ?? "[]");
  const boxOf = (code) => sheet.querySelector(`[data-question="${CSS.escape(code)}"]`);
  const BY_PART = new Set(["matrix", "matrix_multiple", "ranking", "points"]);
  const SEVERAL = new Set(["multiple", "strategy", "axis", "matrix_multiple"]);
  const WAYS_OUT = new Set(["_dk", "_no"]);

  /** What a question's controls say, in the form in which the server stores it. */
  const answerOf = ({ kind, name }, data) => {
    const whole = data.getAll(name).filter((value) => typeof value === "string" && value.trim() !== "");
    if (whole.some((value) => WAYS_OUT.has(value))) return whole.find((value) => WAYS_OUT.has(value));
    if (kind === "file") return (whole.length && !data.get(`${name}_drop`)) || data.get(`${name}_file`)?.size ? { file: "1" } : null;
    if (!BY_PART.has(kind)) return SEVERAL.has(kind) ? whole : whole[0] ?? null;
    if (kind === "ranking" && whole.length) return whole;
    const parts = {};
    for (const [key, value] of data) {
      if (!key.startsWith(`${name}_`) || typeof value !== "string" || value.trim() === "") continue;
      const part = key.slice(name.length + 1);
      if (kind === "matrix_multiple") (parts[part] ??= []).push(value);
      else parts[part] = value.trim();
    }
    if (kind === "points") return Object.fromEntries(Object.entries(parts).filter(([, value]) => Number(value) > 0));
    if (kind !== "ranking") return parts;
    return Object.entries(parts).sort((a, b) => Number(a[1]) - Number(b[1])).map(([part]) => part);
  };

  const applyConditions = () => {
    const data = new FormData(sheet);
    const answers = {};
    for (const question of logic) {
      const answer = answerOf(question, data);
      if (answer !== null) answers[question.code] = answer;
    }
    const shown = new Set(consultConditions.shown(logic, answers));
    for (const question of logic) {
      const box = boxOf(question.code);
      if (box && !box.hasAttribute("data-carried")) box.hidden = !shown.has(question.code);
    }
  };
  if (logic.length) {
    sheet.querySelectorAll("[data-only-if]").forEach((note) => { note.hidden = true; });
    sheet.addEventListener("input", applyConditions);
    sheet.addEventListener("change", applyConditions);
    window.addEventListener("pageshow", applyConditions);
    applyConditions();
  }

  /* A file that is too big says so before it is sent: on a phone that would take minutes. */
  sheet.querySelectorAll("input[type=file][data-most]").forEach((input) => {
    const note = document.getElementById(`${input.id}-big`);
    input.addEventListener("change", () => {
      const big = (input.files[0]?.size ?? 0) > Number(input.dataset.most);
      if (big) input.value = "";
      if (note) {
        note.textContent = big ? input.dataset.tooBig : "";
        note.hidden = !big;
      }
    });
  });

  /* An answer that excludes the others takes their ticks away, and they take its. */
  sheet.addEventListener("change", (event) => {
    const control = event.target;
    if (control.type !== "checkbox" || !control.checked) return;
    const group = control.closest("[data-part], [data-question]");
    const alone = (box) => box.hasAttribute("data-alone") || box.hasAttribute("data-way-out");
    for (const box of group.querySelectorAll("input[type=checkbox]")) {
      if (box !== control && (alone(control) || alone(box))) box.checked = false;
    }
    if (control.hasAttribute("data-way-out")) return;
    control.closest("[data-question]").querySelectorAll("[data-way-out]").forEach((box) => { if (box.type === "checkbox") box.checked = false; });
  });
  sheet.addEventListener("input", (event) => {
    const box = event.target.closest("[data-question]");
    if (!box || event.target.type === "checkbox") return;
    if (event.target.value) box.querySelectorAll("input[type=checkbox][data-way-out]").forEach((out) => { out.checked = false; });
  });

  /* Words typed for "another answer" choose it. */
  sheet.addEventListener("input", (event) => {
    if (!event.target.hasAttribute("data-other") || !event.target.value.trim()) return;
    const box = event.target.closest("[data-question]");
    const other = box.querySelector('input[value="_other"]');
    if (other && !other.checked) { other.checked = true; other.dispatchEvent(new Event("change", { bubbles: true })); }
    const list = box.querySelector("select");
    if (list && [...list.options].some((o) => o.value === "_other")) list.value = "_other";
  });

  /* A long sheet on one page says how far one is; pages have their own steps. */
  const bar = sheet.querySelector("[data-answered]");
  if (bar) {
    const told = bar.querySelector("progress");
    const given = (box) => [...box.querySelectorAll("input, select, textarea")].some((control) => (
      control.type === "radio" || control.type === "checkbox" ? control.checked && control.value !== "" : control.type !== "search" && control.value.trim() !== ""
    ));
    const count = () => {
      const asked = [...sheet.querySelectorAll('[data-question]:not([hidden]):not([data-kind="display"])')];
      told.max = asked.length || 1;
      told.value = asked.filter(given).length;
      bar.querySelector("label").textContent = bar.dataset.words.replace("{n}", told.value).replace("{m}", asked.length);
    };
    sheet.addEventListener("input", count);
    sheet.addEventListener("change", count);
    window.addEventListener("pageshow", count);
    bar.hidden = false;
    count();
  }

  /* Ranking: the numbers stay what is sent; buttons move an entry and say where it is. */
  for (const list of sheet.querySelectorAll("[data-ranking]")) {
    const words = list.dataset;
    const said = list.parentElement.querySelector("[data-said]");
    const items = [...list.children];
    const most = Number(words.most);
    const placeOf = (item) => Number(item.querySelector("[data-part]").value) || 0;
    const ranked = () => items.filter(placeOf).sort((a, b) => placeOf(a) - placeOf(b));
    const tell = (item) => {
      const n = placeOf(item);
      const name = item.querySelector("label").textContent;
      said.textContent = `${name}: ${n ? words.wordsPlace.replace("{n}", n).replace("{m}", ranked().length) : words.wordsNone}`;
    };
    const write = (order) => {
      items.forEach((item) => { item.querySelector("[data-part]").value = order.includes(item) ? String(order.indexOf(item) + 1) : ""; });
      list.append(...order, ...items.filter((item) => !order.includes(item)));
      items.forEach((item) => item.classList.toggle("has-place", order.includes(item)));
      sheet.dispatchEvent(new Event("change"));
    };
    const button = (item, text, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "btn-quiet";
      made.textContent = text;
      const hidden = document.createElement("span");
      hidden.className = "visually-hidden";
      hidden.textContent = ` ${item.querySelector("label").textContent}`;
      made.append(hidden);
      made.addEventListener("click", () => { act(); tell(item); made.focus(); });
      return made;
    };
    for (const item of items) {
      const bar = document.createElement("span");
      bar.className = "ranking-moves";
      bar.append(
        button(item, words.wordsUp, () => {
          const order = ranked();
          const at = order.indexOf(item);
          if (at < 0) { if (order.length < most) order.push(item); } else if (at > 0) { order.splice(at, 1); order.splice(at - 1, 0, item); }
          write(order);
        }),
        button(item, words.wordsDown, () => {
          const order = ranked();
          const at = order.indexOf(item);
          if (at < 0) { if (order.length < most) order.push(item); } else if (at < order.length - 1) { order.splice(at, 1); order.splice(at + 1, 0, item); }
          write(order);
        }),
        button(item, words.wordsOut, () => write(ranked().filter((each) => each !== item))),
      );
      item.append(bar);
      item.querySelector("[data-part]").addEventListener("change", (event) => {
        const wanted = Number(event.target.value) || 0;
        const order = ranked().filter((each) => each !== item);
        if (wanted) order.splice(wanted - 1, 0, item);
        write(order.slice(0, most));
        tell(item);
        event.target.focus();
      });
    }
    if (ranked().length) write(ranked());
  }

  /* Points: what is left is said after each change. */
  for (const box of sheet.querySelectorAll('[data-kind="points"]:not([data-carried])')) {
    const left = box.querySelector("[data-left]");
    const total = Number(box.dataset.total);
    const count = () => {
      const given = [...box.querySelectorAll("input[data-part]")].reduce((sum, input) => sum + (Number(input.value) || 0), 0);
      const rest = total - given;
      left.textContent = rest > 0 ? left.dataset.wordsLeft.replace("{n}", rest) : rest < 0 ? left.dataset.wordsOver.replace("{n}", -rest) : left.dataset.wordsDone;
      left.classList.toggle("over", rest < 0);
    };
    box.addEventListener("input", count);
    count();
  }

  /* A long list of places can be searched: the field narrows the drop-down below it. */
  for (const list of sheet.querySelectorAll("select[data-search]")) {
    if (list.options.length < 15) continue;
    const fold = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
    const search = document.createElement("input");
    search.type = "search";
    search.className = "form-control list-search";
    search.setAttribute("aria-label", list.dataset.search);
    search.placeholder = list.dataset.search;
    search.autocomplete = "off";
    list.before(search);
    const all = [...list.querySelectorAll("option")].filter((o) => o.value).map((o) => ({ option: o, group: o.parentElement, text: fold(o.textContent) }));
    search.addEventListener("input", (event) => {
      event.stopPropagation();
      const wanted = fold(search.value.trim());
      const first = [];
      for (const { option, text } of all) {
        option.hidden = option.disabled = wanted !== "" && !text.includes(wanted);
        if (!option.hidden && wanted) first.push({ option, starts: text.startsWith(wanted) });
      }
      list.querySelectorAll("optgroup").forEach((group) => { group.hidden = [...group.children].every((o) => o.hidden); });
      const best = first.find((each) => each.starts) ?? first[0];
      list.value = wanted && best ? best.option.value : "";
      list.dispatchEvent(new Event("change", { bubbles: true }));
    });
    search.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  }
})();
