/** Draws a column for each step, one part for each name on top of the other. */
import { el, setText } from './dom.js'

const SVG = 'http://www.w3.org/2000/svg'
const WIDTH = 300
const HEIGHT = 150
/** Names that have a part of their own; all others are one. */
export const PARTS = 5

/** A picture. Looks of parts are told apart by `part-0` to `part-5`, the last for all others. */
export function columnChart(title) {
  const picture = document.createElementNS(SVG, 'svg')
  for (const [name, value] of Object.entries({
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img'
  })) {
    picture.setAttribute(name, value)
  }
  const legend = el('figcaption')
  const high = el('span')
  const [first, last] = [el('span'), el('span')]
  const element = el(
    'figure',
    { class: 'chart columns' },
    legend,
    el(
      'div',
      { class: 'plot' },
      picture,
      el('div', { class: 'scale', 'aria-hidden': 'true' }, high, el('span', { text: '0' }))
    ),
    el('div', { class: 'ends', 'aria-hidden': 'true' }, first, last)
  )
  return {
    element,
    /** @param steps each with `at` as text and `values` by part. @param names of the parts. */
    update({ steps, names, format }) {
      const top = Math.max(...steps.map(({ values }) => values.reduce((sum, value) => sum + value, 0)), 0) || 1
      const width = WIDTH / Math.max(steps.length, 1)
      const columns = steps.map(({ at, values }, index) => {
        const column = document.createElementNS(SVG, 'g')
        const said = document.createElementNS(SVG, 'title')
        const shares = names.flatMap((name, part) => (values[part] > 0 ? [`${name} ${format(values[part])}`] : []))
        said.textContent = `${at}: ${shares.join(', ') || format(0)}`
        column.append(said)
        let floor = HEIGHT
        values.forEach((value, part) => {
          const height = (value / top) * (HEIGHT - 2)
          floor -= height
          const box = document.createElementNS(SVG, 'rect')
          const place = {
            x: index * width + width * 0.1,
            y: floor,
            width: width * 0.8,
            height,
            class: `part part-${part}`
          }
          for (const [name, figure] of Object.entries(place)) {
            box.setAttribute(name, typeof figure === 'number' ? figure.toFixed(2) : figure)
          }
          if (height > 0) column.append(box)
        })
        return column
      })
      picture.replaceChildren(...columns)
      const total = names.map((_, part) => steps.reduce((sum, { values }) => sum + values[part], 0))
      legend.replaceChildren(
        el('span', { class: 'title', text: title }),
        ...names.map((name, part) =>
          el('span', { class: `key part-${part}` }, `${name} `, el('b', { text: format(total[part]) }))
        )
      )
      setText(high, format(top))
      setText(first, steps[0]?.at ?? '')
      setText(last, steps.at(-1)?.at ?? '')
      picture.setAttribute(
        'aria-label',
        `${title}, ${steps.length} days. ${names.map((name, part) => `${name} ${format(total[part])}`).join(', ') || 'Nothing'}.`
      )
    }
  }
}
