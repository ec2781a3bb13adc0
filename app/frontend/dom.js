// Builds elements. Text only ever becomes text: nothing here, or in what uses it, reads it as HTML.

const SVG = "http://www.w3.org/2000/svg";

export function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function makeSvg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

// 75 becomes "1:15", 3700 "1:01:40".
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds + 0.001));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

// A group of buttons is one stop of the tab key; the arrow keys move within it.
export function rove(elements) {
  elements.forEach((element, place) => {
    element.setAttribute("tabindex", place === 0 ? "0" : "-1");
    element.addEventListener("keydown", (event) => {
      const to = {
        ArrowRight: place + 1,
        ArrowDown: place + 1,
        ArrowLeft: place - 1,
        ArrowUp: place - 1,
        Home: 0,
        End: elements.length - 1,
      }[event.key];
      if (to === undefined || !elements[to]) return;
      event.preventDefault();
      element.setAttribute("tabindex", "-1");
      elements[to].setAttribute("tabindex", "0");
      elements[to].focus();
    });
  });
}
