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

export default ({ data, parentElement }) => {
  const button = parentElement.querySelector("button")
  button.onclick = () => save(data.frame, getComputedStyle(button).backgroundColor)
  const name = () => {
    const frame = drawing(data.frame)
    if (frame && frame.title !== data.told) frame.title = data.told
  }
  name()
  const again = setInterval(name, 500)
  return () => clearInterval(again)
}
