/** The instances of plugins: where they stand, what they may read, how they are, what they show. */
import { ask } from './api.js'
import { el, heading } from './dom.js'

const PLACES = { everywhere: 'on every route', route: 'on route', upstream: 'at upstream', balancer: 'balancer of' }

/** The view. */
export function pluginsView() {
  const list = el('div', { class: 'cards' })
  let before = ''
  return {
    title: 'Plugins',
    element: el('div', {}, heading('Plugins', 'in the order in which they are set up', 1), list),
    async update() {
      const { plugins } = await ask('/v1/plugins')
      const now = JSON.stringify(plugins)
      if (now === before) return
      before = now
      // What somebody has opened stays open.
      const open = new Set([...list.querySelectorAll('details[open]')].map(details => details.dataset.key))
      list.replaceChildren(...plugins.map(plugin => card(plugin, open)))
    }
  }
}

function card({ instance, summary, place, guard, failureMode, reads, egress, phases, endpoints, health, state }, open) {
  const marks = [
    health === undefined ? undefined : el('span', { class: `mark ${health.status}`, text: health.status }),
    guard ? el('span', { class: 'mark', text: 'guard' }) : undefined,
    failureMode === 'allow' ? el('span', { class: 'mark degraded', text: 'may fail' }) : undefined
  ]
  const rows = [
    ['Stands', `${PLACES[place.kind]}${place.of === null ? '' : ` ${place.of}`}, line ${place.line}`],
    ['Reads', reads.join(', ') || 'nothing'],
    ['Sends', egress.map(({ what, to }) => `${what} to ${to}`).join(', ')],
    ['Acts in', phases.join(', ')],
    ['Health', health?.detail ?? '']
  ].filter(([, value]) => value !== '')
  return el(
    'article',
    { class: 'card' },
    el('h3', {}, instance, ...marks.filter(mark => mark !== undefined)),
    el('p', { text: summary }),
    el('dl', {}, ...rows.flatMap(([name, value]) => [el('dt', { text: name }), el('dd', { text: value })])),
    more(
      `${instance} endpoints`,
      `${endpoints.length} endpoints`,
      endpoints.map(({ method, path, role, summary: text }) => [`${method} ${path}`, `${text} (${role})`]),
      open
    ),
    more(
      `${instance} state`,
      'State',
      Object.entries(state ?? {}).map(([name, facts]) => [name, words(facts)]),
      open
    )
  )
}

function words(facts) {
  return Object.entries(facts)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? Math.round(value * 100) / 100 : value}`)
    .join(', ')
}

function more(key, title, rows, open) {
  if (rows.length === 0) return undefined
  return el(
    'details',
    { 'data-key': key, open: open.has(key) },
    el('summary', { text: title }),
    el(
      'dl',
      {},
      ...rows.flatMap(([name, value]) => [el('dt', { class: 'code', text: name }), el('dd', { text: value })])
    )
  )
}
