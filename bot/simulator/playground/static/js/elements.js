// Elements a person can touch outside of a form: buttons with their confirm dialogs, selects, overflow menus, pickers.

import { h } from "./dom.js";
import { lines, text } from "./mrkdwn.js";
import { control } from "./inputs.js";

// `touch(element, choice)` tells the app; `offer(element, query)` asks it for options.
export function interactive(element, { touch, offer, state }) {
  const press = async (choice) => (await confirmed(element.confirm)) && touch(element, choice);
  if (element.type === "button") return button(element, press);
  if (element.type === "image") return image(element);
  if (element.type === "overflow") return overflow(element, press);
  if (element.type === "icon_button") return button({ ...element, text: element.text }, press);
  if (element.type === "feedback_buttons") return feedback(element, press);
  return control(element, { value: state, change: press, offer }) ?? unknown(element);
}

export function image(element) {
  const source = element.slack_file?.id ? `/_sim/playground/files/${element.slack_file.id}` : (element.image_url ?? "");
  const isLocal = source.startsWith("/") || source.startsWith(location.origin) || source.startsWith("data:");
  // Nothing is fetched from other hosts, so that the playground works on a train and tells nobody about it.
  if (!isLocal) return h("span", { class: "elsewhere" }, `${element.alt_text} (picture at ${source})`);
  return h("img", { src: source, alt: element.alt_text });
}

// What this page cannot draw is shown as such, never dropped.
export function unknown(thing) {
  return h(
    "details",
    { class: "unknown" },
    h("summary", {}, `The playground cannot draw “${thing.type}”`),
    h("pre", {}, JSON.stringify(thing, null, 2)),
  );
}

function button(element, press) {
  if (element.url) {
    return h(
      "a",
      {
        class: `button ${element.style ?? ""}`,
        href: element.url,
        target: "_blank",
        rel: "noreferrer",
        onclick: () => press(),
      },
      text(element.text),
    );
  }
  const made = h(
    "button",
    {
      type: "button",
      class: element.style ?? "",
      "data-action": element.action_id,
      "aria-label": element.accessibility_label,
      onclick: once,
    },
    text(element.text),
  );
  async function once() {
    made.disabled = true;
    await press();
    made.disabled = false;
  }
  return made;
}

function overflow(element, press) {
  const menu = h("select", {
    class: "overflow",
    "aria-label": "More",
    onchange: () => { press(menu.value); menu.value = ""; },
  },
    h("option", { value: "" }, "⋯"), element.options.map((one) => h("option", { value: one.value }, one.text.text)));
  return menu;
}

function feedback(element, press) {
  return [element.positive_button, element.negative_button].map((one) => h(
    "button",
    { type: "button", onclick: () => press() },
    text(one.text),
  ));
}

// Asks the element's own question first; true if there is none.
export function confirmed(question) {
  if (!question) return Promise.resolve(true);
  return new Promise((resolve) => {
    const answer = (yes) => () => { dialog.close(); dialog.remove(); resolve(yes); };
    const dialog = h("dialog", { class: "confirm", oncancel: answer(false) },
      h("h2", {}, text(question.title)),
      h("p", {}, lines([text(question.text)])),
      h("footer", {},
        h("button", { type: "button", onclick: answer(false) }, text(question.deny)),
        h("button", { type: "button", class: question.style ?? "primary", onclick: answer(true) }, text(question.confirm))));
    document.body.append(dialog);
    dialog.showModal();
  });
}
