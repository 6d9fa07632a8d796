// Makes elements without a framework: h("button", { class: "primary", onclick }, "Send").

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "selected", "required", "open", "multiple"]);

export function h(tag, props = {}, ...children) {
  return dress(document.createElement(tag), props, children);
}

export function svg(tag, props = {}, ...children) {
  return dress(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);
}

export function fill(parent, ...children) {
  parent.replaceChildren(...flat(children));
  return parent;
}

// Like fill, but leaves what would look the same alone, and keeps the focus: the page redraws under people's hands.
export function redraw(parent, ...children) {
  const fresh = h("div", {}, ...children);
  if (fresh.innerHTML === parent.innerHTML) return parent;
  const held = [...parent.querySelectorAll("button")].indexOf(document.activeElement);
  parent.replaceChildren(...fresh.childNodes);
  parent.querySelectorAll("button")[held]?.focus();
  return parent;
}

export function byId(id) {
  return document.getElementById(id);
}

function dress(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...flat(children));
  return element;
}

function flat(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}
