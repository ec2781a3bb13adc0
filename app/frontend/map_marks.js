// Marks on a canvas: tens of thousands are drawn in milliseconds, with or without a graphics card.

const PAD = 14;
const RING = 1.5;

// How wide a mark is: in CSS pixels, by how many there are.
const sizeOf = (count) => (count > 5000 ? 5 : count > 500 ? 7 : 9);

// What the server has sent, with its numbers as arrays.
export function decode(told) {
  const data = JSON.parse(told);
  data.places = new Float32Array(bytes(data.places));
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
  const { width, height, view, data } = map;
  return [
    PAD + (data.places[2 * row] - view.x) * view.zoom * (width - 2 * PAD),
    PAD + (1 - data.places[2 * row + 1] - view.y) * view.zoom * (height - 2 * PAD),
  ];
}

// Zooms about a place on the canvas, and keeps the map in sight.
export function zoom(map, factor, x, y) {
  const { view, width, height } = map;
  const wanted = Math.min(200, Math.max(1, view.zoom * factor));
  const share = 1 / view.zoom - 1 / wanted;
  view.x += ((x - PAD) / (width - 2 * PAD)) * share;
  view.y += ((y - PAD) / (height - 2 * PAD)) * share;
  view.zoom = wanted;
  keepInSight(view);
}

export function shift(map, x, y) {
  map.view.x -= x / map.view.zoom / (map.width - 2 * PAD);
  map.view.y -= y / map.view.zoom / (map.height - 2 * PAD);
  keepInSight(map.view);
}

// Moves an enlarged map so that a row's mark is on it.
export function reveal(map, row) {
  const [x, y] = placeOf(map, row);
  const { width, height } = map;
  if (x < 0 || y < 0 || x > width || y > height) shift(map, width / 2 - x, height / 2 - y);
}

function keepInSight(view) {
  const most = 1 - 1 / view.zoom;
  view.x = Math.min(most, Math.max(0, view.x));
  view.y = Math.min(most, Math.max(0, view.y));
}

// The row whose mark is nearest to a place and no farther away than `within`; undefined where there is none.
export function nearest(map, x, y, within) {
  let found;
  let least = within * within;
  for (const row of map.data.order) {
    if (map.hidden.has(map.data.entry_of[row])) continue;
    const [left, top] = placeOf(map, row);
    const distance = (left - x) ** 2 + (top - y) ** 2;
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

export function paint(map) {
  const { canvas, data, width, height } = map;
  const ratio = devicePixelRatio || 1;
  if (!width || !height) return;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  const ink = getComputedStyle(canvas).color;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  const size = sizeOf(data.ids.length);
  const stamps = data.colours.map((colour) => [
    stamp(size * ratio, colour),
    stamp((size + 3) * ratio, colour, ink, RING * ratio),
  ]);
  for (const row of data.order) {
    if (map.hidden.has(data.entry_of[row])) continue;
    const [x, y] = placeOf(map, row);
    if (x < -PAD || y < -PAD || x > width + PAD || y > height + PAD) continue;
    const fresh = data.isFresh[row];
    const image = stamps[data.colour_of[row]][fresh];
    pen.globalAlpha = map.chosen && !map.chosen.has(row) ? 0.12 : fresh ? 1 : 0.65;
    pen.drawImage(image, Math.round(x * ratio - image.width / 2), Math.round(y * ratio - image.height / 2));
  }
  pen.globalAlpha = 1;
  if (map.pointed !== undefined) ring(pen, placeOf(map, map.pointed), ratio, ink);
  if (map.line) outline(pen, map.line, ratio, ink);
}

// Copying a small picture is much faster than drawing its circle anew.
function stamp(size, colour, ink = null, line = 0) {
  const image = document.createElement("canvas");
  image.width = image.height = Math.ceil(size + line);
  const pen = image.getContext("2d");
  pen.arc(image.width / 2, image.height / 2, size / 2, 0, 2 * Math.PI);
  pen.fillStyle = colour;
  pen.fill();
  if (ink) {
    pen.strokeStyle = ink;
    pen.lineWidth = line;
    pen.stroke();
  }
  return image;
}

function ring(pen, [x, y], ratio, ink) {
  pen.beginPath();
  pen.arc(x * ratio, y * ratio, 8 * ratio, 0, 2 * Math.PI);
  pen.strokeStyle = ink;
  pen.lineWidth = 2 * ratio;
  pen.stroke();
}

function outline(pen, line, ratio, ink) {
  pen.beginPath();
  for (const [x, y] of line) pen.lineTo(x * ratio, y * ratio);
  pen.closePath();
  pen.strokeStyle = ink;
  pen.lineWidth = 1.5 * ratio;
  pen.setLineDash([4 * ratio, 3 * ratio]);
  pen.stroke();
  pen.setLineDash([]);
  pen.globalAlpha = 0.06;
  pen.fillStyle = ink;
  pen.fill();
  pen.globalAlpha = 1;
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
