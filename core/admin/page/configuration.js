/** The configuration that counts, written as YAML without its secrets, and a button that takes the file anew. */
import { ask } from './api.js'
import { el, heading } from './dom.js'
import { time } from './format.js'

/** The view. */
export function configurationView() {
  const file = el('small')
  const warnings = el('div')
  const text = el('pre', { class: 'yaml', tabindex: '0', 'aria-label': 'The configuration' })
  const outcome = el('div', { 'aria-live': 'polite' })
  const button = el('button', { type: 'button', class: 'for-operators', text: 'Reload the file', onclick: reload })
  const title = heading('Configuration', '', 1)
  title.append(file)
  let before = ''

  async function update() {
    const answer = await ask('/v1/configuration')
    const now = JSON.stringify(answer)
    if (now === before) return
    before = now
    file.textContent = `${answer.file}, with defaults in place; secrets are references or hidden`
    warnings.replaceChildren(...answer.warnings.map(problem))
    text.replaceChildren(...linesOf(answer.configuration))
  }

  async function reload() {
    button.disabled = true
    try {
      outcome.replaceChildren(told(await ask('/v1/reload', {})))
      await update()
    } catch (error) {
      outcome.replaceChildren(el('p', { class: 'notice bad', text: error.message }))
    } finally {
      button.disabled = false
    }
  }

  return {
    title: 'Configuration',
    element: el('div', {}, el('div', { class: 'row' }, title, button), outcome, warnings, text),
    update,
    isStill: true
  }
}

function told({ applied, durationMs, changes, needRestart, message, problems }) {
  if (!applied)
    return el(
      'div',
      { class: 'notice bad' },
      el('p', { text: `Nothing was changed. ${message}` }),
      ...problems.map(problem)
    )
  const said =
    changes.length === 0
      ? 'The file says the same as before.'
      : `Serving the new configuration: ${changes.length} changes.`
  return el(
    'div',
    { class: 'notice good' },
    el('p', { text: `${said} It took ${time(durationMs)}.` }),
    ...(needRestart.length === 0 ? [] : [el('p', { text: `Only after a restart: ${needRestart.join(', ')}.` })]),
    el(
      'ul',
      {},
      ...changes.map(({ kind, subject, id, settings }) =>
        el('li', {}, `${subject} ${id ?? ''} ${kind}`, ...settings.map(setting))
      )
    )
  )
}

function setting({ path, before, after }) {
  return el('span', { class: 'change', text: `${path}: ${before ?? 'nothing'} → ${after ?? 'nothing'}` })
}

function problem({ severity, code, line, column, message, cure }) {
  const isBad = severity === 'error'
  return el(
    'p',
    { class: `problem ${isBad ? 'bad' : 'warn'}` },
    el('b', { text: `${line}:${column} ${code} ` }),
    `${message} ${cure ?? ''}`
  )
}

/** A value as YAML, line by line, with its parts told apart. */
function linesOf(value) {
  const nodes = []
  const add = (indent, dash, key, scalar) => {
    nodes.push(`${'  '.repeat(indent)}${dash}`)
    if (key !== undefined) nodes.push(el('span', { class: 'key', text: key }), ':')
    if (scalar !== undefined) nodes.push(key === undefined ? '' : ' ', scalar)
    nodes.push('\n')
  }
  const visit = (indent, item, key, dash) => {
    if (item === null || typeof item !== 'object' || Object.keys(item).length === 0) {
      add(indent, dash, key, scalarOf(item))
      return
    }
    if (key !== undefined) add(indent, dash, key, undefined)
    const inner = key === undefined ? indent : indent + (dash === '' ? 1 : 2)
    if (Array.isArray(item)) {
      for (const each of item) visitEntry(inner, each)
      return
    }
    let first = key === undefined ? dash : ''
    for (const [name, each] of Object.entries(item)) {
      visit(first === '' && dash !== '' && key === undefined ? inner + 1 : inner, each, name, first)
      first = ''
    }
  }
  const visitEntry = (indent, item) => visit(indent, item, undefined, '- ')
  visit(0, value, undefined, '')
  return nodes
}

/** Texts that YAML reads as they stand. */
const PLAIN = /^[A-Za-z0-9_./$](?:[A-Za-z0-9_./ $%+*-]|:(?! |$))*$/
const OF_ANOTHER_TYPE = /^(?:true|false|null|[-+.\d][\d_]*(?:\.\d*)?(?:e[-+]?\d+)?|0[xo].*|\d{4}-\d\d.*)$/i

function scalarOf(item) {
  if (Array.isArray(item)) return '[]'
  if (item !== null && typeof item === 'object') return '{}'
  if (typeof item !== 'string') return el('span', { class: 'plain', text: String(item) })
  const isHidden = /\[(?:secret|digest)\]|\$\{/.test(item)
  const isPlain = PLAIN.test(item) && !OF_ANOTHER_TYPE.test(item)
  return el('span', { class: isHidden ? 'secret' : 'text', text: isPlain || isHidden ? item : JSON.stringify(item) })
}
