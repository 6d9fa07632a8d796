// The emoji of the bot's cards, drawn here: Slack brings its own too, and not every machine has a font for them.

import { svg } from "./dom.js";

const tile = (fill, inside) => `<rect x="1" y="1" width="18" height="18" rx="4" fill="${fill}"/>${inside}`;
const disc = (fill, inside = "") => `<circle cx="10" cy="10" r="8.5" fill="${fill}"/>${inside}`;
const line = (d, colour = "#fff", width = 2.2) => `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;
const glass = (top, bottom) => `${line("M5 2h10M5 18h10M6 2c0 5 3 6 4 8-1 2-4 3-4 8M14 2c0 5-3 6-4 8 1 2 4 3 4 8", "#8b6b3e", 1.8)}<path d="${top}" fill="#e8b04a"/><path d="${bottom}" fill="#e8b04a"/>`;
const tray = (arrow) => `<path d="M2 11h4l1.5 3h5L14 11h4v6a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1z" fill="#7f93a8"/>${line(arrow, "#2b7de0")}`;
const head = (x, y, r, fill) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}"/><path d="M${x - r - 2.5} 18c0-8 ${2 * r + 5}-8 ${2 * r + 5} 0z" fill="${fill}"/>`;
const page = '<rect x="3" y="1.5" width="13" height="17" rx="1.5" fill="#f6f1e4" stroke="#a39a82"/><path d="M6 6h7M6 9h7M6 12h4" stroke="#a39a82" stroke-width="1.3"/>';

