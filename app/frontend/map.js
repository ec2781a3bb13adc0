// A map of nodes: its marks, the tools above them, the legend beneath.

export default function (component) {
  const { data: encoded, parentElement } = component;
  const root = parentElement.querySelector(".map");
  root.map ??= build(root);
  const { map } = root;
  map.tell = (rows) => component.setStateValue("selected", rows);
  const told = new TextDecoder().decode(encoded);
  if (map.told !== told) show(map, told);
  map.later();
}

function build(root) {
  const canvas = make("canvas", { tabindex: "0", role: "application", "aria-roledescription": "map" });
  const stage = make("div", { class: "stage" }, canvas);
  const legend = make("div", { class: "legend" });
  const parts = buildCard();
  const said = make("p", { class: "said", role: "status" });
  const map = { canvas, stage, legend, width: 0, height: 0, hidden: new Set(), view: null, moving: false, chosen: null };
  let waiting = 0;
  map.later = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => paint(map));
  };
  map.change = () => {
    map.image = map.places = null;
    map.later();
  };
  map.reset = () => {
    map.point(undefined);
    map.view = { zoom: 1, x: 0, y: 0 };
    map.change();
  };
  map.point = (row) => {
    if (row === map.pointed) return;
    map.pointed = row;
    if (row === undefined) parts.card.hidden = true;
    else {
      const box = canvas.getBoundingClientRect();
      const [x, y] = placeOf(map, row);
      showCard(parts, map.data, row, box.left + x, box.top + y);
    }
    map.later();
  };
  map.choose = (rows) => {
    if (!rows.length && !map.chosen) return;
    map.chosen = rows.length ? new Set(rows) : null;
    said.textContent = rows.length ? `${rows.length} selected, in the table below.` : "Nothing is selected.";
    map.change();
    map.tell(rows);
  };
  new ResizeObserver(() => {
    map.width = canvas.clientWidth;
    map.height = canvas.clientHeight;
    map.change();
  }).observe(stage);
  // For who tests it: where a mark is, and its card.
  canvas.placeOf = (row) => placeOf(map, row);
  canvas.point = map.point;
  listen(map);
  root.replaceChildren(tools(map), stage, legend, said, parts.card);
  return map;
}

function show(map, told) {
  const before = map.data;
  map.told = told;
  map.data = decode(told);
  map.canvas.setAttribute("aria-label", `${map.data.summary} Arrow keys go from mark to mark, Enter selects one.`);
  map.point(undefined);
  if (before?.placed !== map.data.placed) map.reset();
  const legend = JSON.stringify([map.data.entries, map.data.scale]);
  if (map.legendOf !== legend) {
    map.legendOf = legend;
    map.hidden.clear();
    entries(map);
  }
  map.change();
}

function entries(map) {
  const { data, legend } = map;
  const buttons = data.entries.map((entry, number) => {
    const swatch = make("span", {
      class: entry.ringed ? "swatch ringed" : "swatch",
      style: entry.colour ? `background: ${entry.colour}` : null,
      "aria-hidden": "true",
    });
    const button = make("button", { type: "button", "aria-pressed": "true" }, swatch, make("span", {}, entry.name));
    button.addEventListener("click", () => {
      if (!map.hidden.delete(number)) map.hidden.add(number);
      button.setAttribute("aria-pressed", String(!map.hidden.has(number)));
      map.point(undefined);
      map.change();
    });
    return button;
  });
  legend.replaceChildren(...buttons, ...(data.scale ? [scale(data.scale)] : []));
}

// Colours go by the logarithm: what the middle one means is told too.
function scale({ colours, most }) {
  const bar = make("span", { class: "bar", style: `background: linear-gradient(90deg, ${colours.join(", ")})` });
  const middle = Math.round(Math.expm1(Math.log1p(most) / 2));
  const words = `records: 0, in the middle ${middle.toLocaleString("en")}, at the end ${most.toLocaleString("en")}`;
  return make("span", { class: "scale" }, bar, words);
}

function tools(map) {
  const draw = make("button", { type: "button", "aria-pressed": "true" }, "Draw around");
  const move = make("button", { type: "button", "aria-pressed": "false" }, "Move");
  const turn = (moving) => {
    map.moving = moving;
    map.canvas.classList.toggle("moving", moving);
    draw.setAttribute("aria-pressed", String(!moving));
    move.setAttribute("aria-pressed", String(moving));
  };
  draw.addEventListener("click", () => turn(false));
  move.addEventListener("click", () => turn(true));
  const nearer = make("button", { type: "button", "aria-label": "Zoom in" }, "+");
  const farther = make("button", { type: "button", "aria-label": "Zoom out" }, "\u2212");
  nearer.addEventListener("click", () => enlarge(map, 1));
  farther.addEventListener("click", () => enlarge(map, -1));
  const whole = make("button", { type: "button" }, "Whole map");
  whole.addEventListener("click", map.reset);
  return make("div", { class: "tools" }, draw, move, nearer, farther, whole);
}
