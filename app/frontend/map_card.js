const GAP = 14;

export default function (component) {
  const { data, parentElement } = component;
  const parts = parentElement.card ?? build(parentElement);
  parentElement.card = parts;
  parts.card.hidden = true;

  let chart = null;
  const shown = (event) => show(parts, data, event);
  const gone = () => {
    parts.card.hidden = true;
  };

  // Streamlit draws the chart when it has loaded plotly, and again for another selection or theme.
  const attach = () => {
    const found = document.querySelector(`.${data.chart} .js-plotly-plot`);
    if (!found || !found.on || found === chart) return;
    detach();
    chart = found;
    chart.on("plotly_hover", shown);
    chart.on("plotly_unhover", gone);
    chart.addEventListener("mouseleave", gone);
  };
  const detach = () => {
    if (!chart) return;
    chart.removeListener?.("plotly_hover", shown);
    chart.removeListener?.("plotly_unhover", gone);
    chart.removeEventListener("mouseleave", gone);
    chart = null;
  };

  attach();
  const timer = setInterval(attach, 300);
  return () => {
    clearInterval(timer);
    detach();
    gone();
  };
}

function build(root) {
  const card = element("div", "card");
  const picture = element("img", "picture");
  const title = element("p", "title");
  const id = element("p", "note");
  const note = element("p", "note");
  picture.addEventListener("error", () => {
    picture.hidden = true;
  });
  card.append(picture, title, id, note);
  card.setAttribute("role", "status");
  root.append(card);
  return { card, picture, title, id, note };
}

function element(name, kind) {
  const made = document.createElement(name);
  made.className = kind;
  return made;
}

function show(parts, data, event) {
  const row = event.points?.[0]?.customdata;
  if (row === undefined || row === null || data.ids[row] === undefined) return;
  const uri = data.pictures[data.picture_of[row]];
  const title = data.titles[row] ?? data.ids[row];
  parts.title.textContent = title;
  parts.id.textContent = data.titles[row] ? data.ids[row] : "";
  parts.note.textContent = data.notes[data.note_of[row]];
  parts.picture.hidden = !uri;
  if (uri) {
    parts.picture.setAttribute("alt", title);
    parts.picture.setAttribute("src", data.route + uri.split("/").map(encodeURIComponent).join("/"));
  }
  parts.card.hidden = false;
  place(parts.card, event.event);
}

function place(card, pointer) {
  const { width, height } = card.getBoundingClientRect();
  const right = pointer.clientX + GAP;
  const left = right + width > innerWidth ? pointer.clientX - GAP - width : right;
  const top = Math.min(pointer.clientY + GAP, innerHeight - height - 8);
  card.style.left = `${Math.max(8, left)}px`;
  card.style.top = `${Math.max(8, top)}px`;
}
