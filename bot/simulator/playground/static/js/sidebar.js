// Channels, direct messages and the app on the left; the people one can be on top.

import { act } from "./api.js";
import { byId, h, redraw } from "./dom.js";
import { pictured } from "./emoji.js";
import { channel, channels, directMessage, look, looking, markSeen, unread, workspace } from "./store.js";

export function drawPeople() {
  redraw(byId("people"), workspace().users.filter((user) => !user.is_bot).map((user) => {
    const isMe = user.id === looking.me;
    const waiting = isMe ? 0 : channels(user).reduce((sum, one) => sum + unread(one.id, user.id), 0);
    return h("button", { "aria-pressed": String(isMe), "data-user": user.id, onclick: () => become(user) },
      h("span", { class: "avatar", "aria-hidden": "true", "data-user": user.id }, user.real_name[0]),
      h("span", { class: "who" }, user.real_name, h("small", {}, role(user))),
      waiting > 0 && h("span", { class: "dot", title: `${waiting} unread` }));
  }));
}

export function drawSidebar() {
  const dm = directMessage();
  redraw(byId("sidebar"),
    h("h2", {}, "Channels"), channels().map((one) => row(one.id, label(one))),
    h("h2", {}, "Apps"),
    h(
      "button",
      {
        class: "row",
        "aria-current": looking.channel === "home" || looking.channel === dm?.id ? "page" : undefined,
        onclick: goHome,
      },
      "Arauto",
      badge(dm?.id),
    ));
}

export function drawPlace() {
  const place = channel(looking.channel);
  const dm = directMessage();
  if (looking.channel !== "home" && !place?.is_im) {
    return redraw(
      byId("place"),
      h("h1", {}, label(place)),
      h("small", {}, `${place.num_members} members${place.is_ext_shared ? ", shared with another company" : ""}`),
    );
  }
  const tab = (label, isOn, onclick) => h("button", { role: "tab", "aria-selected": String(isOn), onclick }, label);
  return redraw(byId("place"), h("h1", {}, "Arauto"), h("div", { class: "tabs", role: "tablist" },
    tab("Home", looking.channel === "home", goHome), tab(
      "Messages",
      looking.channel === dm?.id,
      () => dm && look({ channel: dm.id }),
    )));
}

export function goHome() {
  look({ channel: "home" });
  act("open_home", { user: looking.me });
}

function become(user) {
  const mine = channels(user).map((one) => one.id);
  const stays = mine.includes(looking.channel) || looking.channel === "home";
  look({ me: user.id, channel: stays ? looking.channel : (mine[0] ?? "home") });
  if (looking.channel === "home") goHome();
}

function row(id, label) {
  const isHere = looking.channel === id;
  if (isHere) markSeen(id);
  const isUnread = !isHere && unread(id) > 0;
  return h(
    "button",
    {
      class: `row${isUnread ? " unread" : ""}`,
      "data-channel": id,
      "aria-current": isHere ? "page" : undefined,
      onclick: () => look({ channel: id }),
    },
    label,
    !isHere && badge(id),
  );
}

function label(place) {
  return [h("span", { class: "hash" }, place.is_private ? pictured("🔒") : "#"), place.name];
}

function badge(id) {
  const count = id ? unread(id) : 0;
  return count > 0 && h("span", { class: "count" }, String(count));
}

function role(user) {
  if (user.is_stranger) return "outsider";
  if (user.is_restricted) return "guest";
  if (user.is_admin) return "admin";
  return workspace().usergroups.some((group) => group.users.includes(user.id)) ? "manager" : "marketer";
}