const DRAWN = {
  "📝": page + line("M10 17l7-8", "#e8912d", 2.8),
  "✏": line("M4 16L15 5", "#e8912d", 4) + line("M3 17l1.5-1.5", "#333", 2),
  "🧮": `<rect x="2" y="3" width="16" height="14" rx="2" fill="none" stroke="#8b6b3e" stroke-width="2"/>${[7, 10, 13].map((y) => line(`M3 ${y}h14`, "#8b6b3e", 1)).join("")}<g fill="#d64545"><circle cx="6" cy="7" r="1.6"/><circle cx="12" cy="10" r="1.6"/><circle cx="8" cy="13" r="1.6"/></g>`,
  "👀": '<g fill="#fff" stroke="#777"><ellipse cx="5.8" cy="10" rx="4" ry="6.5"/><ellipse cx="14.2" cy="10" rx="4" ry="6.5"/></g><circle cx="4.6" cy="11.5" r="2.1" fill="#333"/><circle cx="13" cy="11.5" r="2.1" fill="#333"/>',
  "✅": tile("#2ea44f", line("M5 10.5l3.4 3.5L15 6.5")),
  "🗓": `<rect x="2" y="3" width="16" height="15" rx="2" fill="#f4f4f4" stroke="#999"/><path d="M2 5a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v3H2z" fill="#d64545"/><path d="M5 11h2M9 11h2M13 11h2M5 14.5h2M9 14.5h2" stroke="#777" stroke-width="1.8"/>`,
  "📤": tray("M10 11V3M6.5 6L10 2.5 13.5 6"),
  "📥": tray("M10 2v8M6.5 7l3.5 3.5L13.5 7"),
  "📬": '<rect x="2" y="5" width="16" height="11" rx="1.5" fill="#5b8def"/><path d="M2.5 6l7.5 6 7.5-6" fill="none" stroke="#fff" stroke-width="1.6"/>',
  "⏸": tile("#4a90d9", line("M7.5 6v8M12.5 6v8", "#fff", 2.8)),
  "▶": tile("#4a90d9", '<path d="M7 5l8 5-8 5z" fill="#fff"/>'),
  "⏹": tile("#4a90d9", '<rect x="6" y="6" width="8" height="8" fill="#fff"/>'),
  "↩": tile("#4a90d9", line("M15 14c0-4-3-5-9-5M9 5.5L5.5 9 9 12.5")),
  "🏁": `${line("M4 18V3", "#777", 2)}<path d="M5 3h12v9H5z" fill="#fff" stroke="#777"/><path d="M5 3h3v3H5zM11 3h3v3h-3zM8 6h3v3H8zM14 6h3v3h-3zM5 9h3v3H5zM11 9h3v3h-3z" fill="#333"/>`,
  "⛔": disc("#d64545", '<rect x="4.5" y="8.3" width="11" height="3.4" rx="1" fill="#fff"/>'),
  "🚫": '<circle cx="10" cy="10" r="7.3" fill="none" stroke="#d64545" stroke-width="2.6"/>' + line("M5 5l10 10", "#d64545", 2.4),
  "🛑": '<path d="M6.3 1.5h7.4l4.8 4.8v7.4l-4.8 4.8H6.3l-4.8-4.8V6.3z" fill="#d64545"/>',
  "✋": line("M6 11V6M8.7 10V3.5M11.4 10V3.5M14 11V5.5", "#e8b04a", 2.4) + '<path d="M5 10h10.2v3.5c0 5-9.2 5-9.8 1z" fill="#e8b04a"/>',
  "⚠": '<path d="M10 2l8.5 15.5h-17z" fill="#f0b429"/>' + line("M10 7.5v4.5M10 14.8v.2", "#3b2f0b", 2),
  "⏳": glass("M7 4h6c-.5 3-2 4-3 5-1-1-2.5-2-3-5z", "M8 17.5c0-2 4-2 4 0z"),
  "⌛": glass("M8.5 6.5h3L10 9z", "M6.5 17.5c.5-4 2-4 3.5-5.5 1.5 1.5 3 1.5 3.5 5.5z"),
  "❓": line("M6 6.5c0-5 8-5 8 0 0 3.5-4 3-4 6", "#d64545", 2.8) + '<circle cx="10" cy="17" r="1.8" fill="#d64545"/>',
  "❌": line("M4 4l12 12M16 4L4 16", "#d64545", 3.2),
  "🟢": disc("#3ba55d"), "🟡": disc("#f0b429"), "🔴": disc("#d64545"),
  "🔁": tile("#4a90d9", line("M5 10V8.5c0-1.5 1-2 2-2h8M12.5 4L15 6.5 12.5 9M15 10v1.5c0 1.5-1 2-2 2H5M7.5 11L5 13.5 7.5 16", "#fff", 1.7)),
  "🔄": tile("#4a90d9", line("M5.5 9a4.7 4.7 0 0 1 9-1M15 5v3.3h-3.3M14.5 11a4.7 4.7 0 0 1-9 1M5 15v-3.3h3.3", "#fff", 1.8)),
  "📊": '<rect x="2" y="2" width="16" height="16" rx="2" fill="#f4f4f4" stroke="#999"/><path d="M5 10h2.5v5.5H5z" fill="#3ba55d"/><path d="M9 5h2.5v10.5H9z" fill="#4a90d9"/><path d="M13 8h2.5v7.5H13z" fill="#d64545"/>',
  "📈": '<rect x="2" y="2" width="16" height="16" rx="2" fill="#f4f4f4" stroke="#999"/>' + line("M4.5 14l4-4 2.5 2 4.5-6.5", "#d64545", 1.8),
  "👤": head(10, 6.5, 4, "#5b6b7b"),
  "👥": head(13.5, 7, 3, "#8a99a8") + head(7.5, 7, 3.5, "#5b6b7b"),
  "🔒": `<rect x="3.5" y="9" width="13" height="9" rx="2" fill="#e8b04a"/>${line("M6.5 9V6a3.5 3.5 0 0 1 7 0v3", "#8a8f98", 2)}`,
  "🔎": `<circle cx="12" cy="8" r="5" fill="#cfe6f7" stroke="#5b6b7b" stroke-width="2"/>${line("M8 12l-5 5", "#5b6b7b", 2.8)}`,
  "⏰": disc("#d64545", '<circle cx="10" cy="10" r="6" fill="#fff"/>' + line("M10 6.5V10l2.5 2", "#333", 1.5)),
  "📵": `<rect x="6" y="2" width="8" height="16" rx="1.5" fill="#5b6b7b"/>${line("M3 3l14 14", "#d64545", 2.4)}`,
  "🧪": line("M8 2v11.5a2 2 0 0 0 4 0V2M7 2h6", "#7f93a8", 1.6) + '<path d="M8.7 9h2.6v5a1.3 1.3 0 0 1-2.6 0z" fill="#3ba55d"/>',
  "💾": '<path d="M2 3a1 1 0 0 1 1-1h12l3 3v12a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1z" fill="#4a6fa5"/><path d="M6 2h7v5H6zM5 11h10v7H5z" fill="#f4f4f4"/>',
};
const KNOWN = new RegExp(`(${Object.keys(DRAWN).join("|")})\\uFE0F?`, "u");

// Splits a text into strings and pictures.
export function pictured(text) {
  return text.split(KNOWN).map((piece, index) => (index % 2 ? picture(piece) : piece)).filter((piece) => piece !== "");
}

function picture(name) {
  const drawn = svg("svg", { viewBox: "0 0 20 20", class: "emoji", role: "img", "aria-label": name });
  drawn.innerHTML = DRAWN[name];
  return drawn;
}
