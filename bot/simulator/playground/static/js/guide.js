// Six steps a newcomer can follow or ignore. A step ticks itself off when the thing has happened, however it came about.

import { byId, fill, h } from "./dom.js";
import { look, workspace } from "./store.js";

const holds = (action) => (block) => (block.elements ?? []).some((one) => one.action_id === action);
const has = (action) => (message) => (message.blocks ?? []).some(holds(action));
const posted = (action) => workspace().messages.some(has(action));
const opened = (callback) => Object.values(workspace().modals).flat().some((view) => view.callback_id === callback);

const STEPS = [
  {
    says: "As Ana, type /campaign new and press Enter.",
    does: "Type it for me",
    go: (composer) => { look({ me: "U0ANA", channel: "C0MARKETING" }); composer.write("/campaign new Spring drop"); },
    isDone: () => opened("campaign_new") || posted("campaign_approve"),
  },
  {
    says:
      "Pick the audience Everybody and the template spring_drop; {{first_name|friend}}, 20% and any https address " +
      "will do. Ask for approval.",
    isDone: () => posted("campaign_approve"),
  },
  {
    says: "Be Bruno, open the approvals channel, read the card and approve it.",
    does: "Be Bruno",
    go: () => look({ me: "U0BRUNO", channel: "C0APPROVALS" }),
    isDone: () => posted("campaign_refresh") || posted("campaign_pause"),
  },
  {
    says: "Look at the phone: open the message’s link, and see Clicked on the card in #marketing go up.",
    does: "Show the card",
    go: () => look({ channel: "C0MARKETING" }),
    isDone: () => happened("tapped"),
  },
  {
    says: "Choose another phone and press STOP, then look that person up with /optins find and their number.",
    isDone: () => happened("stopped"),
  },
  {
    says:
      "Break the world: open “The outside world”, speed up time or cut Meta’s connections, and watch the card " +
      "keep its books.",
    does: "Open the panel",
    go: () => byId("tab-world").click(),
    isDone: () => happened("broken"),
  },
];
const KEY = "guide";
let noted = new Set();
const happened = (what) => noted.has(what);

export function guide(composer) {
  let done = 0;
  let isHidden = localStorage.getItem(KEY) === "hidden";
  let shown = "";
  return { draw, note };

  function note(what) {
    noted = new Set([...noted, what]);
    draw();
  }

  function draw() {
    while (done < STEPS.length && STEPS[done].isDone()) done += 1;
    if (shown === `${isHidden}/${done}`) return; // nothing to redraw, and the focus stays where it is
    shown = `${isHidden}/${done}`;
    fill(
      byId("guide"),
      isHidden ? h("button", { class: "quiet", onclick: () => hide(false) }, "Show the six steps") : card(),
    );
  }

  function card() {
    const step = STEPS[done];
    const dots = h(
      "span",
      { class: "steps", "aria-hidden": "true" },
      STEPS.map((_, index) => h("i", { class: index < done ? "done" : index === done ? "now" : "" })),
    );
    const close = h("button", { class: "icon", "aria-label": "Hide the guide", onclick: () => hide(true) }, "✕");
    if (!step) return h(
      "div",
      { class: "guide" },
      dots,
      h("p", {}, "That is all of it. Now try what you would worry about."),
      close,
    );
    return h("div", { class: "guide" }, dots,
      h("p", {}, h("b", {}, `Step ${done + 1} of ${STEPS.length}. `), step.says),
      step.does && h("button", { onclick: () => step.go(composer) }, step.does), close);
  }

  function hide(wanted) {
    isHidden = wanted;
    localStorage.setItem(KEY, wanted ? "hidden" : "shown");
    draw();
  }
}
