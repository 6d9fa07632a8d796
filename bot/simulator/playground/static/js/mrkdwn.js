// Slack's markup as elements, never as HTML: whatever a message says, it stays text.

import { h } from "./dom.js";
import { pictured } from "./emoji.js";
import { look, looking, person, channel, workspace } from "./store.js";

const EMOJI = {
  white_check_mark: "✅", x: "❌", warning: "⚠️", tada: "🎉", eyes: "👀", rocket: "🚀", hourglass: "⌛",
  bell: "🔔",
  bulb: "💡", lock: "🔒", mag: "🔍", pencil: "📝", question: "❓", red_circle: "🔴", large_green_circle: "🟢",
};
const TOKEN = /`([^`\n]+)`|<([^<>\n]+)>|(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])|(?<![\w_])_(\S(?:[^_\n]*\S)?)_(?![\w_])|(?<![\w~])~(\S(?:[^~\n]*\S)?)~(?![\w~])|:([a-z0-9_+-]+):/g;

export function text(object) {
  if (!object) return [];
  return object.type === "plain_text" ? pictured(object.text) : mrkdwn(object.text);
}

export function mrkdwn(source) {
  return source.split(/```([\s\S]+?)```/).flatMap((part, index) =>
    index % 2 ? h("pre", {}, unescaped(part.trim())) : paragraphs(part),
  );
}

function paragraphs(source) {
  const blocks = [];
  for (const line of source.split("\n")) {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (quoted && blocks.at(-1)?.quote) blocks.at(-1).quote.push(quoted[1]);
    else blocks.push(quoted ? { quote: [quoted[1]] } : { line });
  }
  return blocks.flatMap((block, index) => {
    if (block.quote) return h("blockquote", {}, lines(block.quote.map(inline)));
    const isLast = index === blocks.length - 1 || blocks[index + 1].quote;
    return [...inline(block.line), ...(isLast ? [] : [h("br")])];
  });
}

function inline(source) {
  const nodes = [];
  let end = 0;
  for (const match of source.matchAll(TOKEN)) {
    nodes.push(...pictured(unescaped(source.slice(end, match.index))), token(match));
    end = match.index + match[0].length;
  }
  return [...nodes, ...pictured(unescaped(source.slice(end)))];
}

function token([whole, code, angle, bold, italic, strike, emoji]) {
  if (code) return h("code", {}, unescaped(code));
  if (angle) return reference(angle);
  if (bold) return h("b", {}, inline(bold));
  if (italic) return h("i", {}, inline(italic));
  if (strike) return h("s", {}, inline(strike));
  return EMOJI[emoji] ? pictured(EMOJI[emoji])[0] : whole;
}

function reference(inside) {
  const [target, label] = inside.split(/\|(.*)/s);
  if (target.startsWith("@")) return mention(target.slice(1), label);
  if (target.startsWith("#")) return place(target.slice(1), label);
  if (target.startsWith("!date^")) return h("time", {}, date(target, label));
  if (target.startsWith("!")) return h("span", { class: "mention" }, label ?? `@${target.slice(1).split("^")[0]}`);
  return link(target, label === undefined ? undefined : inline(label));
}

export function mention(id, label) {
  return h("span", { class: `mention${id === looking.me ? " mine" : ""}` }, `@${person(id)?.real_name ?? label ?? id}`);
}

export function place(id, label) {
  const name = channel(id)?.name ?? label ?? id;
  return h("button", { class: "mention", type: "button", onclick: () => channel(id) && look({ channel: id }) }, `#${name}`);
}

// Only http(s) and mail addresses become links; a permalink of this workspace opens here instead.
export function link(address, label = address) {
  const here = /\/archives\/(\w+)\/p(\d+)$/.exec(address);
  if (here && channel(here[1])) return h("a", { href: "#", onclick: (event) => jump(event, here[1]) }, label);
  if (!/^(https?|mailto):/.test(address)) return h("span", {}, label);
  return h("a", { href: unescaped(address), target: "_blank", rel: "noreferrer" }, label);
}

function jump(event, id) {
  event.preventDefault();
  look({ channel: id });
}

// <!date^UNIX^FORMAT|fallback> in the time zone of whoever reads.
function date(target, fallback) {
  const [, seconds, format] = target.split("^");
  const moment = new Date(Number(seconds) * 1000);
  if (Number.isNaN(moment.getTime())) return fallback ?? target;
  const shown = (options) => moment.toLocaleString("en-GB", { timeZone: zone(), ...options });
  const day = () => shown({ weekday: "short", day: "numeric", month: "short" });
  return format.replace(/\{(\w+)\}/g, (_, part) =>
    part.startsWith("time") ? shown({
      hour: "2-digit",
      minute: "2-digit",
      ...(part === "time_secs" ? { second: "2-digit" } : {}),
    }) : day(),
  );
}

export const zone = () => workspace().users.find((user) => user.id === looking.me)?.tz ?? "UTC";

export function unescaped(source) {
  return source.replace(/&(lt|gt|amp);/g, (_, name) => ({ lt: "<", gt: ">", amp: "&" })[name]);
}

export function lines(parts) {
  return parts.flatMap((part, index) => (index ? [h("br"), part] : [part]));
}
