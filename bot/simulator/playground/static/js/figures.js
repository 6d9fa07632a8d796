// Tables, charts and rich text. Charts are plain SVG, each with its figures in a title for whoever cannot see it.

import { h, svg } from "./dom.js";
import { link, mention, place } from "./mrkdwn.js";

const WIDTH = 440;
const HEIGHT = 180;
const EDGE = { left: 40, right: 8, top: 8, bottom: 24 };

export function table(block) {
  const [head, ...rows] = block.rows;
  const isNumeric = (index) => rows.length > 0 && rows.every((row) => row[index]?.type === "raw_number");
  const align = (index) => block.column_settings?.[index]?.align ?? (isNumeric(index) ? "right" : "left");
  const cells = (tag) => (cell, index) => h(tag, { style: `text-align:${align(index)}` }, cellText(cell));
  return h("div", { class: "table" }, h("table", {},
    block.caption && h("caption", {}, block.caption),
    h("thead", {}, h("tr", {}, head.map(cells("th")))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map(cells("td")))))));
}

function cellText(cell) {
  if (cell.type === "rich_text") return richText(cell);
  return cell.text ?? String(cell.value);
}

export function chart(block) {
  const drawn = block.chart.type === "pie" ? pie(block.chart.segments) : axes(block.chart);
  return h("figure", { class: "chart" }, h("figcaption", {}, block.title), drawn, legend(block.chart));
}

function legend(spec) {
  const names = spec.segments ? spec.segments.map((one) => `${one.label} ${one.value}`) : spec.series.map((one) => one.name);
  return h("div", { class: "legend" }, names.map((name, index) => h("span", { class: `series${index}` }, name)));
}

function axes(spec) {
  const { categories } = spec.axis_config;
  const top = Math.max(1, ...spec.series.flatMap((one) => one.data.map((point) => point.value)));
  const step = (WIDTH - EDGE.left - EDGE.right) / categories.length;
  const x = (index) => EDGE.left + step * (index + 0.5);
  const y = (value) => HEIGHT - EDGE.bottom - (value / top) * (HEIGHT - EDGE.top - EDGE.bottom);
  const valueOf = (series, label) => series.data.find((point) => point.label === label)?.value ?? 0;
  const labels = categories.map((label, index) => svg(
    "text",
    { x: x(index), y: HEIGHT - 8, "text-anchor": "middle" },
    label,
  ));
  const ticks = [0, top / 2, top].map((value) => [
    svg("line", { x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(value), y2: y(value) }),
    svg("text", { x: EDGE.left - 4, y: y(value) + 4, "text-anchor": "end" }, String(Math.round(value * 10) / 10)),
  ]);
  const marks = spec.series.map((series, number) => {
    const values = categories.map((label) => valueOf(series, label));
    return spec.type === "bar" ? bars(
      values,
      number,
      spec.series.length,
      { x, y, step },
    ) : curve(values, number, spec.type, { x, y });
  });
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" },
    svg("title", {}, spoken(spec, valueOf)),
    ticks,
    labels,
    marks,
  );
}

function bars(values, number, count, { x, y, step }) {
  const width = (step * 0.7) / count;
  return values.map((value, index) => svg(
    "rect",
    { class: `series${number}`, x: x(index) - step * 0.35 + width * number, y: y(value), width, height: y(0) - y(value) },
  ));
}

function curve(values, number, type, { x, y }) {
  const points = values.map((value, index) => `${x(index)},${y(value)}`);
  const area = type === "area" && svg(
    "polygon",
    { class: `series${number} area`, points: [`${x(0)},${y(0)}`, ...points, `${x(values.length - 1)},${y(0)}`].join(" ") },
  );
  return [area, svg("polyline", { class: `series${number} line`, points: points.join(" ") })].filter(Boolean);
}

function pie(segments) {
  const whole = segments.reduce((sum, one) => sum + one.value, 0);
  const at = (share) => `${90 + 80 * Math.sin(share * 2 * Math.PI)} ${90 - 80 * Math.cos(share * 2 * Math.PI)}`;
  let from = 0;
  const slices = segments.map((one, number) => {
    const to = from + one.value / whole;
    const isLarge = Number(to - from > 0.5);
    const slice = `M 90 90 L ${at(from)} A 80 80 0 ${isLarge} 1 ${at(to)} Z`;
    const path = segments.length === 1 ? "M 90 10 A 80 80 0 1 1 89.9 10 Z" : slice;
    from = to;
    return svg("path", { class: `series${number}`, d: path });
  });
  return svg(
    "svg",
    { viewBox: "0 0 180 180", role: "img", class: "pie" },
    svg("title", {}, segments.map((one) => `${one.label} ${one.value}`).join(", ")),
    slices,
  );
}

function spoken(spec, valueOf) {
  return spec.series.map(
    (one) => `${one.name}: ${spec.axis_config.categories.map((label) => `${label} ${valueOf(one, label)}`).join(", ")}`,
  ).join("; ");
}

export function richText(block) {
  return block.elements.map((part) => {
    if (part.type === "rich_text_list") return h(
      part.style === "ordered" ? "ol" : "ul",
      {},
      part.elements.map((one) => h("li", {}, one.elements.map(leaf))),
    );
    const tag = { rich_text_preformatted: "pre", rich_text_quote: "blockquote" }[part.type] ?? "span";
    return h(tag, {}, part.elements.map(leaf));
  });
}

function leaf(one) {
  if (one.type === "user") return mention(one.user_id);
  if (one.type === "channel") return place(one.channel_id);
  if (one.type === "link") return link(one.url, one.text);
  if (one.type === "emoji") return one.unicode ? String.fromCodePoint(...one.unicode.split("-").map(
    (code) => parseInt(code, 16),
  )) : `:${one.name}:`;
  const plain = one.text ?? one.fallback ?? one.value ?? one.usergroup_id ?? one.range ?? "";
  const { bold, italic, strike, code } = one.style ?? {};
  return [
    bold && "b",
    italic && "i",
    strike && "s",
    code && "code",
  ].filter(Boolean).reduce((inside, tag) => h(tag, {}, inside), plain);
}
