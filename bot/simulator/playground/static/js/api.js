// Every request of the page. People act through Slack's control, the outside world through Meta's; refusals are shown.

import { byId, h } from "./dom.js";

const TOAST_MS = 8000;

export async function get(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

// Posts JSON and gives the answer; null when it was refused, which the person has then been told.
export async function post(path, body = {}) {
  const answer = await fetch(path, { method: "POST", body: JSON.stringify(body) });
  const result = await answer.json().catch(() => ({ error: `The simulator answered ${answer.status}.` }));
  if (answer.ok) return result;
  toast(result.error);
  return null;
}

// Lets a person do something in Slack; gives the outcome, whatever came of it, or null if the client refused.
export async function act(verb, body) {
  const outcome = await post(`/_sim/act/${verb}`, body);
  for (const one of [outcome].flat()) {
    if (one?.error) toast(`${words(one.kind)} failed with the error “${one.error}”. ${one.detail ?? ""}`);
  }
  return outcome;
}

export const knob = (name, body) => post(`/_sim/knob/${name}`, body);
export const meta = (path, body) => post(`/_sim/meta${path}`, body);
export const phone = (number, verb, body) => post(`${phonePath(number)}/${verb}`, body);
export const phonePath = (number) => `/_sim/playground/phones/${encodeURIComponent(number)}`;

export async function upload(user, file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let start = 0; start < bytes.length; start += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return post("/_sim/act/upload", { user, name: file.name, content: btoa(binary) });
}

export function toast(text) {
  const box = h(
    "div",
    { class: "toast" },
    text,
    h("button", { class: "icon", "aria-label": "Close", onclick: () => box.remove() }, "✕"),
  );
  byId("toasts").append(box);
  setTimeout(() => box.remove(), TOAST_MS);
}

function words(kind = "action") {
  return kind.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());
}
