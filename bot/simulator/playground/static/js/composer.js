// Where people type: messages, files, and slash commands with autocomplete. Shortcuts hang on the plus button.

import { act, upload } from "./api.js";
import { fill, h } from "./dom.js";
import { channel, looking } from "./store.js";

// `known` is commands.json; `thread()` gives the ts to reply under, or null.
export function composer(known, { label, thread = () => null, form = h("form") }) {
  let files = [];
  let hits = [];
  let active = 0;
  const box = h(
    "textarea",
    { rows: 1, "aria-label": label, "aria-autocomplete": "list", oninput: suggest, onkeydown: keys, onblur: () => hide() },
  );
  const list = h("ul", { class: "suggestions", role: "listbox", "aria-label": "Commands", hidden: true });
  const attached = h("div", { class: "attached" });
  const picker = h("input", { type: "file", hidden: true, multiple: true, onchange: attach });
  form.classList.add("composer");
  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  fill(form, list, attached, box, h("div", { class: "tools" },
    h(
      "button",
      {
        type: "button",
        class: "icon",
        "aria-label": "Attach a file",
        title: "Attach a file",
        onclick: () => picker.click(),
      },
      "+",
    ), picker,
    known.shortcuts.map(([id, name]) => h(
      "button",
      { type: "button", class: "quiet", onclick: () => act("shortcut", { user: looking.me, callback_id: id }) },
      `⚡ ${name}`,
    )),
    h("button", { type: "submit", class: "send primary", "aria-label": "Send" }, "➤")));
  return { form, box, write, refresh: () => { box.placeholder = placeholder(); } };

  function placeholder() {
    const place = channel(looking.channel);
    if (!place) return "";
    return thread() ? "Reply…" : `Message ${place.is_im ? "Arauto" : `#${place.name}`}, or type / for commands`;
  }

  function write(text) {
    box.value = text;
    box.focus();
    suggest();
  }

  function suggest() {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
    hits = thread() ? [] : matching(known.commands, box.value);
    active = 0;
    list.hidden = hits.length === 0;
    draw();
  }

  function draw() {
    fill(list, hits.map(([command, usage, does], index) =>
      h("li", {
        role: "option",
        "aria-selected": String(index === active),
        onmousedown: (event) => { event.preventDefault(); complete(index); },
      },
        h("b", {}, command), ` ${usage}`, h("small", {}, does))));
    list.children[active]?.scrollIntoView({ block: "nearest" });
  }

  function complete(index) {
    const [command, usage] = hits[index];
    const word = usage.startsWith("[") || !usage ? "" : usage.split(" ")[0];
    const wantsMore = usage.includes(" ") || !word;
    box.value = [command, word].filter(Boolean).join(" ") + (wantsMore ? " " : "");
    hide();
    box.focus();
  }

  function keys(event) {
    const isOpen = !list.hidden;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (isOpen && step) active = (active + step + hits.length) % hits.length;
    else if (isOpen && event.key === "Tab") complete(active);
    else if (isOpen && event.key === "Escape") hide();
    else if (event.key === "Enter" && !event.shiftKey) send();
    else return;
    event.preventDefault();
    if (!list.hidden) draw();
  }

  function hide() {
    hits = [];
    list.hidden = true;
  }

  async function attach() {
    const sent = await Promise.all([...picker.files].map(
      async (file) => ({ name: file.name, ...(await upload(looking.me, file)) }),
    ));
    files = [...files, ...sent.filter((file) => file.id)];
    picker.value = "";
    drawFiles();
  }

  function drawFiles() {
    fill(
      attached,
      files.map((file) => h(
        "button",
        {
          type: "button",
          "aria-label": `Remove ${file.name}`,
          onclick: () => { files = files.filter((other) => other !== file); drawFiles(); },
        },
        `▤ ${file.name} ✕`,
      )),
    );
  }

  async function send() {
    const line = box.value.trim();
    if (!line && !files.length) return;
    const place = { user: looking.me, channel: looking.channel };
    const isCommand = line.startsWith("/");
    const body = isCommand
      ? { ...place, line, in_thread: Boolean(thread()) }
      : { ...place, text: line, thread_ts: thread(), file_ids: files.map((file) => file.id) };
    hide();
    const outcome = await act(isCommand ? "command" : "say", body);
    if (!outcome) return; // refused: what was typed stays
    box.value = "";
    files = [];
    drawFiles();
    suggest();
  }
}

// The subcommands that what is typed may become.
export function matching(commands, typed) {
  if (!/^\/\S*( \S*)?$/.test(typed)) return [];
  const wanted = typed.toLowerCase();
  return Object.entries(commands).flatMap(([command, uses]) =>
    uses.map(([usage, does]) => [command, usage, does]).filter(
      ([, usage]) => `${command} ${usage.startsWith("[") ? "" : usage.split(" ")[0]}`.startsWith(wanted),
    ));
}
