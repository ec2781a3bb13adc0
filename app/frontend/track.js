// The drawing of time: heat, comments, segments, seconds, key frames and the playing position.

const HEAT = 40;
const BARS = 56;
const SHOTS = 8;
const AXIS = 20;
const THUMB = 84;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

export function track(box, tip, data, go) {
  const width = box.clientWidth;
  const x = (second) => (Math.min(Math.max(second, 0), data.duration_s) / data.duration_s) * width;
  const top = data.heat.length || data.comments.length ? HEAT + 8 : 0;
  const bottom = top + BARS + (data.shots.length ? SHOTS + 3 : 0);
  const height = bottom + AXIS;
  const bars = data.segments.map((one) => bar(one, x, top, tip, box, go));
  const head = makeSvg("line", { class: "head", y1: 0, y2: bottom, x1: 0, x2: 0 });
  const svg = makeSvg(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}` },
    data.heat.length ? heat(data.heat, width) : null,
    makeSvg("rect", { class: "ground", x: 0, y: top, width, height: BARS, rx: 4 }),
    makeSvg("g", { role: "group", "aria-label": `${capital(data.parts)}: Enter plays, arrow keys move` }, ...bars.map((one) => one.group)),
    ...marks(data, x, tip, box, go, width),
    ...film(data.shots, x, top + BARS + 3, tip, box, go),
    ...axis(data.duration_s, x, bottom, width),
    head,
  );
  rove(bars.map((one) => one.group));
  svg.querySelector(".ground").addEventListener("click", (event) => go((event.offsetX / width) * data.duration_s));
  box.replaceChildren(svg, stills(data.frames, x, width, go));
  return (second) => {
    head.setAttribute("transform", `translate(${x(second)} 0)`);
    for (const { one, group } of bars) group.classList.toggle("now", one.start_s <= second && second < one.end_s);
  };
}

const capital = (word) => word[0].toUpperCase() + word.slice(1);

function bar(one, x, top, tip, box, go) {
  const left = x(one.start_s);
  const gap = x(one.end_s) - left > 5 ? 1 : 0;
  const wide = Math.max(1, x(one.end_s) - left - gap);
  const tall = one.share === null ? BARS * 0.6 : BARS * (0.18 + 0.82 * one.share);
  const words = `${clock(one.start_s)} to ${clock(one.end_s)}${one.note ? `, ${one.note}` : ""}`;
  const group = makeSvg(
    "g",
    { class: one.share === null ? "segment neutral" : "segment", role: "button", "aria-label": words },
    makeSvg("rect", { class: "hit", x: left, y: top, width: wide, height: BARS, rx: 2 }),
    makeSvg("rect", { class: "value", x: left, y: top + BARS - tall, width: wide, height: tall, rx: 2 }),
  );
  if (one.share !== null) group.style.setProperty("--share", `${14 + 86 * one.share}%`);
  const play = () => go(one.start_s);
  group.addEventListener("click", play);
  group.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    play();
  });
  hint(group, words, left + wide / 2, top, tip, box);
  return { one, group };
}

// Every other shot is darker, so that the cuts show.
function film(shots, x, top, tip, box, go) {
  return shots.slice(0, -1).map((start, number) => {
    const end = shots[number + 1];
    const wide = Math.max(0.5, x(end) - x(start));
    const shade = number % 2 ? "shot odd" : "shot";
    const one = makeSvg("rect", { class: shade, x: x(start), y: top, width: wide, height: SHOTS, "aria-hidden": "true" });
    one.addEventListener("click", () => go(start));
    hint(one, `Shot ${number + 1}, ${clock(start)} to ${clock(end)}`, x(start) + wide / 2, top, tip, box);
    return one;
  });
}

function hint(element, words, middle, top, tip, box) {
  const show = () => {
    tip.textContent = words;
    tip.hidden = false;
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.min(Math.max(middle, half), box.clientWidth - half)}px`;
    tip.style.top = `${top}px`;
  };
  const hide = () => {
    tip.hidden = true;
  };
  for (const event of ["pointerenter", "focus"]) element.addEventListener(event, show);
  for (const event of ["pointerleave", "blur"]) element.addEventListener(event, hide);
}

// A few comments are hills rather than needles.
function smooth(counts) {
  const weights = [1, 3, 4, 3, 1];
  return counts.map((_, place) =>
    weights.reduce((sum, weight, step) => sum + weight * (counts[place + step - 2] ?? 0), 0),
  );
}

function heat(given, width) {
  const counts = smooth(given);
  const most = Math.max(...counts, 1);
  const points = counts.map((count, place) => [((place + 0.5) / counts.length) * width, HEAT - (HEAT - 4) * (count / most)]);
  const all = [[0, points[0][1]], ...points, [width, points.at(-1)[1]]];
  const line = all.map(([a, b]) => `${a.toFixed(1)} ${b.toFixed(1)}`).join(" L ");
  return makeSvg("path", { class: "heat", d: `M 0 ${HEAT} L ${line} L ${width} ${HEAT} Z` });
}

function marks(data, x, tip, box, go, width) {
  let last = -Infinity;
  const shown = data.comments.filter((one) => {
    const at = x(one.time_s);
    if (at - last < 9) return false;
    last = at;
    return true;
  });
  return shown.map((one) => {
    const at = Math.min(Math.max(x(one.time_s), 5), width - 5);
    const dot = makeSvg("circle", { class: "comment", cx: at, cy: HEAT, r: 4, "aria-hidden": "true" });
    dot.addEventListener("click", () => go(one.time_s));
    hint(dot, `${clock(one.time_s)}  ${one.text}`, at, HEAT - 6, tip, box);
    return dot;
  });
}

function axis(duration, x, top, width) {
  const step = STEPS.find((one) => (one / duration) * width >= 64) ?? duration;
  const seconds = [];
  for (let second = 0; second <= duration; second += step) seconds.push(second);
  return seconds.flatMap((second) => {
    const at = x(second);
    const anchor = at < 12 ? "start" : at > width - 18 ? "end" : "middle";
    return [
      makeSvg("line", { class: "step", x1: at, x2: at, y1: top, y2: top + 4 }),
      makeSvg("text", { x: at, y: top + 17, "text-anchor": anchor }, clock(second)),
    ];
  });
}

// Each stands at its second; those that would lie on another are left out.
function stills(frames, x, width, go) {
  const wide = Math.min(THUMB, width / 4);
  let free = 0;
  const buttons = [];
  for (const one of frames.filter((frame) => frame.picture)) {
    const left = Math.min(Math.max(x(one.time_s) - wide / 2, 0), width - wide);
    if (left < free) continue;
    free = left + wide + 4;
    const button = make(
      "button",
      { type: "button", "aria-label": `Play from ${clock(one.time_s)}`, title: clock(one.time_s) },
      make("img", { src: one.picture, alt: `Key frame at ${clock(one.time_s)}`, loading: "lazy", decoding: "async" }),
    );
    button.style.left = `${left}px`;
    button.style.width = `${wide}px`;
    button.addEventListener("click", () => go(one.time_s));
    buttons.push(button);
  }
  rove(buttons);
  const strip = make("div", { class: "stills", role: "group", "aria-label": "Key frames: Enter plays, arrow keys move" }, ...buttons);
  strip.hidden = !buttons.length;
  return strip;
}
