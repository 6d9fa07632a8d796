// The control panel of the outside world: time, people, failures, webhooks, Slack; and Meta's own books to compare with.

import { get, knob, meta, post } from "./api.js";
import { fill, h } from "./dom.js";

const SPEEDS = [1, 10, 60, 300, 1000];
const BOOKS_MS = 1000;
const SHARES = [
  ["reachable_rate", "Phones that are on"],
  ["read_rate", "Read what arrives"],
  ["click_rate", "Press the link"],
  ["tap_rate", "Tap a reply"],
  ["stop_text_rate", "Write STOP"],
  ["stop_preference_rate", "Stop in WhatsApp"],
  ["hold_rate", "Held by Meta first"],
];
const FAULTS = [
  ["131049", "Meta keeps the balance", { kind: "error", code: 131049 }],
  ["131050", "the person stopped marketing", { kind: "error", code: 131050 }],
  ["130429", "too many requests", { kind: "error", code: 130429 }],
  ["132015", "the template is paused", { kind: "error", code: 132015 }],
  ["502", "a gateway's page, no Graph error", { kind: "gateway" }],
  ["Reset", "the connection is cut before Meta took it", { kind: "reset" }],
  ["Reset after accept", "Meta took it, but the answer is lost", { kind: "reset", accepted: true }],
  ["Hang", "no answer for 5 s, then cut", { kind: "hang" }],
];

export function panel(root, steps, phone) {
  const times = h("input", { type: "number", min: 1, max: 1000, value: 5, "aria-label": "How many requests" });
  const books = h("dl", { class: "books" });
  const templates = h("select", { "aria-label": "Template at Meta" });
  let values = {};

  return { start };

  async function start() {
    values = await get("/_sim/meta/knobs");
    draw();
    watch();
  }

  function draw() {
    fill(root,
      group(
        "Time",
        "Of the bot and of Meta; Slack stays as fast as you are.",
        h("div", { class: "segments", role: "group", "aria-label": "Speed of time" }, SPEEDS.map(speed)),
      ),
      group(
        "People",
        "",
        SHARES.map(([name, label]) => share(name, label)),
        share("failures", "Fail later with 131049", "131049"),
      ),
      group("Meta", "",
        check("down", "Meta is down (503)"),
        check("callback_data_refused", "Refuses our tracking data (100)"),
        h("label", { class: "line" }, "The next ", times, " sends meet:"), h("div", { class: "chips" }, FAULTS.map(fault),
          h("button", { type: "button", class: "quiet", onclick: () => turned(meta("/faults/clear")) }, "Clear")),
        h(
          "div",
          { class: "line" },
          templates,
          h("button", { type: "button", onclick: () => template("PAUSED") }, "Pause"),
          h("button", { type: "button", onclick: () => template("UNPAUSE") }, "Unpause"),
        )),
      group(
        "Webhooks",
        "",
        range("webhook_copies", "Copies of each", 1, 3, 1, ""),
        range("webhook_shuffle", "Shuffled within", 0, 600, 30, " s"),
        range("webhook_delay", "Late by", 0, 600, 30, " s"),
        share("webhook_drop_rate", "Lost"),
      ),
      group("Slack", "", h("div", { class: "chips" },
        throttle("chat.update"), throttle("chat.postMessage"), throttle("views.open"),
        h("button", { type: "button", onclick: () => turned(knob("outage", { kind: "unavailable" })) }, "Slack down"),
        h("button", { type: "button", onclick: () => turned(knob("outage", { kind: null })) }, "Slack up"))),
      group("Meta’s own books", "What really happened, whatever was reported: the card must agree in the end.", books));
  }

  function group(title, hint, ...inside) {
    return h("fieldset", {}, h("legend", {}, title), hint && h("p", { class: "hint" }, hint), inside);
  }

  function speed(factor) {
    return h(
      "button",
      {
        type: "button",
        "data-speed": factor,
        "aria-pressed": String(factor === 1),
        onclick: () => turned(post("/_sim/playground/speed", { speed: factor })),
      },
      `${factor}×`,
    );
  }

  function share(name, label, code = null) {
    const now = code ? (values[name]?.[code] ?? 0) : values[name];
    return slider(
      `knob-${code ?? name}`,
      label,
      0,
      100,
      1,
      Math.round(now * 100),
      "%",
      (value) => tune(name, code ? { ...values[name], [code]: value / 100 } : value / 100),
    );
  }

  function range(name, label, low, high, step, unit) {
    return slider(`knob-${name}`, label, low, high, step, values[name], unit, (value) => tune(name, value));
  }

  function slider(id, label, min, max, step, value, unit, change) {
    const shown = h("output", { for: id }, `${value}${unit}`);
    const input = h(
      "input",
      {
        id,
        type: "range",
        min,
        max,
        step,
        oninput: () => { shown.textContent = `${input.value}${unit}`; },
        onchange: () => change(Number(input.value)),
      },
    );
    input.value = value;
    return h("label", { class: "slider", for: id }, h("span", {}, label), input, shown);
  }

  function check(name, label) {
    const input = h(
      "input",
      { type: "checkbox", id: `knob-${name}`, checked: values[name], onchange: () => tune(name, input.checked) },
    );
    return h("label", { class: "line" }, input, label);
  }

  function fault([label, title, body]) {
    return h(
      "button",
      { type: "button", title, onclick: () => turned(meta("/faults", { ...body, times: Number(times.value) || 1 })) },
      label,
    );
  }

  function throttle(method) {
    return h(
      "button",
      {
        type: "button",
        title: "The next 5 calls are answered 429, Retry-After 2",
        onclick: () => turned(knob("throttle", { method, times: 5, retry_after: 2 })),
      },
      `429 on ${method}`,
    );
  }

  function template(event) {
    return turned(meta(`/templates/${templates.value.split("/")[0]}/status`, { event }));
  }

  async function tune(name, value) {
    values[name] = value;
    await turned(meta("/knobs", { [name]: value }));
  }

  async function turned(request) {
    if (!(await request)) return;
    steps.note("broken");
    phone.refresh();
    show();
  }

  async function watch() {
    if (!root.hidden) await show().catch(() => null);
    setTimeout(watch, BOOKS_MS);
  }

  async function show() {
    const state = await get("/_sim/meta/state");
    for (const button of root.querySelectorAll("[data-speed]")) button.setAttribute(
      "aria-pressed",
      String(Number(button.dataset.speed) === state.speed),
    );
    if (!templates.options.length) fill(templates, Object.keys(state.templates).map((name) => h("option", {}, name)));
    const { totals } = state;
    const rows = {
      "Accepted": totals.accepted, "Phones": totals.phones, "Most per phone": totals.most_per_phone, ...totals.fates,
      ...Object.fromEntries(Object.entries(totals.refused_by_code).map(([code, count]) => [`refused ${code}`, count])),
      ...Object.fromEntries(Object.entries(totals.failed_by_code).map(([code, count]) => [`failed ${code}`, count])),
      "Links opened": totals.visits, "Faults waiting": state.faults.length,
    };
    fill(books, Object.entries(rows).map(([label, value]) => [h("dt", {}, label), h("dd", {}, String(value))]));
  }
}
