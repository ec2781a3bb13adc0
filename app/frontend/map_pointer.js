// What the pointer and the keys do on a map.

const NEAR = 12;
const DRAG = 5;
const STEP = 1.4;
const TOWARDS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

export function listen(map) {
  const { canvas } = map;
  let begun = null;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  canvas.addEventListener("pointerdown", (event) => {
    // A second finger means the page, not the map.
    if (event.button !== 0 || !event.isPrimary) return;
    begun = { from: at(event), last: at(event), dragged: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!event.isPrimary) return;
    const now = at(event);
    if (!begun) {
      map.point(nearest(map, ...now, NEAR));
      return;
    }
    begun.dragged ||= Math.hypot(now[0] - begun.from[0], now[1] - begun.from[1]) > DRAG;
    if (!begun.dragged) return;
    map.point(undefined);
    if (map.moving) shift(map, now[0] - begun.last[0], now[1] - begun.last[1]);
    else map.line = [...(map.line ?? [begun.from]), now];
    begun.last = now;
    map.later();
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!begun || !event.isPrimary) return;
    const { dragged } = begun;
    const line = map.line;
    begun = map.line = null;
    if (line) map.choose(inside(map, line));
    else if (!dragged) {
      const row = nearest(map, ...at(event), NEAR);
      map.point(row);
      map.choose(row === undefined ? [] : [row]);
    }
    map.later();
  });
  canvas.addEventListener("pointercancel", () => {
    begun = map.line = null;
    map.later();
  });
  canvas.addEventListener("pointerleave", (event) => {
    // A finger that is lifted leaves too, and what it has pointed at is to be read.
    if (event.pointerType !== "touch") map.point(undefined);
  });
  canvas.addEventListener("blur", () => map.point(undefined));
  canvas.addEventListener(
    "wheel",
    (event) => {
      // Without a key the wheel scrolls the page; a pinch on a touchpad comes with it pressed.
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      map.point(undefined);
      zoom(map, Math.exp(-event.deltaY / 300), ...at(event));
    },
    { passive: false },
  );
  canvas.addEventListener("keydown", (event) => {
    // With these keys it is the browser that is meant.
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (press(map, event.key)) event.preventDefault();
  });
}

// Zooms by steps about the mark that is pointed at, or about the middle.
export function enlarge(map, steps) {
  const row = map.pointed;
  map.point(undefined);
  zoom(map, STEP ** steps, ...(row === undefined ? [map.width / 2, map.height / 2] : placeOf(map, row)));
  map.point(row);
}

// Returns whether the key means anything here.
function press(map, key) {
  if (TOWARDS[key]) {
    const row =
      map.pointed === undefined
        ? nearest(map, map.width / 2, map.height / 2, Infinity)
        : next(map, map.pointed, TOWARDS[key]);
    if (row !== undefined) {
      reveal(map, row);
      map.point(row);
    }
  } else if (key === "Enter" || key === " ") {
    if (map.pointed === undefined) return false;
    const chosen = new Set(map.chosen);
    if (!chosen.delete(map.pointed)) chosen.add(map.pointed);
    map.choose([...chosen].sort((one, other) => one - other));
  } else if (key === "Escape") {
    map.point(undefined);
    map.choose([]);
  } else if (key === "+" || key === "=") enlarge(map, 1);
  else if (key === "-") enlarge(map, -1);
  else if (key === "0") map.reset();
  else return false;
  return true;
}
