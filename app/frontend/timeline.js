// The stage (a video or a still) above the track; all that happens here needs no rerun.

const BEST = 5;
// So wide are the words of a stretch at least.
const WORD = 80;

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".timeline");
  const told = JSON.stringify({ ...data, at: null, turn: null });
  if (root.told !== told) {
    root.told = told;
    if (root.source !== `${data.video} ${data.poster}`) stage(root, data);
    draw(root, data);
  }
  const wanted = `${data.at} ${data.turn}`;
  // The first time nobody has asked for it to play yet.
  if (data.at !== null && root.wanted !== wanted) jump(root, data, data.at, root.wanted !== undefined);
  root.wanted = wanted;
  return () => {
    root.observer?.disconnect();
    cancelAnimationFrame(root.ticking);
    root.told = undefined;
  };
}

function stage(root, data) {
  root.source = `${data.video} ${data.poster}`;
  root.wanted = undefined;
  root.second = 0;
  const place = root.querySelector(".stage");
  const message = root.querySelector(".message");
  message.textContent = data.note;
  root.video = null;
  if (!data.video) {
    root.still = data.poster ? make("img", { src: data.poster, alt: `Picture of ${data.title}` }) : null;
    place.replaceChildren(...(root.still ? [root.still] : []));
    place.hidden = !root.still;
    return;
  }
  place.hidden = false;
  const video = make("video", {
    src: data.video,
    controls: "",
    playsinline: "",
    preload: "metadata",
    poster: data.poster,
    "aria-label": `Video ${data.title}`,
  });
  video.addEventListener("error", () => {
    message.textContent = "The browser cannot play this file.";
  });
  for (const event of ["timeupdate", "seeked", "pause"]) {
    video.addEventListener(event, () => moved(root, video.currentTime));
  }
  video.addEventListener("play", () => tick(root));
  root.video = video;
  place.replaceChildren(video);
}

function tick(root) {
  moved(root, root.video.currentTime);
  if (!root.video.paused) root.ticking = requestAnimationFrame(() => tick(root));
}

function jump(root, data, second, play) {
  moved(root, second);
  if (root.video) {
    root.video.currentTime = second;
    // Where the browser wants a click first, the film waits at the right second.
    if (play) root.video.play().catch(() => {});
  } else if (root.still) {
    const frame = data.frames.filter((one) => one.time_s <= second + 5 && one.picture).at(-1) ?? data.frames[0];
    if (frame?.picture) root.still.src = frame.picture;
  }
}

function moved(root, second) {
  root.second = second;
  root.mark?.(second);
}

function draw(root, data) {
  const go = (second) => jump(root, data, second, true);
  root.querySelector(".summary").textContent = data.summary;
  const best = moments(data, go);
  root.querySelector(".beside").replaceChildren(...best);
  root.classList.toggle("with-moments", best.length > 0 && !root.querySelector(".stage").hidden);
  legend(root.querySelector(".legend"), data);
  const box = root.querySelector(".track");
  const redraw = () => {
    if (box.clientWidth) root.mark = track(box, root.querySelector(".tip"), data, go);
    said(root.querySelector(".said"), data, box.clientWidth);
    root.mark?.(root.second);
  };
  root.observer?.disconnect();
  root.observer = new ResizeObserver(() => {
    if (root.width !== box.clientWidth) redraw();
    root.width = box.clientWidth;
  });
  root.observer.observe(box);
  redraw();
}

function moments(data, go) {
  const scored = data.segments.filter((one) => one.share !== null && one.share > 0);
  const best = [...scored].sort((a, b) => b.share - a.share).slice(0, BEST);
  if (!data.best || !best.length) return [];
  const items = best.map((one) => {
    const frame = data.frames.find((still) => still.picture && still.time_s >= one.start_s && still.time_s <= one.end_s);
    const button = make(
      "button",
      { type: "button" },
      make("span", { class: "look" }, frame ? make("img", { src: frame.picture, alt: "", loading: "lazy" }) : null),
      make("span", { class: "when" }, `${clock(one.start_s)} to ${clock(one.end_s)}`, make("span", { class: "note" }, one.note), one.more ? make("span", { class: "note" }, one.more) : null),
    );
    button.addEventListener("click", () => go(one.start_s));
    return make("li", {}, button);
  });
  return [make("h3", {}, data.best), make("ol", {}, ...items)];
}

// Of as many stretches as there is room for.
function said(place, data, width) {
  const many = Object.keys(data.said).map(Number).filter((one, at) => at === 0 || width / one >= WORD).at(-1);
  const found = data.said[many] ?? [];
  const lasts = data.duration_s / many;
  const items = found.flatMap((words, at) => {
    if (!words.length) return [];
    const heard = `${clock(at * lasts)} to ${clock((at + 1) * lasts)}: ${words.join(", ")}`;
    const seen = words.map((word) => make("span", { class: "word", title: word, "aria-hidden": "true" }, word));
    const item = make("li", {}, make("span", { class: "hidden" }, heard), ...seen);
    item.style.gridColumn = `${at + 1}`;
    return [item];
  });
  place.replaceChildren(...items);
  place.style.gridTemplateColumns = `repeat(${many}, minmax(0, 1fr))`;
  place.hidden = !place.children.length;
}

function legend(place, data) {
  const parts = [];
  if (data.scale) {
    const bar = make("span", { class: "bar", "aria-hidden": "true" });
    parts.push(make("span", { class: "key" }, make("span", {}, data.scale), make("span", {}, data.low), bar, make("span", {}, data.high)));
  }
  if (data.heat.length) {
    parts.push(make("span", { class: "key" }, make("span", { class: "swatch heat", "aria-hidden": "true" }), "Comments"));
  }
  if (data.shots.length) {
    parts.push(make("span", { class: "key" }, make("span", { class: "swatch cuts", "aria-hidden": "true" }), "Shots"));
  }
  if (Object.values(data.said).some((stretches) => stretches.some((words) => words.length))) {
    parts.push(make("span", { class: "key" }, "On top: words said more there than elsewhere"));
  }
  place.replaceChildren(...parts);
  place.hidden = !parts.length;
}
