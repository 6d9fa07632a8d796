// The modal in front of a person. What is entered goes to the simulator at once, so that a redrawn view keeps it.

import { act } from "./api.js";
import { blocks } from "./blocks.js";
import { fill, h } from "./dom.js";
import { unknown } from "./elements.js";
import { control } from "./inputs.js";
import { text } from "./mrkdwn.js";
import { looking, modals, refresh } from "./store.js";
import { offered } from "./messages.js";

const dialog = h("dialog", { class: "modal", oncancel: (event) => { event.preventDefault(); close(); } });
let shown = "";
let drafts = {}; // by block_id: text that the simulator has not been told yet
let errors = {};
let sending = Promise.resolve();

export function drawModal() {
  if (!dialog.isConnected) document.body.append(dialog);
  const stack = modals();
  const view = stack.at(-1);
  const key = view ? `${looking.me}/${view.id}/${view.hash}` : "";
  if (key === shown) return;
  if (!view || !shown.startsWith(`${looking.me}/${view.id}/`)) [drafts, errors] = [{}, {}];
  shown = key;
  if (!view) {
    dialog.close();
    return;
  }
  draw(view, stack.length);
  if (dialog.open) return;
  dialog.showModal();
  // The first thing to type, if that does not open a list by itself.
  dialog.querySelector(".body :is(input, textarea, select):not([role])")?.focus();
}

function draw(view, depth) {
  const held = focused();
  const body = h("div", { class: "body" }, blocks(view.blocks, hands(view)));
  const top = dialog.querySelector(".body")?.scrollTop ?? 0;
  fill(dialog, h("form", { method: "dialog", novalidate: true, onsubmit: (event) => { event.preventDefault(); submit(); } },
    h(
      "header",
      {},
      h("h2", {}, text(view.title)),
      h("button", { type: "button", class: "icon", "aria-label": "Close", onclick: () => close(true) }, "✕"),
    ),
    body,
    h("footer", {},
      h("button", { type: "button", onclick: () => close() }, depth > 1 ? "Back" : (view.close?.text ?? "Close")),
      view.submit && h("button", { type: "submit", class: "primary" }, text(view.submit)))));
  dialog.setAttribute("aria-label", view.title.text);
  body.scrollTop = top;
  refocus(held);
}

function hands(view) {
  const where = { view: "modal" };
  const state = (element, block) => view.state.values[block.block_id]?.[element.action_id];
  return {
    touch: (element, block, choice) => tell(() => act(
      "click",
      { user: looking.me, ...where, action_id: element.action_id, block_id: block.block_id, choice },
    )),
    offer: (element, block, query) => offered(element, block, query, where),
    state,
    input: (block) => input(block, state(block.element, block)),
  };
}

function input(block, state) {
  const id = `input:${block.block_id}`;
  const value = block.block_id in drafts ? { ...state, value: drafts[block.block_id] } : state;
  const made = control(block.element, {
    id, value,
    draft: (written) => { drafts[block.block_id] = written; },
    change: (entered) => enter(block.block_id, entered),
    offer: (element, query) => offered(element, block, query, { view: "modal" }),
  }) ?? unknown(block.element);
  return h("div", { class: "input", "data-error": errors[block.block_id] ? "" : undefined },
    h("label", { for: id }, text(block.label), block.optional && h("small", {}, " (optional)")),
    made,
    h("p", { class: "error", role: "alert", id: `error:${block.block_id}` }, errors[block.block_id] ?? ""),
    block.hint && h("p", { class: "hint" }, text(block.hint)));
}

function enter(blockId, value) {
  delete drafts[blockId];
  return tell(async () => act("fill", { user: looking.me, values: { [blockId]: await value } }));
}

// One after the other: a submission must not overtake the last thing that was typed.
function tell(request) {
  sending = sending.then(request, request);
  return sending;
}

async function submit() {
  const left = Object.fromEntries(Object.entries(drafts).map(([id, value]) => [id, value || null]));
  drafts = {};
  const outcome = await tell(() => act("submit", { user: looking.me, values: left }));
  errors = outcome?.errors ?? {};
  showErrors();
  await refresh();
}

function showErrors() {
  for (const box of dialog.querySelectorAll(".input")) {
    const said = errors[box.dataset.block] ?? "";
    box.toggleAttribute("data-error", Boolean(said));
    box.querySelector(".error").textContent = said;
  }
  dialog.querySelector("[data-error]")?.scrollIntoView({ block: "center" });
}

async function close(all = false) {
  if (shown) await act("close", { user: looking.me, all_views: all });
}

function focused() {
  const active = document.activeElement;
  return dialog.contains(active) && active.id ? { id: active.id, at: active.selectionStart } : null;
}

function refocus(held) {
  const field = held && document.getElementById(held.id);
  if (!field) return;
  field.focus({ preventScroll: true });
  if (typeof held.at === "number" && field.setSelectionRange && field.type === "text") field.setSelectionRange(
    held.at,
    held.at,
  );
}
