// Draws blocks of messages, modals and homes. `hands` says what touching an element does.

import { h } from "./dom.js";
import { image, interactive, unknown } from "./elements.js";
import { chart, richText, table } from "./figures.js";
import { lines, mrkdwn, text } from "./mrkdwn.js";

const DRAW = {
  header: (block) => h(`h${Math.min((block.level ?? 1) + 2, 6)}`, {}, text(block.text)),
  section,
  divider: () => h("hr"),
  context: (block, hands) => h(
    "div",
    { class: "context" },
    block.elements.map((one) => (one.type === "image" ? image(one) : h("span", {}, text(one)))),
  ),
  actions: (block, hands) => h("div", { class: "actions" }, block.elements.map((one) => touchable(one, block, hands))),
  context_actions: (block, hands) => h(
    "div",
    { class: "actions" },
    block.elements.map((one) => touchable(one, block, hands)),
  ),
  image: (block) => h("figure", {}, block.title && h("figcaption", {}, text(block.title)), image(block)),
  markdown: (block) => h("div", { class: "text" }, mrkdwn(block.text.replace(/\*\*/g, "*"))),
  rich_text: (block) => h("div", { class: "text" }, richText(block)),
  table: (block) => table(block),
  data_table: (block) => table(block),
  data_visualization: chart,
  alert: (block) => h("div", { class: `alert ${block.level ?? "default"}`, role: "note" }, text(block.text)),
  container,
  layout,
  card,
  carousel: (block, hands) => h("div", { class: "carousel" }, block.elements.map((one) => card(one, hands, block))),
  input: (block, hands) => hands.input(block),
};

export function blocks(list, hands) {
  return list.map((block) => {
    const draw = DRAW[block.type];
    const drawn = draw ? draw(block, hands) : unknown(block);
    drawn.dataset.block = block.block_id ?? "";
    return drawn;
  });
}

export const canDraw = (type) => type in DRAW;

function section(block, hands) {
  return h("div", { class: "section" },
    h("div", { class: "text" },
      block.text && h("p", {}, text(block.text)),
      block.fields && h("div", { class: "fields" }, block.fields.map((one) => h("div", {}, text(one))))),
    block.accessory && h("div", { class: "accessory" }, touchable(block.accessory, block, hands)));
}

function touchable(element, block, hands) {
  return interactive(element, {
    touch: (touched, choice) => hands.touch(touched, block, choice),
    offer: (asked, query) => hands.offer(asked, block, query),
    state: hands.state?.(element, block) ?? initial(element),
  });
}

// A select on a message has no state of its own here: it shows what the app said is chosen.
function initial(element) {
  const names = {
    option: "selected_option",
    options: "selected_options",
    conversation: "selected_conversation",
    user: "selected_user",
    channel: "selected_channel",
    date: "selected_date",
    time: "selected_time",
    date_time: "selected_date_time",
  };
  const [key] = Object.keys(element).filter((name) => name.startsWith("initial_"));
  return key ? { [names[key.slice("initial_".length)] ?? "value"]: element[key] } : null;
}

function container(block, hands) {
  const title = block.title ? text(block.title) : richText(block.rich_text_title);
  const inside = blocks(block.child_blocks, hands);
  if (!block.is_collapsible) return h("section", { class: "container" }, h("h4", {}, title), inside);
  return h("details", { class: "container", open: !block.default_collapsed }, h("summary", {}, title), inside);
}

function layout(block, hands) {
  return h("section", { class: "layout", "aria-label": block.label },
    block.is_label_visible && h("h4", {}, block.label),
    block.rows.map((row) => h(
      "div",
      { class: "row" },
      row.map((item) => h("div", { class: item.width ?? "standard" }, blocks(item.blocks, hands))),
    )));
}

function card(block, hands, parent = block) {
  return h("section", { class: "card" },
    block.hero_image && image(block.hero_image),
    block.title && h("b", {}, text(block.title)),
    block.subtitle && h("small", {}, text(block.subtitle)),
    block.body && h("p", {}, lines([text(block.body)])),
    block.actions && h("div", { class: "actions" }, block.actions.map((one) => touchable(one, parent, hands))));
}
