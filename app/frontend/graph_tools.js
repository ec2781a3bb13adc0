// The drawing is a page of its own within this one, of the same origin.
const drawing = (frame) => document.querySelector(`.${CSS.escape(frame)} iframe`)

const save = async (frame, colour) => {
  const graph = drawing(frame)?.contentDocument?.getElementById("cy")?._cyreg?.cy
  if (!graph) return
  const picture = await graph.png({ output: "blob-promise", full: true, scale: 2, bg: colour, maxWidth: 6000, maxHeight: 6000 })
  const link = document.createElement("a")
  link.href = URL.createObjectURL(picture)
  link.download = "graph.png"
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 1000)
}

// Its own style sheet makes text of ten pixels and lets long values run out of the panel.
const LOOK = `
  .container { border: 1px solid var(--neutral-3) !important; border-radius: 8px; overflow: hidden; }
  .infopanel[data-expanded="true"] { width: min(17.5rem, 62vw); }
  .infopanel, .infopanel p, .infopanel__name { font-size: 13px; overflow-wrap: anywhere; }
  .infopanel__help { font-size: 12px; }
`

const dress = (frame, told) => {
  const found = drawing(frame)
  if (!found) return
  if (found.title !== told) found.title = told
  const page = found.contentDocument
  if (!page?.head || page.getElementById("graphrec-look")) return
  const style = page.createElement("style")
  style.id = "graphrec-look"
  style.textContent = LOOK
  page.head.append(style)
}

export default ({ data, parentElement }) => {
  const button = parentElement.querySelector("button")
  button.onclick = () => save(data.frame, getComputedStyle(button).backgroundColor)
  const look = () => dress(data.frame, data.told)
  look()
  const again = setInterval(look, 300)
  return () => clearInterval(again)
}
