// The controls of Block Kit's inputs. Each calls `change(value)` with what the simulator's `fill` takes for it,
// or with a promise of that where something has to be uploaded first.

import { h } from "./dom.js";
import { combobox } from "./combobox.js";
import { channels, directMessage, looking, me, workspace } from "./store.js";
import { upload } from "./api.js";

const BOXES = {
  plain_text_input: { type: "text" }, email_text_input: { type: "email" }, url_text_input: { type: "url" },
  number_input: { type: "text", inputmode: "decimal" }, rich_text_input: { type: "text" },
  datepicker: { type: "date" }, timepicker: { type: "time" },
};

// Gives the control for an element, or null for a type nobody knows. `value` is the element's state.
export function control(element, { id, value, change, offer, draft }) {
  const kind = element.type;
  const common = { id, "data-action": element.action_id, placeholder: element.placeholder?.text };
  const many = kind.startsWith("multi_");
  if (kind in BOXES) return box(element, common, value, change, draft);
  if (kind === "datetimepicker") return moment(common, value, change);
  if (kind === "file_input") return files(element, common, value, change);
  if (kind === "checkboxes" || kind === "radio_buttons") return choices(element, common, value, change);
  if (kind.endsWith("external_select")) return combobox({
    ...common,
    many,
    value: chosen(value),
    change,
    options: (query) => offer(element, query),
  });
  if (kind.endsWith("static_select")) return listed(element, common, many, value, change);
  if (kind.endsWith("users_select")) return combobox({
    ...common,
    many,
    value: chosen(value),
    change,
    options: (query) => named(people(), query),
  });
  if (/(conversations|channels)_select$/.test(kind)) return combobox({
    ...common,
    many,
    value: chosen(value),
    change,
    options: (query) => named(places(element), query),
  });
  return null;
}

function box(element, common, value, change, draft) {
  const written = value?.value ?? value?.selected_date ?? value?.selected_time ?? "";
  const tag = element.multiline || element.type === "rich_text_input" ? "textarea" : "input";
  const made = h(tag, {
    ...common, ...(tag === "input" ? BOXES[element.type] : { rows: 3 }),
    value: typeof written === "string" ? written : "", maxlength: element.max_length,
    oninput: () => draft?.(made.value), onchange: () => change(made.value || null),
  });
  return made;
}

// Slack's picker means the person's own zone, whatever zone this browser is in.
function moment(common, value, change) {
  const offset = me().tz_offset;
  const shown = value?.selected_date_time ? new Date(
    (value.selected_date_time + offset) * 1000,
  ).toISOString().slice(0, 16) : "";
  const made = h(
    "input",
    {
      ...common,
      type: "datetime-local",
      value: shown,
      onchange: () => change(made.value ? Date.parse(`${made.value}Z`) / 1000 - offset : null),
    },
  );
  return h("span", { class: "beside" }, made, h("small", {}, me().tz));
}

function files(element, common, value, change) {
  const accept = (element.filetypes ?? []).map((type) => `.${type}`).join(",");
  const names = (value?.files ?? []).map((file) => file.name).join(", ");
  const made = h(
    "input",
    { ...common, type: "file", accept, multiple: (element.max_files ?? 10) > 1, onchange: () => change(take()) },
  );
  const take = async () => {
    const sent = await Promise.all([...made.files].map((file) => upload(looking.me, file)));
    return sent.filter(Boolean).map((file) => file.id);
  };
  return h("span", { class: "beside" }, made, names && h("small", {}, names));
}

function choices(element, common, value, change) {
  const isMany = element.type === "checkboxes";
  const picked = [chosen(value)].flat().map((one) => one?.value);
  const box = h("span", {
    class: "choices",
    id: common.id,
    role: isMany ? "group" : "radiogroup",
  }, element.options.map((one) =>
    h(
      "label",
      {},
      h(
        "input",
        {
          type: isMany ? "checkbox" : "radio",
          name: common.id,
          value: one.value,
          checked: picked.includes(one.value),
          onchange: told,
        },
      ),
      one.text.text,
    )));
  function told() {
    const on = [...box.querySelectorAll("input:checked")].map((input) => input.value);
    change(isMany ? on : on[0]);
  }
  return box;
}

function listed(element, common, many, value, change) {
  const groups = element.option_groups ?? [{ options: element.options }];
  const picked = [chosen(value)].flat().map((one) => one?.value);
  const item = (one) => h(
    "option",
    { value: one.value, selected: picked.includes(one.value) },
    one.text.text,
    one.description && ` (${one.description.text})`,
  );
  const made = h("select", {
    ...common,
    multiple: many,
    onchange: () => change(many ? [...made.selectedOptions].map((one) => one.value) : made.value || null),
  },
    !many && !element.initial_option && h("option", { value: "" }, element.placeholder?.text ?? "Choose an option"),
    groups.map(({ label, options }) => (label ? h("optgroup", { label: label.text }, options.map(item)) : options.map(item))));
  return made;
}

// An element's state as {text, value} (or a list of them), whatever kind of select it is.
function chosen(value) {
  if (!value) return null;
  if ("selected_option" in value) return value.selected_option;
  if ("selected_options" in value) return value.selected_options;
  const [key] = Object.keys(value).filter((name) => name.startsWith("selected_"));
  const known = [...people(), ...places({})];
  const named = (id) => known.find((one) => one.value === id) ?? { value: id, text: { text: id } };
  return Array.isArray(value[key]) ? value[key].map(named) : value[key] && named(value[key]);
}

const people = () => workspace().users.map((user) => ({ value: user.id, text: { text: user.real_name } }));

function places({ filter = {} }) {
  const kind = (one) => (one.is_im ? "im" : one.is_private ? "private" : "public");
  const include = filter.include ?? ["im", "private", "public"];
  const isShared = (one) => filter.exclude_external_shared_channels && one.is_ext_shared;
  return [...channels(), directMessage()].filter(Boolean)
    .filter((one) => include.includes(kind(one)) && !one.is_archived && !isShared(one))
    .map((one) => ({ value: one.id, text: { text: one.is_im ? "Arauto" : `#${one.name}` } }));
}

function named(all, query) {
  return all.filter((one) => one.text.text.toLowerCase().includes(query.toLowerCase()));
}
