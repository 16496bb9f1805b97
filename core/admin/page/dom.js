/** Makes and changes elements. Text is only ever set as text. */

/**
 * An element with attributes and children. `class` and `text` are what they say; a function after `on` hears an event;
 * undefined and false leave an attribute out.
 */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    if (key === 'text') element.textContent = value
    else if (key.startsWith('on')) element.addEventListener(key.slice(2), value)
    else element.setAttribute(key, value === true ? '' : value)
  }
  element.append(...children.flat().filter(child => child !== undefined && child !== null))
  return element
}

/** Sets a text where it is another, so that what somebody has marked stays marked. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/** A heading with what it says in a word or two beside it. Each view has one of the first level. */
export function heading(text, aside = '', level = 2) {
  return el(`h${level}`, {}, text, ...(aside === '' ? [] : [el('small', { text: aside })]))
}

/** A sentence where something would stand. */
export function empty(text) {
  return el('p', { class: 'empty', text })
}

/**
 * A table whose rows stay the same elements while their figures change.
 * @param columns each with `title`, perhaps a `class`, and `text(item)` or `fill(cell, item)`.
 */
export function liveTable(caption, columns, { keyOf, none }) {
  const body = el('tbody')
  const rows = new Map()
  const table = el(
    'table',
    {},
    el('caption', { class: 'hidden', text: caption }),
    el(
      'thead',
      {},
      el('tr', {}, ...columns.map(({ title, class: name }) => el('th', { scope: 'col', class: name, text: title })))
    ),
    body
  )
  const nobody = empty(none)
  const element = el('div', { class: 'scroll' }, table, nobody)
  const rowFor = (key, item) => {
    const known = rows.get(key)
    if (known !== undefined) return known
    const cells = columns.map(({ title, class: name }, index) =>
      el(index === 0 ? 'th' : 'td', { class: name, 'data-title': title, ...(index === 0 && { scope: 'row' }) })
    )
    const row = { element: el('tr', {}, ...cells), cells, item }
    rows.set(key, row)
    return row
  }
  return {
    element,
    update(items) {
      const seen = new Set()
      items.forEach((item, at) => {
        const key = keyOf(item)
        seen.add(key)
        const row = rowFor(key, item)
        columns.forEach(({ text, fill }, index) => {
          if (fill === undefined) setText(row.cells[index], text(item))
          else fill(row.cells[index], item)
        })
        if (body.children[at] !== row.element) body.insertBefore(row.element, body.children[at] ?? null)
      })
      for (const [key, row] of rows) {
        if (seen.has(key)) continue
        row.element.remove()
        rows.delete(key)
      }
      table.hidden = items.length === 0
      nobody.hidden = items.length > 0
    }
  }
}
