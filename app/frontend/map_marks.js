// Marks on a canvas: tens of thousands are drawn in milliseconds, with or without a graphics card.

// How opaque a mark is, and one that is not selected when others are.
const SHARE = 0.65;
const FADED = 0.12;
// A mark of what is new is wider by EXTRA, and its ring is 2 RING wide: CSS pixels.
const EXTRA = 2.5;
const RING = 1;

// How wide a mark is: in CSS pixels, by how many there are.
const sizeOf = (count) => (count > 5000 ? 5 : count > 500 ? 7 : 9);

// Draws the marks, which `map.image` keeps until they change, and above them the ring and the line of the pointer.
export function paint(map) {
  const { canvas } = map;
  const ratio = devicePixelRatio || 1;
  const width = Math.round(map.width * ratio);
  const height = Math.round(map.height * ratio);
  if (!canvas.isConnected || !width || !height) return;
  const { color: ink, backgroundColor: ground } = getComputedStyle(canvas);
  const look = `${width} ${height} ${ink} ${ground}`;
  if (map.look !== look) {
    Object.assign(canvas, { width, height });
    Object.assign(map, { look, image: null });
  }
  const pen = canvas.getContext("2d");
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
  const [first, last] = [Math.max(0, -left), Math.min(side, width - left)];
  for (let down = Math.max(0, -top); down < Math.min(side, height - top); down += 1) {
    const start = (top + down) * width + left;
    for (let across = first; across < last; across += 1) {
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
