/** Draws courses: small ones in tables, large ones with a scale. Lines break where nothing is known. */
import { el, setText } from './dom.js'

const SVG = 'http://www.w3.org/2000/svg'
const WIDTH = 300
/** Looks that a course has when it is full. */
export const LENGTH = 150

function svg(name, attributes) {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  return element
}

/** The largest value, rounded up to one that reads well. */
function ceiling(values) {
  const highest = Math.max(0, ...values.filter(value => value !== null))
  if (highest === 0) return 1
  const power = 10 ** Math.floor(Math.log10(highest))
  const step = [1, 2, 2.5, 5, 10].find(factor => factor * power >= highest) ?? 10
  return step * power
}

/** The path of a line; a course that is not full yet begins later. */
function linePath(values, top, height) {
  const from = LENGTH - values.length
  let path = ''
  let isOpen = false
  values.forEach((value, index) => {
    if (value === null) {
      isOpen = false
      return
    }
    const x = ((from + index) / (LENGTH - 1)) * WIDTH
    const y = height - 1 - (Math.min(value, top) / top) * (height - 2)
    path += `${isOpen ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`
    // A value between two that are not known would be no line at all.
    if (!isOpen && (values[index + 1] ?? null) === null) path += 'h0.01'
    isOpen = true
  })
  return path
}

/** The path of what lies below a line that knows every value. */
function areaPath(values, top, height) {
  if (values.length === 0) return ''
  const start = ((LENGTH - values.length) / (LENGTH - 1)) * WIDTH
  return `${linePath(values, top, height)}L${WIDTH} ${height}L${start.toFixed(1)} ${height}Z`
}

/** A course in a table: what came, and in front of it what failed. */
export function sparkline() {
  const height = 28
  const area = svg('path', { class: 'area' })
  const line = svg('path', { class: 'line' })
  const errors = svg('path', { class: 'area errors' })
  const picture = svg('svg', {
    class: 'spark',
    viewBox: `0 0 ${WIDTH} ${height}`,
    preserveAspectRatio: 'none',
    role: 'img'
  })
  picture.append(area, line, errors)
  return {
    element: picture,
    update({ values, failed, label }) {
      const top = Math.max(...values, 1)
      area.setAttribute('d', areaPath(values, top, height))
      line.setAttribute('d', linePath(values, top, height))
      errors.setAttribute('d', failed.some(value => value > 0) ? areaPath(failed, top, height) : '')
      picture.setAttribute('aria-label', label)
    }
  }
}

/**
 * A large picture of one or two courses, with a scale and what a pointer points at.
 * @param series each with a `name`, a `class` and whether it is filled.
 */
export function chart(title, series, { format, everyMs = 2000 }) {
  const height = 150
  const areas = series.map(({ class: name }) => svg('path', { class: `area ${name}` }))
  const lines = series.map(({ class: name }) => svg('path', { class: `line ${name}` }))
  const cursor = svg('path', { class: 'cursor' })
  const picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: 'none', role: 'img' })
  const grid = svg('path', { class: 'grid', d: `M0 1H${WIDTH}M0 ${height / 2}H${WIDTH}M0 ${height - 1}H${WIDTH}` })
  picture.append(grid, ...areas, ...lines, cursor)
  const values = series.map(() => el('b'))
  const when = el('span', { class: 'when' })
  const key = series.map(({ name, class: kind }, index) =>
    el('span', { class: `key ${kind}` }, `${name} `, values[index])
  )
  const [high, middle] = [el('span'), el('span')]
  const element = el(
    'figure',
    { class: 'chart' },
    el('figcaption', {}, el('span', { class: 'title', text: title }), ...key, when),
    el(
      'div',
      { class: 'plot' },
      picture,
      el('div', { class: 'scale', 'aria-hidden': 'true' }, high, middle, el('span', { text: '0' }))
    ),
    el(
      'div',
      { class: 'ends', 'aria-hidden': 'true' },
      el('span', { text: '5 minutes ago' }),
      el('span', { text: 'now' })
    )
  )
  let courses = series.map(() => [])
  let pointed
  const tell = () => {
    const full = courses[0].length
    const index = pointed === undefined ? full - 1 : pointed - (LENGTH - full)
    for (const [at, course] of courses.entries()) setText(values[at], format(course[index] ?? null))
    const ago = ((full - 1 - index) * everyMs) / 1000
    setText(when, pointed === undefined || index < 0 ? '' : ago === 0 ? 'now' : `${Math.round(ago)} s ago`)
    const x = pointed === undefined ? -1 : (pointed / (LENGTH - 1)) * WIDTH
    cursor.setAttribute('d', x < 0 ? '' : `M${x.toFixed(1)} 0V${height}`)
  }
  picture.addEventListener('pointermove', event => {
    const box = picture.getBoundingClientRect()
    pointed = Math.max(0, Math.min(LENGTH - 1, Math.round(((event.clientX - box.left) / box.width) * (LENGTH - 1))))
    tell()
  })
  picture.addEventListener('pointerleave', () => {
    pointed = undefined
    tell()
  })
  return {
    element,
    update(next) {
      courses = next
      const top = ceiling(next.flat())
      series.forEach(({ isFilled, isRare }, index) => {
        // What never happens needs no line along the bottom.
        const isIdle = isRare && next[index].every(value => value === 0)
        lines[index].setAttribute('d', isIdle ? '' : linePath(next[index], top, height))
        if (isFilled) areas[index].setAttribute('d', isIdle ? '' : areaPath(next[index], top, height))
      })
      setText(high, format(top))
      setText(middle, format(top / 2))
      const said = series.map(({ name }, index) => `${name} ${format(next[index].at(-1) ?? null)}`)
      picture.setAttribute('aria-label', `${title} over the last five minutes. Now: ${said.join(', ')}.`)
      tell()
    }
  }
}
