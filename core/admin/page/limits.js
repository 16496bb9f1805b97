/**
 * Limits and budgets of somebody as they stand; operators add to them and begin them anew. Knows them by their endpoints.
 * Each look is noted in the audit, so there is one when somebody asks or has changed something.
 */
import { field } from './actions.js'
import { ask } from './api.js'
import { el, empty, heading, liveTable } from './dom.js'
import { count, NOTHING } from './format.js'

/** What a plugin answers `GET …/limits` or `GET …/budgets` with. */
const KINDS = ['limits', 'budgets']

/** The view. */
export function limitsView() {
  const fields = ['consumer', 'group', 'key'].map(name =>
    el('input', { id: `whose-${name}`, name, spellcheck: 'false', autocomplete: 'off' })
  )
  const table = liveTable(
    'Limits and budgets',
    [
      { title: 'Limit', text: ({ name }) => name },
      { title: 'Counts by', text: ({ by }) => by },
      { title: 'Used', class: 'number', text: ({ spent }) => spent },
      { title: 'Held', class: 'number', text: ({ held }) => held },
      { title: 'Left', class: 'number', text: ({ remaining }) => remaining },
      { title: 'Of', class: 'number', text: ({ most }) => most },
      { title: 'Whole again', text: ({ resetsAt }) => when(resetsAt) }
    ],
    { keyOf: ({ key }) => key, none: 'Nothing that counts by these.' }
  )
  const which = el('select', { id: 'which' })
  const amount = el('input', { id: 'amount', placeholder: '5.00 USD, or 100', autocomplete: 'off' })
  const said = el('div', { 'aria-live': 'polite' })
  const add = el('button', { type: 'submit', text: 'Add' })
  const anew = el('button', { type: 'button', class: 'quiet', text: 'Begin anew', onclick: () => change('reset') })
  const changes = el(
    'form',
    { class: 'for-operators', onsubmit },
    el('div', { class: 'request' }, field('Limit', which), field('Amount', amount), add, anew)
  )
  const hint = empty('Name a consumer, a group, or both; and a key of the consumer, if you like.')
  const found = el('div', { hidden: true }, table.element, changes)
  /** What was asked for last: not what is being typed. */
  let asked = []
  let rows = []

  function whose() {
    return fields.flatMap(({ name, value }) => (value.trim() === '' ? [] : [[name, value.trim()]]))
  }

  async function look() {
    hint.hidden = asked.length > 0
    found.hidden = asked.length === 0
    if (asked.length === 0) return
    const { plugins } = await ask('/v1/plugins')
    const places = plugins.flatMap(placesOf)
    const answers = await Promise.all(
      places.map(({ place, kind }) => ask(`${place}/${kind}?${new URLSearchParams(asked)}`))
    )
    rows = answers.flatMap((answer, index) => rowsOf(places[index], answer))
    table.update(rows)
    const now = rows.map(({ key }) => key)
    if (now.join() !== [...which.options].map(({ value }) => value).join()) {
      which.replaceChildren(...rows.map(({ key, name }) => el('option', { value: key, text: name })))
    }
    changes.hidden = rows.length === 0
  }

  async function change(action) {
    const row = rows.find(({ key }) => key === which.value)
    if (row === undefined) return
    try {
      await ask(`${row.place}/${action}`, { ...Object.fromEntries(asked), ...row.body(action, amount.value.trim()) })
      said.replaceChildren(el('p', { class: 'notice good', text: `${row.name}: done.` }))
      await look()
    } catch (error) {
      said.replaceChildren(el('p', { class: 'notice bad', text: error.message }))
    }
  }

  function onsubmit(event) {
    event.preventDefault()
    change('top-up')
  }

  const form = el(
    'form',
    {
      onsubmit(event) {
        event.preventDefault()
        asked = whose()
        said.replaceChildren()
        look().catch(error => said.replaceChildren(el('p', { class: 'notice bad', text: error.message })))
      }
    },
    el(
      'div',
      { class: 'request' },
      ...fields.map(input => field(input.name, input)),
      el('button', { type: 'submit', text: 'Look' })
    )
  )
  return {
    title: 'Limits',
    element: el(
      'div',
      {},
      heading('Limits', 'limits and budgets of somebody, as they stand', 1),
      form,
      hint,
      found,
      said
    ),
    async update() {}
  }
}

/** Of what is whole, and of what never will be, there is nothing to say. */
function when(at) {
  return at === null || at <= Date.now() ? NOTHING : new Date(at).toLocaleString()
}

/** Where limits or budgets of a plugin are asked for. */
function placesOf({ instance, endpoints }) {
  const place = `/plugins/${instance.replace('#', '.')}`
  return endpoints.flatMap(({ listener, method, path }) => {
    const kind = KINDS.find(name => path === `/${name}`)
    return listener === 'admin' && method === 'GET' && kind !== undefined ? [{ instance, kind, place }] : []
  })
}

function rowsOf({ instance, kind, place }, answer) {
  return answer[kind].map(entry => {
    const isMoney = kind === 'budgets'
    const by = [entry.by].flat().join(', ')
    const name = isMoney ? entry.budget : entry.limit
    const figure = value => (isMoney ? value : entry.unit.startsWith('nano-') ? money(value, entry.unit) : count(value))
    const body = (action, amount) => ({
      [isMoney ? 'budget' : 'limit']: name,
      ...(action === 'top-up' && amountOf(isMoney, amount))
    })
    return {
      key: `${instance} ${by} ${name}`,
      name: entry.shadow ? `${name} (on trial)` : name,
      by,
      place,
      body,
      spent: figure(entry.spent),
      held: figure(entry.held),
      remaining: figure(entry.remaining),
      most: figure(isMoney ? entry.amount : entry.most),
      resetsAt: entry.resetsAt
    }
  })
}

function amountOf(isMoney, text) {
  if (isMoney) return { amount: text }
  return text.includes(' ') ? { money: text } : { units: Number(text) }
}

function money(nano, unit) {
  return `${(nano / 1e9).toFixed(2)} ${unit.slice('nano-'.length)}`
}
