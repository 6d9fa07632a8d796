// Starts the page and draws everything again when something has changed.

import { act, get } from "./api.js";
import { blocks } from "./blocks.js";
import { composer } from "./composer.js";
import { byId, fill, h } from "./dom.js";
import { unknown } from "./elements.js";
import { guide } from "./guide.js";
import { drawStream, drawThread, offered } from "./messages.js";
import { drawModal } from "./modal.js";
import { panel } from "./panel.js";
import { phonePane } from "./phone.js";
import { drawPeople, drawPlace, drawSidebar } from "./sidebar.js";
import { channel, connect, home, looking, onChange } from "./store.js";

const known = await get("/_sim/playground/static/commands.json");
const main = composer(known, { label: "Message", form: byId("composer") });
const reply = composer({ ...known, shortcuts: [] }, { label: "Reply", thread: () => looking.thread });
const steps = guide(main);
const phone = phonePane(byId("phone"), steps);
const world = panel(byId("world"), steps, phone);
let homeKey = "";

theme(localStorage.getItem("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
byId("theme").addEventListener("click", () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
byId("menu").addEventListener("click", () => drawer(!document.body.classList.contains("drawer")));
byId("sidebar").addEventListener("click", () => drawer(false));
for (const button of document.querySelectorAll("#panes button")) button.addEventListener(
  "click",
  () => pane(button.dataset.pane),
);
byId("tab-phone").addEventListener("click", () => tab("phone"));
byId("tab-world").addEventListener("click", () => tab("world"));

onChange(() => {
  if (looking.channel !== "home" && !channel(looking.channel)) looking.channel = "C0MARKETING";
  drawPeople();
  drawSidebar();
  drawPlace();
  if (looking.channel === "home") drawHome();
  else drawStream(known.message_shortcuts);
  drawThread(reply.form);
  byId("composer").hidden = looking.channel === "home";
  main.refresh();
  reply.refresh();
  drawModal();
  steps.draw();
});
await connect();
phone.start();
world.start();
document.body.dataset.ready = "";

function drawHome() {
  const view = home();
  const key = `${looking.me}/${view?.hash}`;
  const stream = byId("stream");
  if (key === homeKey && stream.querySelector(".home")) return;
  homeKey = key;
  const where = { view: "home" };
  const hands = {
    touch: (element, block, choice) => act(
      "click",
      { user: looking.me, ...where, action_id: element.action_id, block_id: block.block_id, choice },
    ),
    offer: (element, block, query) => offered(element, block, query, where),
    input: unknown,
  };
  fill(stream, h("div", { class: "home" }, view ? blocks(view.blocks, hands) : h("p", { class: "nothing" }, "Opening…")));
}

function theme(name) {
  document.documentElement.dataset.theme = name;
  localStorage.setItem("theme", name);
  byId("theme").textContent = name === "dark" ? "☀" : "☾";
}

function drawer(isOpen) {
  document.body.classList.toggle("drawer", isOpen);
  byId("menu").setAttribute("aria-expanded", String(isOpen));
}

function pane(name) {
  document.body.dataset.pane = name;
  if (name !== "slack") tab(name);
}

function tab(name) {
  for (const one of ["phone", "world"]) {
    byId(one).hidden = one !== name;
    byId(`tab-${one}`).setAttribute("aria-selected", String(one === name));
  }
}
