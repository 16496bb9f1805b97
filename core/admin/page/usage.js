/** What was used and what it cost, by consumer and by model, day by day. Knows who tells it by the endpoint. */
import { ask } from './api.js'
import { columnChart, PARTS } from './columns.js'
import { el, empty, heading, liveTable } from './dom.js'
import { count, NOTHING } from './format.js'

const DAY_MS = 86_400_000
const OTHERS = 'others'
const MOST_PAGES = 10
/** Figures change slowly, and asking for all of them costs the gateway something, in ms. */
const EVERY_MS = 10_000

const MEASURES = {
  cost: { title: 'Cost', of: costOf },
  requests: { title: 'Requests', of: figure => figure.requests },
  tokens: { title: 'Tokens', of: tokensOf }
}

/** The view. */
export function usageView() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC'
  const days = select('usage-days', [
    ['7', 'Last 7 days'],
    ['30', 'Last 30 days'],
    ['90', 'Last 90 days']
  ])
  const measure = select(
    'usage-measure',
    Object.entries(MEASURES).map(([name, { title }]) => [name, title])
  )
  const whose = el('input', { id: 'usage-consumer', spellcheck: 'false', autocomplete: 'off' })
  const charts = ['consumer', 'model'].map(by => ({ by, chart: columnChart(`By ${by}`), table: tableFor(by) }))
  const hint = empty('No plugin of this gateway adds usage up: add `ledger` to a route.')
  const found = el(
    'div',
    { hidden: true },
    el('div', { class: 'charts' }, ...charts.map(({ chart }) => chart.element)),
    ...charts.map(({ table }) => el('div', { class: 'apart-above' }, table.element))
  )
  let askedAt = 0
  let asked = ''

  async function update() {
    const { plugins } = await ask('/v1/plugins')
    const place = placeIn(plugins)
    hint.hidden = place !== undefined
    found.hidden = place === undefined
    if (place === undefined) return
    const question = JSON.stringify([days.value, whose.value.trim()])
    if (question === asked && Date.now() - askedAt < EVERY_MS) return
    const [series, totals] = await Promise.all([
      Promise.all(charts.map(({ by }) => figuresOf(place, by, 'day'))),
      Promise.all(charts.map(({ by }) => figuresOf(place, by, 'total')))
    ])
    asked = question
    askedAt = Date.now()
    charts.forEach(({ by, chart, table }, index) => {
      chart.update(columnsOf(series[index], totals[index], by))
      table.update(totals[index].toSorted((one, other) => shownOf(other) - shownOf(one)))
    })
  }

  function shownOf(figure) {
    return MEASURES[measure.value].of(figure)
  }

  async function figuresOf(place, by, step) {
    const from = new Date(Date.now() - (Number(days.value) - 1) * DAY_MS)
    const query = new URLSearchParams({ step, by, timeZone: zone, limit: '1000', from: dayIn(from, zone) })
    if (whose.value.trim() !== '') query.set('consumer', whose.value.trim())
    const figures = []
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer = await ask(`${place}/usage?${query}`)
      figures.push(...answer.figures)
      if (answer.next === undefined) break
      query.set('cursor', answer.next)
    }
    return figures
  }

  function columnsOf(series, totals, by) {
    const ranked = totals.toSorted((one, other) => shownOf(other) - shownOf(one)).map(figure => figure[by] ?? NOTHING)
    const names = ranked.length > PARTS + 1 ? [...ranked.slice(0, PARTS), OTHERS] : ranked
    const steps = []
    for (let day = Number(days.value) - 1; day >= 0; day--) {
      steps.push({ at: dayIn(new Date(Date.now() - day * DAY_MS), zone), values: names.map(() => 0) })
    }
    const byDay = new Map(steps.map(step => [step.at, step]))
    for (const figure of series) {
      const step = byDay.get(dayIn(new Date(figure.from), zone))
      const part = names.indexOf(figure[by] ?? NOTHING)
      if (step !== undefined) step.values[part < 0 ? names.length - 1 : part] += shownOf(figure)
    }
    return { steps, names, format: measure.value === 'cost' ? money => money.toFixed(2) : count }
  }

  function tableFor(by) {
    return liveTable(
      `Usage by ${by}`,
      [
        { title: by === 'consumer' ? 'Consumer' : 'Model', text: figure => figure[by] ?? NOTHING },
        { title: 'Requests', class: 'number', text: ({ requests }) => count(requests) },
        { title: 'Input', class: 'number', text: figure => count(figure.input + cachedOf(figure)) },
        { title: 'Output', class: 'number', text: ({ output }) => count(output) },
        { title: 'Cost', class: 'number', text: costText }
      ],
      { keyOf: figure => figure[by] ?? NOTHING, none: 'Nothing was used then.' }
    )
  }

  const again = () => {
    asked = ''
    update().catch(() => {})
  }
  for (const input of [days, measure, whose]) input.addEventListener('change', again)
  return {
    title: 'Usage',
    element: el(
      'div',
      {},
      heading('Usage', 'what was used and what it cost', 1),
      el(
        'form',
        {
          onsubmit(event) {
            event.preventDefault()
            again()
          }
        },
        el('div', { class: 'request' }, field('Time', days), field('Consumer', whose), field('Shown', measure))
      ),
      hint,
      found
    ),
    update
  }
}

function select(id, options) {
  return el('select', { id }, ...options.map(([value, text]) => el('option', { value, text })))
}

function field(name, input) {
  return el('div', { class: 'field' }, el('label', { for: input.id, text: name }), input)
}

/** Where usage is asked for: the first instance that tells of it. */
function placeIn(plugins) {
  const teller = plugins.find(({ endpoints }) =>
    endpoints.some(({ listener, method, path }) => listener === 'admin' && method === 'GET' && path === '/usage')
  )
  return teller === undefined ? undefined : `/plugins/${teller.instance.replace('#', '.')}`
}

function dayIn(date, timeZone) {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit'
  }).formatToParts(date)
  const part = type => parts.find(found => found.type === type).value
  return `${part('year')}-${part('month')}-${part('day')}`
}

function cachedOf({ cacheRead, cacheWriteShort, cacheWriteLong }) {
  return cacheRead + cacheWriteShort + cacheWriteLong
}

function tokensOf(figure) {
  return figure.input + cachedOf(figure) + figure.output
}

/** For the height of a column alone: what is written stands in the table, exactly. */
function costOf({ cost }) {
  return cost.reduce((sum, amount) => sum + Number(amount.split(' ')[0]), 0)
}

function costText({ cost, unpriced }) {
  const amounts = cost.length === 0 ? NOTHING : cost.join(', ')
  return unpriced === 0 ? amounts : `${amounts} (${count(unpriced)} unpriced)`
}
