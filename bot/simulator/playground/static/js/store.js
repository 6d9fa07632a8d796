// What the page knows: the workspace as the simulator tells it, who sits in front of it, and what they look at.

import { get } from "./api.js";

export const MAIN_CHANNEL = "C0MARKETING";
const listeners = new Set();
let slack = null;
let isStale = false;
let isFetching = false;

export const looking = {
  me: new URLSearchParams(location.search).get("as") ?? "U0ANA",
  channel: MAIN_CHANNEL, // a channel id, or "home"
  thread: null, // the ts of the message whose thread is open
  seen: {}, // by person and channel: the newest ts they have looked at
};

export const workspace = () => slack;
export const person = (id) => slack.users.find((user) => user.id === id);
export const me = () => person(looking.me);
export const channel = (id) => slack.channels.find((one) => one.id === id);
export const modals = () => slack.modals[looking.me] ?? [];
export const home = () => slack.homes[looking.me];

export function onChange(listener) {
  listeners.add(listener);
}

export function changed() {
  for (const listener of listeners) listener();
}

export function look(where) {
  Object.assign(looking, { thread: null }, where);
  changed();
}

// The channels this person can open: their own, and every public one unless they are a guest or from elsewhere.
export function channels(user = me()) {
  const isInsider = !user.is_stranger && !user.is_restricted;
  return slack.channels.filter((one) => !one.is_im && (one.members.includes(user.id) || (isInsider && !one.is_private)));
}

export function directMessage(user = me()) {
  return slack.channels.find((one) => one.is_im && one.members.includes(user.id));
}

// What this person sees in a channel, ephemerals included, replies excluded; oldest first.
export function messages(id, user = looking.me) {
  const whispered = slack.ephemerals.filter((one) => one.recipient === user && !one.thread_ts);
  return [...slack.messages, ...whispered]
    .filter((one) => one.channel === id && (!isReply(one) || one.reply_broadcast))
    .sort((a, b) => Number(a.ts) - Number(b.ts));
}

export function replies(id, ts, user = looking.me) {
  const seen = slack.ephemerals.filter((one) => one.recipient === user);
  return [...slack.messages, ...seen]
    .filter((one) => one.channel === id && isReply(one) && one.thread_ts === ts)
    .sort((a, b) => Number(a.ts) - Number(b.ts));
}

export function unread(id, user = looking.me) {
  const since = Number(looking.seen[`${user}/${id}`] ?? 0);
  return messages(id, user).filter((one) => Number(one.ts) > since && one.user !== user).length;
}

export function markSeen(id) {
  const newest = messages(id).at(-1);
  if (newest) looking.seen[`${looking.me}/${id}`] = newest.ts;
}

export async function connect() {
  slack = await get("/_sim/state");
  const events = new EventSource(`/_sim/events?after=${slack.revision}`);
  events.addEventListener("change", refresh);
  events.addEventListener("open", refresh);
  changed();
}

// Fetches the state again, once more if something happened meanwhile; many changes make one request.
export async function refresh() {
  isStale = true;
  if (isFetching) return;
  isFetching = true;
  while (isStale) {
    isStale = false;
    await new Promise((resolve) => setTimeout(resolve, 30));
    slack = await get("/_sim/state").catch(() => slack);
    changed();
  }
  isFetching = false;
}

function isReply(message) {
  return message.thread_ts && message.thread_ts !== message.ts;
}
