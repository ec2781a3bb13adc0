// Where marks are on a map as it is moved and enlarged, and which of them is meant.

// From the canvas's edge to the outermost marks, CSS pixels.
const PAD = 14;

// What the server has sent, with its numbers as arrays.
export function decode(told) {
  const data = JSON.parse(told);
  data.placed = data.places;
  data.places = new Float32Array(bytes(data.placed));
  for (const name of ["order", "fresh", "colour_of", "entry_of", "note_of", "picture_of"]) {
    data[name] = new Int32Array(bytes(data[name]));
  }
  data.isFresh = new Uint8Array(data.ids.length);
  for (const row of data.fresh) data.isFresh[row] = 1;
  return data;
}

function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
}

// Where a row's mark is, in CSS pixels from the canvas's corner.
export function placeOf(map, row) {
  const places = placesOf(map);
  return [places[2 * row], places[2 * row + 1]];
}

// Those of all rows; `map.places` keeps them until the map is moved.
function placesOf(map) {
  if (map.places) return map.places;
  const { width, height, view, data } = map;
  const found = new Float32Array(data.places.length);
  for (let row = 0; row < data.ids.length; row += 1) {
    found[2 * row] = PAD + (data.places[2 * row] - view.x) * view.zoom * (width - 2 * PAD);
    found[2 * row + 1] = PAD + (1 - data.places[2 * row + 1] - view.y) * view.zoom * (height - 2 * PAD);
  }
  map.places = found;
  return found;
}

// Zooms about a place on the canvas, and keeps the map in sight.
export function zoom(map, factor, x, y) {
  const { view, width, height } = map;
  const wanted = Math.min(200, Math.max(1, view.zoom * factor));
  const share = 1 / view.zoom - 1 / wanted;
  view.x += ((x - PAD) / (width - 2 * PAD)) * share;
  view.y += ((y - PAD) / (height - 2 * PAD)) * share;
  view.zoom = wanted;
  moved(map);
}

export function shift(map, x, y) {
  map.view.x -= x / map.view.zoom / (map.width - 2 * PAD);
  map.view.y -= y / map.view.zoom / (map.height - 2 * PAD);
  moved(map);
}

// Moves an enlarged map so that a row's mark is on it.
export function reveal(map, row) {
  const [x, y] = placeOf(map, row);
  const { width, height } = map;
  if (x < 0 || y < 0 || x > width || y > height) shift(map, width / 2 - x, height / 2 - y);
}

function moved({ view, change }) {
  const most = 1 - 1 / view.zoom;
  view.x = Math.min(most, Math.max(0, view.x));
  view.y = Math.min(most, Math.max(0, view.y));
  change();
}

// The row whose mark is nearest to a place and no farther away than `within`; undefined where there is none.
export function nearest(map, x, y, within) {
  let found;
  let least = within * within;
  const places = placesOf(map);
  for (const row of map.data.order) {
    if (map.hidden.has(map.data.entry_of[row])) continue;
    const distance = (places[2 * row] - x) ** 2 + (places[2 * row + 1] - y) ** 2;
    // Of marks at one place the one on top is meant.
    if (distance <= least) {
      least = distance;
      found = row;
    }
  }
  return found;
}

// The next mark to the right, left, above or below: near, and rather straight ahead than aside.
export function next(map, from, towards) {
  const [x, y] = placeOf(map, from);
  let found;
  let least = Infinity;
  for (const row of map.data.order) {
    if (row === from || map.hidden.has(map.data.entry_of[row])) continue;
    const [left, top] = placeOf(map, row);
    const ahead = (left - x) * towards[0] + (top - y) * towards[1];
    const aside = Math.abs((left - x) * towards[1]) + Math.abs((top - y) * towards[0]);
    if (ahead <= 0 || aside > ahead) continue;
    if (ahead + aside < least) {
      least = ahead + aside;
      found = row;
    }
  }
  return found;
}

// The rows of the marks inside a line, those of hidden groups left out.
export function inside(map, line) {
  return Array.from(map.data.order)
    .filter((row) => !map.hidden.has(map.data.entry_of[row]) && surrounds(line, placeOf(map, row)))
    .sort((one, other) => one - other);
}

function surrounds(line, [x, y]) {
  let odd = false;
  for (let now = 0, before = line.length - 1; now < line.length; before = now, now += 1) {
    const [left, top] = line[now];
    const [right, bottom] = line[before];
    if (top > y !== bottom > y && x < ((right - left) * (y - top)) / (bottom - top) + left) odd = !odd;
  }
  return odd;
}
