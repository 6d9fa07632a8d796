// One recipient's WhatsApp. What is tapped or written here makes Meta send its real webhook to the bot.

import { get, phone as act, phonePath } from "./api.js";
import { byId, fill, h } from "./dom.js";
import { lines } from "./mrkdwn.js";

const EVERY_MS = 1000;
const ICONS = { URL: "↗", QUICK_REPLY: "↩", COPY_CODE: "⧉", PHONE_NUMBER: "✆" };
const WAITING = {
  accepted: "on its way",
  held: "held back by Meta",
  sent: "sent and waits for the phone",
  failed: "failed",
  expired: "expired",
};

export function phonePane(root, steps) {
  let number = "";
  let shown = "";
  const chat = h("div", { class: "chat", role: "log", "aria-label": "WhatsApp chat" });
  const offered = h("datalist", { id: "phones" });
  const chooser = h(
    "input",
    {
      id: "phone-number",
      list: "phones",
      "aria-label": "Phone number",
      placeholder: "+44…",
      onchange: () => choose(chooser.value.trim()),
    },
  );
  const next = h(
    "button",
    { type: "button", class: "icon", title: "Another recipient", "aria-label": "Another recipient", onclick: another },
    "⟳",
  );
  const power = h(
    "button",
    { type: "button", class: "quiet", onclick: () => press("switch", { on: power.dataset.off === "true" }) },
  );
  const stop = h(
    "button",
    {
      type: "button",
      class: "quiet",
      onclick: () => press("prefer", { value: stop.dataset.stopped === "true" ? "resume" : "stop" }),
    },
  );
  const box = h("input", { "aria-label": "Reply on the phone", placeholder: "Message" });
  const form = h("form", { onsubmit: say }, box,
    h("button", { type: "button", class: "stop", onclick: () => press("say", { text: "STOP" }) }, "STOP"),
    h("button", { type: "submit", "aria-label": "Send from the phone" }, "➤"));
  fill(root, h("div", { class: "handset" },
    h("div", { class: "picker" }, chooser, offered, next),
    h(
      "div",
      { class: "screen" },
      h(
        "div",
        { class: "title" },
        h("span", { class: "avatar" }, "FN"),
        h("span", {}, "Feira Norte", h("small", {}, "Business account")),
      ),
      chat,
      form,
    ),
    h("div", { class: "switches" }, stop, power)));

  return { start: () => { poll(); }, refresh };

  async function poll() {
    await refresh().catch(() => null); // a restart of the world: try again
    setTimeout(poll, EVERY_MS);
  }

  async function refresh() {
    const all = await get("/_sim/playground/phones");
    byId("clock").textContent = worldTime(all);
    fill(
      offered,
      all.phones.map((one) => h(
        "option",
        { value: one.phone },
        one.messages ? `${one.messages} received, ${one.fate}` : "nothing yet",
      )),
    );
    offered.all = all.phones.map((one) => one.phone);
    if (!number && all.phones.length) choose(all.phones[0].phone);
    if (number) draw(await get(phonePath(number)));
  }

  function draw(state) {
    const key = JSON.stringify(state);
    if (state.phone !== number || key === shown) return;
    shown = key;
    fill(chat, state.chat.map(entry), state.undelivered.map((fate) => h(
      "p",
      { class: "note" },
      `A message is ${WAITING[fate] ?? fate}`,
    )),
      !state.chat.length && !state.undelivered.length && h("p", { class: "note" }, "Nothing received yet"));
    chat.scrollTop = chat.scrollHeight;
    power.textContent = state.is_off ? "Switch the phone on" : "Switch the phone off";
    power.dataset.off = state.is_off;
    stop.textContent = state.has_stopped ? "Resume offers in WhatsApp" : "Stop offers in WhatsApp";
    stop.dataset.stopped = state.has_stopped;
  }

  function entry(one) {
    if (one.note) return h("p", { class: "note" }, `You ${one.text}`);
    if (one.from === "person") return h("div", { class: "bubble mine" }, one.text);
    return h("div", { class: "bubble", "data-wamid": one.wamid },
      one.header && h("b", {}, one.header), h("p", {}, styled(one.body)), one.cards.map((card) => h(
        "p",
        { class: "card" },
        styled(card),
      )),
      one.footer && h("small", {}, one.footer), one.buttons.map((button) => tappable(one, button)));
  }

  function tappable(message, button) {
    const verb = { URL: "click", QUICK_REPLY: "tap" }[button.kind];
    return h("button", {
      type: "button",
      class: "link",
      disabled: !verb,
      title: button.url,
      onclick: () => press(verb, { wamid: message.wamid, text: button.text }),
    },
      h("span", { "aria-hidden": "true" }, `${ICONS[button.kind] ?? "›"} `), button.text);
  }

  async function press(verb, body) {
    if (!(await act(number, verb, body))) return;
    steps.note(verb === "say" && body.text.toUpperCase() === "STOP" ? "stopped" : "tapped");
    await refresh();
  }

  function say(event) {
    event.preventDefault();
    const text = box.value.trim();
    box.value = "";
    if (text) press("say", { text });
  }

  function choose(chosen) {
    number = chosen;
    chooser.value = chosen;
    shown = "";
    if (chosen) refresh();
  }

  function another() {
    const all = offered.all ?? [];
    if (all.length) choose(all[(all.indexOf(number) + 1) % all.length]);
  }
}

// WhatsApp's own markup: *bold*, _italic_, ~strike~.
function styled(source) {
  const parts = source.split("\n").map((line) => line.split(/(\*\S[^*]*\*|_\S[^_]*_|~\S[^~]*~)/).map((piece) => {
    const tag = { "*": "b", _: "i", "~": "s" }[piece[0]];
    return tag && piece.length > 2 && piece.at(-1) === piece[0] ? h(tag, {}, piece.slice(1, -1)) : piece;
  }));
  return lines(parts);
}

function worldTime({ now, speed }) {
  const moment = new Date(now * 1000).toLocaleString(
    "en-GB",
    { weekday: "short", hour: "2-digit", minute: "2-digit", second: speed < 60 ? "2-digit" : undefined },
  );
  return speed > 1 ? `${moment} · ${speed}×` : moment;
}
