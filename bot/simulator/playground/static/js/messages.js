// The stream of a channel and the thread beside it. A message is drawn again only when it has changed.

import { act } from "./api.js";
import { blocks } from "./blocks.js";
import { byId, fill, h } from "./dom.js";
import { unknown } from "./elements.js";
import { mrkdwn, zone } from "./mrkdwn.js";
import { look, looking, me, messages, person, replies } from "./store.js";

const NEAR_PIXELS = 80;
const drawn = new Map();
let shownPlace = "";

export function drawStream(shortcuts) {
  const stream = byId("stream");
  const list = messages(looking.channel);
  const nodes = list.length ? list.map((one) => kept(one, true, shortcuts)) : [
    h("p", { class: "nothing" }, "Nothing here yet."),
  ];
  update(stream, nodes, `${looking.me}/${looking.channel}`);
}

export function drawThread(composer) {
  const pane = byId("thread");
  const root = looking.thread && messages(looking.channel).find((one) => one.ts === looking.thread);
  pane.hidden = !root;
  if (!root) return fill(pane);
  const nodes = [kept(root, false), h("hr"), ...replies(looking.channel, root.ts).map((one) => kept(one, false))];
  if (!pane.firstChild) {
    pane.append(
      h(
        "div",
        { class: "bar" },
        h("b", {}, "Thread"),
        h(
          "button",
          { class: "icon", "aria-label": "Close thread", onclick: () => look({ thread: null, channel: looking.channel }) },
          "✕",
        ),
      ),
      h("div", { class: "scroll" }),
      composer,
    );
  }
  return place(pane.querySelector(".scroll"), nodes);
}

function update(stream, nodes, key) {
  const isNew = key !== shownPlace;
  const isAtEnd = stream.scrollHeight - stream.scrollTop - stream.clientHeight < NEAR_PIXELS;
  place(stream, nodes);
  if (isNew || isAtEnd) stream.scrollTop = stream.scrollHeight;
  shownPlace = key;
}

// Puts nodes in place without touching those that already stand right, so that focus and scrolling survive.
function place(parent, nodes) {
  const held = focused(parent);
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
  if (held && document.activeElement === document.body) parent.querySelector(held)?.focus({ preventScroll: true });
}

// Says how to find the focused element of a message again, should the message be drawn anew.
function focused(parent) {
  const active = document.activeElement;
  const message = parent.contains(active) && active.closest(".message");
  return message && active.dataset.action ? `[data-ts="${message.dataset.ts}"] [data-action="${active.dataset.action}"]` : null;
}

function kept(message, hasReplies, shortcuts) {
  const below = hasReplies ? replies(message.channel, message.ts) : [];
  const id = `${looking.me}/${message.channel}/${message.ts}/${hasReplies}`;
  const version = `${message.version}/${below.length}`;
  const before = drawn.get(id);
  if (before?.version === version) return before.node;
  const node = draw(message, below, shortcuts);
  drawn.set(id, { version, node });
  return node;
}

function draw(message, below, shortcuts) {
  const author = person(message.user);
  const isEphemeral = message.recipient !== null;
  return h("article", { class: `message${isEphemeral ? " ephemeral" : ""}`, "data-ts": message.ts },
    h("span", { class: "avatar", "aria-hidden": "true", "data-user": author?.id }, (author?.real_name ?? "?")[0]),
    h("div", { class: "content" },
      isEphemeral && h("small", { class: "only" }, "Only visible to you"),
      h(
        "div",
        { class: "by" },
        h("b", {}, author?.real_name ?? message.user),
        author?.is_bot && h("span", { class: "badge" }, "APP"),
        h("time", {}, clock(message.ts)),
      ),
      message.blocks ? blocks(message.blocks, hands(message)) : h(
        "div",
        { class: "text" },
        mrkdwn(message.text),
        message.edited && h("small", {}, " (edited)"),
      ),
      (message.files ?? []).map((file) => h(
        "a",
        { class: "file", href: `/_sim/playground/files/${file.id}`, download: file.name },
        `▤ ${file.name}`,
      )),
      below.length > 0 && h(
        "button",
        { class: "replies", onclick: () => look({ channel: message.channel, thread: message.ts }) },
        `${below.length} ${below.length === 1 ? "reply" : "replies"}`,
      )),
    !isEphemeral && shortcuts && menu(message, shortcuts));
}

function menu(message, shortcuts) {
  return h("div", { class: "menu" },
    h(
      "button",
      {
        class: "icon",
        "aria-label": "Reply in thread",
        title: "Reply in thread",
        onclick: () => look({ channel: message.channel, thread: message.ts }),
      },
      "↪",
    ),
    shortcuts.map(([id, label]) => h(
      "button",
      {
        class: "icon",
        "aria-label": label,
        title: label,
        onclick: () => act(
          "message_shortcut",
          { user: looking.me, callback_id: id, channel: message.channel, ts: message.ts },
        ),
      },
      "⚡",
    )));
}

function hands(message) {
  const where = { channel: message.channel, ts: message.ts };
  return {
    touch: (element, block, choice) => act(
      "click",
      { user: looking.me, ...where, action_id: element.action_id, block_id: block.block_id, choice },
    ),
    offer: (element, block, query) => offered(element, block, query, where),
    input: unknown,
  };
}

export async function offered(element, block, query, where) {
  if (query.length < (element.min_query_length ?? 3)) return [];
  const outcome = await act(
    "options",
    { user: looking.me, ...where, action_id: element.action_id, block_id: block.block_id, query },
  );
  return outcome?.options ?? [];
}

function clock(ts) {
  return new Date(Number(ts) * 1000).toLocaleTimeString(
    "en-GB",
    { hour: "2-digit", minute: "2-digit", timeZone: me() ? zone() : "UTC" },
  );
}
