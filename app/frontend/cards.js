export default function (component) {
  const { data, parentElement } = component;
  const list = parentElement.querySelector("ul");
  list.open = (id) => component.setTriggerValue("opened", id);
  // Drawn again, a list would lose the focus and its pictures would flicker.
  const told = JSON.stringify(data);
  if (list.told === told) return;
  list.told = told;
  const bare = !data.cards.some((card) => card.picture);
  list.className = bare ? `${data.layout} bare` : data.layout;
  list.setAttribute("aria-label", data.caption);
  list.replaceChildren(...data.cards.map((card, place) => draw(card, place, list, bare)));
}

function draw(card, place, list, bare) {
  const note = [bare && card.chip, card.note].filter(Boolean).join(" \u00b7 ");
  const body = make(
    "span",
    { class: "body" },
    make("span", { class: "title", title: card.title }, bare && card.rank ? `${card.rank}. ${card.title}` : card.title),
    note && make("span", { class: "note", title: note }, note),
    card.score && score(card),
    card.why && make("span", { class: "why", title: card.why }, card.why),
  );
  const button = make(
    "button",
    { type: "button", "aria-current": card.chosen ? "true" : null },
    picture(card, place),
    body,
  );
  button.addEventListener("click", () => list.open(card.id));
  return make("li", {}, button);
}

function picture(card, place) {
  const frame = make("span", { class: "picture", style: `--hue: ${hue(card.id)}`, "data-initial": [...card.title][0] });
  if (card.picture) {
    const image = make("img", { src: card.picture, alt: card.alt, loading: place > 3 ? "lazy" : null, decoding: "async" });
    image.addEventListener("error", () => image.remove());
    frame.append(image);
  }
  if (card.chip) frame.append(make("span", { class: "chip" }, card.chip));
  if (card.rank) frame.append(make("span", { class: "rank", "aria-hidden": "true" }, String(card.rank)));
  return frame;
}

function score(card) {
  const meter = make("span", { class: "meter", "aria-hidden": "true" }, make("span", { style: `width: ${100 * card.share}%` }));
  return make("span", { class: "score" }, make("span", { class: "number" }, card.score), meter);
}

// Cards without a picture differ in hue, always the same for the same id.
function hue(id) {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.codePointAt(0)) % 360;
  return sum;
}
