// The card beside a mark: picture, title and id of its node.

const GAP = 14;

export function buildCard() {
  const picture = make("img", { alt: "" });
  picture.addEventListener("error", () => {
    picture.hidden = true;
  });
  const title = make("p", { class: "title" });
  const id = make("p", { class: "note" });
  const note = make("p", { class: "note" });
  const card = make("div", { class: "card", role: "status", hidden: "" }, picture, title, id, note);
  return { card, picture, title, id, note };
}

// Tells of the node in a row, beside a place in the window.
export function showCard(parts, data, row, left, top) {
  const uri = data.pictures[data.picture_of[row]];
  const title = data.titles[row] ?? data.ids[row];
  parts.title.textContent = title;
  parts.id.textContent = data.titles[row] ? data.ids[row] : "";
  parts.note.textContent = data.notes[data.note_of[row]];
  const source = uri ? data.route + uri.split("/").map(encodeURIComponent).join("/") : "";
  if (parts.source !== source) {
    parts.source = source;
    // Without this the picture before stands under this title until the new one has come.
    parts.picture.removeAttribute("src");
    parts.picture.hidden = !source;
    if (source) parts.picture.setAttribute("src", source);
  }
  parts.card.hidden = false;
  const { width, height } = parts.card.getBoundingClientRect();
  const beside = left + GAP + width > innerWidth ? left - GAP - width : left + GAP;
  parts.card.style.left = `${Math.max(8, beside)}px`;
  parts.card.style.top = `${Math.max(8, Math.min(top + GAP, innerHeight - height - 8))}px`;
}
