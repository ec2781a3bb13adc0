// Marks on a canvas: tens of thousands are drawn in milliseconds, with or without a graphics card.

const PAD = 14;
const SHARE = 0.65;
const FADED = 0.12;
// A mark of what is new is wider by EXTRA, and its ring is 2 RING wide: CSS pixels.
const EXTRA = 2.5;
const RING = 1;

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

// Draws the marks, which `map.image` keeps until they change, and above them the ring and the line of the pointer.
export function paint(map) {
  const { canvas } = map;
  const ratio = devicePixelRatio || 1;
  const width = Math.round(map.width * ratio);
  const height = Math.round(map.height * ratio);
  if (!width || !height) return;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const pen = canvas.getContext("2d");
  const { color: ink, backgroundColor: ground } = getComputedStyle(canvas);
  map.image ??= marks(map, new ImageData(width, height), ratio, numbers(ink), numbers(ground));
  pen.putImageData(map.image, 0, 0);
  if (map.pointed !== undefined) ring(pen, placeOf(map, map.pointed), ratio, ink);
  if (map.line) outline(pen, map.line, ratio, ink);
}

// Set pixel by pixel, tens of thousands of marks take some milliseconds; as circles of the canvas, ten times that.
function marks(map, image, ratio, ink, ground) {
  const { data } = map;
  const pixels = new Uint32Array(image.data.buffer);
  pixels.fill((255 << 24) | (ground[2] << 16) | (ground[1] << 8) | ground[0]);
  const colours = data.colours.map(numbers);
  const size = sizeOf(data.ids.length) * ratio;
  const [old, outer, inner] = [size, size + (EXTRA + RING) * ratio, size + (EXTRA - RING) * ratio].map(disc);
  const places = placesOf(map);
  for (let place = 0; place < data.order.length; place += 1) {
    const row = data.order[place];
    if (map.hidden.has(data.entry_of[row])) continue;
    const x = places[2 * row] * ratio;
    const y = places[2 * row + 1] * ratio;
    const fresh = data.isFresh[row];
    const share = map.chosen && !map.chosen.has(row) ? FADED : fresh ? 1 : SHARE;
    if (fresh) set(pixels, image, outer, x, y, ink, share);
    set(pixels, image, fresh ? inner : old, x, y, colours[data.colour_of[row]], share);
  }
  return image;
}

// How much of each pixel of a square a disc in it covers, from 0 to 256.
function disc(across) {
  const side = 2 * Math.ceil(across / 2) + 1;
  const cover = new Uint16Array(side * side);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const beyond = Math.hypot(x - (side - 1) / 2, y - (side - 1) / 2) - across / 2;
      cover[y * side + x] = 256 * Math.min(1, Math.max(0, 0.5 - beyond));
    }
  }
  return { side, cover };
}

function set(pixels, { width, height }, { side, cover }, x, y, [red, green, blue], share) {
  const left = Math.round(x - side / 2);
  const top = Math.round(y - side / 2);
  if (left < 0 || top < 0 || left + side > width || top + side > height) return;
  for (let down = 0; down < side; down += 1) {
    const start = (top + down) * width + left;
    for (let across = 0; across < side; across += 1) {
      const part = share * cover[down * side + across];
      if (part === 0) continue;
      const under = pixels[start + across];
      const r = under & 255;
      const g = (under >> 8) & 255;
      const b = (under >> 16) & 255;
      pixels[start + across] =
        (255 << 24) |
        ((b + (((blue - b) * part) >> 8)) << 16) |
        ((g + (((green - g) * part) >> 8)) << 8) |
        (r + (((red - r) * part) >> 8));
    }
  }
}

// "#6366f1" and "rgb(99, 102, 241)" as numbers.
function numbers(colour) {
  if (!colour.startsWith("#")) return colour.match(/[\d.]+/g).slice(0, 3).map(Number);
  return [1, 3, 5].map((place) => parseInt(colour.slice(place, place + 2), 16));
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
