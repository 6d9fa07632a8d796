// A search box with a list below: type to search, arrows to move, Enter to choose. One value, or many as removable tags.

import { fill, h } from "./dom.js";

const TYPING_MS = 150;
let lists = 0;

// `value` is an option, a list of them or null; `options(query)` gives options, perhaps later; `change` takes values.
export function combobox({ id, many, value, change, options, placeholder, "data-action": action }) {
  const listId = `list${++lists}`;
  let picked = many ? (value ?? []) : [value].filter(Boolean);
  let shown = [];
  let active = -1;
  let timer = null;
  let asked = 0;

  const input = h("input", {
    id,
    type: "text",
    role: "combobox",
    autocomplete: "off",
    "aria-expanded": "false",
    "aria-controls": listId,
    "data-action": action,
    placeholder: placeholder ?? "Choose an option",
    onfocus: () => search(""),
    onclick: () => list.hidden && search(""),
    oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(() => search(input.value), TYPING_MS);
    },
    onkeydown: keys,
    onblur: leave,
  });
  const list = h("ul", { id: listId, role: "listbox", hidden: true });
  const tags = h("span", { class: "tags" });
  const box = h("span", { class: "combobox" }, tags, input, list);
  draw();
  return box;

  function draw() {
    if (!many) input.value = picked[0]?.text.text ?? "";
    else fill(
      tags,
      picked.map((one) => h(
        "button",
        { type: "button", "aria-label": `Remove ${one.text.text}`, onclick: () => drop(one) },
        one.text.text,
        " ✕",
      )),
    );
  }

  async function search(query) {
    const mine = ++asked;
    const found = await options(query);
    if (mine !== asked || document.activeElement !== input) return;
    shown = (found ?? []).filter((one) => !many || !picked.some((other) => other.value === one.value));
    active = shown.length && query ? 0 : -1;
    fill(list, shown.length ? shown.map(item) : h("li", { class: "nothing" }, "No results"));
    open(true);
  }

  function item(one, index) {
    const description = one.description && h("small", {}, one.description.text);
    return h(
      "li",
      {
        role: "option",
        id: `${listId}-${index}`,
        "data-value": one.value,
        "aria-selected": String(index === active),
        onmousedown: (event) => { event.preventDefault(); choose(one); },
      },
      one.text.text,
      description,
    );
  }

  function keys(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter" && !list.hidden && shown[active]) choose(shown[active]);
    else if (event.key === "Escape" && !list.hidden) open(false);
    else if (event.key === "Backspace" && many && !input.value && picked.length) drop(picked.at(-1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function move(step) {
    if (list.hidden) return search("");
    if (!shown.length) return undefined;
    active = (active + step + shown.length) % shown.length;
    [...list.children].forEach((one, index) => one.setAttribute("aria-selected", String(index === active)));
    list.children[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", `${listId}-${active}`);
    return undefined;
  }

  function choose(one) {
    picked = many ? [...picked, one] : [one];
    if (many) input.value = "";
    finish();
  }

  function drop(one) {
    picked = picked.filter((other) => other !== one);
    finish();
  }

  function finish() {
    open(false);
    draw();
    change(many ? picked.map((one) => one.value) : (picked[0]?.value ?? null));
  }

  function leave() {
    asked += 1;
    open(false);
    if (!many && picked.length && input.value === "") drop(picked[0]);
    else draw();
  }

  function open(isOpen) {
    list.hidden = !isOpen;
    if (isOpen) list.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-expanded", String(isOpen));
  }
}
