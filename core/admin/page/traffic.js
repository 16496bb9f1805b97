/** The first view: what goes through the gateway, by route and by peer. */
import { ask } from './api.js'
import { el, heading, liveTable, setText } from './dom.js'
import { chart, LENGTH, sparkline } from './draw.js'
import { count, counted, NOTHING, rate, share, time } from './format.js'

/** Looks that the figures beside a course are taken from: ten seconds. */
const RECENT = 5
/** Looks that a time may be old. */
const FRESH = 15

const COURSES = ['requests', 'errors', 'p50Ms', 'p95Ms']

/** The courses of one thing, put together from answer to answer. */
class Kept {
  requests = []
  errors = []
  p50Ms = []
  p95Ms = []
  add(course) {
    for (const name of COURSES) this[name] = [...this[name], ...course[name]].slice(-LENGTH)
  }
}

function sum(values) {
  return values.slice(-RECENT).reduce((total, value) => total + value, 0)
}

function latest(values) {
  return values.slice(-FRESH).findLast(value => value !== null) ?? null
}

function perSecond({ requests }, everyMs) {
  const looks = Math.min(RECENT, requests.length)
  return looks === 0 ? 0 : sum(requests) / ((looks * everyMs) / 1000)
}

/** A large figure with its name, and a word besides. */
function tile(name) {
  const figure = el('p', { class: 'figure', text: NOTHING })
  const aside = el('p', { class: 'aside' })
  return {
    element: el('section', { class: 'tile' }, el('h2', { text: name }), figure, aside),
    update(value, word, isBad = false) {
      setText(figure, value)
      setText(aside, word)
      figure.classList.toggle('bad', isBad)
    }
  }
}

function sparkCell(what) {
  const pictures = new WeakMap()
  return {
    title: 'Last 5 minutes',
    class: 'course',
    fill(cell, { kept, name }) {
      let picture = pictures.get(cell)
      if (picture === undefined) {
        picture = sparkline()
        pictures.set(cell, picture)
        cell.replaceChildren(picture.element)
      }
      const total = kept.requests.reduce((all, value) => all + value, 0)
      picture.update({
        values: kept.requests,
        failed: kept.errors,
        label: `${name}: ${count(total)} ${what} in five minutes`
      })
    }
  }
}

function figures(word) {
  return [
    { title: `${word}/s`, class: 'number', text: ({ kept, everyMs }) => rate(perSecond(kept, everyMs)) },
    {
      title: 'Errors',
      class: 'number',
      fill(cell, { kept }) {
        setText(cell, share(sum(kept.errors), sum(kept.requests)))
        cell.classList.toggle('bad', sum(kept.errors) > 0)
      }
    },
    { title: 'p50', class: 'number', text: ({ kept }) => time(latest(kept.p50Ms)) },
    { title: 'p95', class: 'number', text: ({ kept }) => time(latest(kept.p95Ms)) }
  ]
}

function named(main, more) {
  return (cell, item) => {
    const [first, second] = [main(item), more(item)]
    if (cell.dataset.named === `${first} ${second}`) return
    cell.dataset.named = `${first} ${second}`
    cell.replaceChildren(el('span', { class: 'name', text: first }), el('span', { class: 'more', text: second }))
  }
}

/** The view. It knows what it has shown, so that only what is new is asked for. */
export function trafficView() {
  const tiles = {
    requests: tile('Requests per second'),
    errors: tile('Errors'),
    times: tile('Time to the end, p95'),
    live: tile('In flight')
  }
  const requests = chart(
    'Requests per second',
    [
      { name: 'all', class: 'main', isFilled: true },
      { name: 'failed', class: 'errors', isFilled: true, isRare: true }
    ],
    { format: value => (value === null ? NOTHING : rate(value)) }
  )
  const times = chart(
    'Time to the end',
    [
      { name: 'p95', class: 'soft' },
      { name: 'p50', class: 'main' }
    ],
    { format: time }
  )
  const routes = liveTable(
    'Routes',
    [
      {
        title: 'Route',
        fill: named(
          ({ id }) => id,
          ({ path }) => path
        )
      },
      sparkCell('requests'),
      ...figures('Req'),
      {
        title: 'In flight',
        class: 'number',
        text: ({ inFlight, streams }) =>
          streams === 0 ? count(inFlight) : `${count(inFlight)} (${count(streams)} streams)`
      },
      { title: 'Since start', class: 'number', text: ({ total }) => count(total) }
    ],
    { keyOf: ({ id }) => id, none: 'There are no routes.' }
  )
  const peers = liveTable(
    'Peers of all upstreams',
    [
      {
        title: 'Peer',
        fill: named(
          ({ upstream, id }) => `${upstream} / ${id}`,
          ({ origin }) => origin
        )
      },
      sparkCell('tries'),
      ...figures('Tries'),
      { title: 'In flight', class: 'number', text: ({ inFlight }) => count(inFlight) },
      { title: 'Connections', class: 'number', text: ({ connections }) => count(connections) },
      { title: 'State', class: 'word', fill: stateCell },
      { title: 'Balancer', class: 'word', text: ({ balancer }) => balancer }
    ],
    { keyOf: ({ upstream, id }) => `${upstream}/${id}`, none: 'There are no upstreams.' }
  )

  const kept = new Map()
  let looks = 0
  const keep = (key, course) => {
    const known = kept.get(key) ?? new Kept()
    kept.set(key, known)
    known.add(course)
    return known
  }
  const element = el(
    'div',
    {},
    el('h1', { class: 'hidden', text: 'Traffic' }),
    el('div', { class: 'tiles' }, ...Object.values(tiles).map(each => each.element)),
    el('div', { class: 'charts' }, requests.element, times.element),
    heading('Routes', 'errors: answered 5xx, or broken off'),
    routes.element,
    heading('Upstreams', 'times: to the head of the answer'),
    peers.element
  )
  return {
    title: 'Traffic',
    element,
    async update() {
      const [traffic, listed, upstreams] = await Promise.all([
        ask(`/v1/traffic?since=${looks}`),
        ask('/v1/routes'),
        ask('/v1/upstreams')
      ])
      // Another life of the gateway counts anew.
      if (traffic.looks < looks) {
        kept.clear()
        looks = 0
        return
      }
      looks = traffic.looks
      const { everyMs, total } = traffic
      const all = keep('', total.course)
      const seconds = everyMs / 1000
      tiles.requests.update(rate(perSecond(all, everyMs)), `${count(total.requests)} since the start`)
      tiles.errors.update(
        share(sum(all.errors), sum(all.requests)),
        `${counted(total.errors, 'error')}, ${counted(total.refusals, 'refusal')} since the start`,
        sum(all.errors) > 0
      )
      tiles.times.update(time(latest(all.p95Ms)), `half of them within ${time(latest(all.p50Ms))}`)
      tiles.live.update(
        count(total.inFlight),
        total.streams === 1 ? '1 of them a stream' : `${count(total.streams)} of them streams`
      )
      requests.update([all.requests.map(value => value / seconds), all.errors.map(value => value / seconds)])
      times.update([all.p95Ms, all.p50Ms])
      const paths = new Map(
        listed.routes.map(({ id, match }) => [
          id,
          `${match.methods.join(', ')} ${match.hosts.join(', ')}${match.path}`.trim()
        ])
      )
      routes.update(
        traffic.routes.map(({ id, course, requests: sofar, ...rest }) => ({
          ...rest,
          id,
          name: id,
          path: paths.get(id) ?? '',
          total: sofar,
          everyMs,
          kept: keep(`route ${id}`, course)
        }))
      )
      const known = new Map(
        upstreams.upstreams.flatMap(({ id, balancer, peers: list }) =>
          list.map(peer => [`${id}/${peer.id}`, { balancer, peer }])
        )
      )
      peers.update(
        traffic.peers.map(({ upstream, id, course, ...rest }) => {
          const found = known.get(`${upstream}/${id}`)
          return {
            ...rest,
            upstream,
            id,
            name: `${upstream}/${id}`,
            origin: found?.peer.origin ?? '',
            balancer: balancerOf(found),
            standing: found?.peer,
            everyMs,
            kept: keep(`peer ${upstream}/${id}`, course)
          }
        })
      )
    }
  }
}

/** Whether a peer is used, if not why and until when, and the ways to change that. */
function stateCell(cell, { upstream, id, standing }) {
  if (standing === undefined) return
  const { state, reason, leftMs, ejections } = standing
  const words = [
    state,
    ...(reason === null ? [] : [reason.replaceAll('_', ' ')]),
    ...(leftMs === null ? [] : [`${time(leftMs)} left`]),
    ...(ejections > 1 ? [`${ejections} in a row`] : [])
  ].join(', ')
  const isUsed = state === 'serving' || state === 'warming'
  let parts = STATE_CELLS.get(cell)
  if (parts === undefined) {
    const act = (action, body) => async event => {
      event.currentTarget.disabled = true
      await ask(`/v1/upstreams/${upstream}/peers/${id}/${action}`, body).then(
        () => setText(parts.problem, ''),
        refusal => setText(parts.problem, refusal.message)
      )
      for (const button of parts.buttons) button.disabled = false
    }
    const button = (text, action, body = {}) =>
      el('button', { type: 'button', class: 'quiet', text, onclick: act(action, body) })
    const buttons = [
      button('Drain', 'drain'),
      button('Rest a minute', 'rest', { forMs: 60_000 }),
      button('Return', 'return')
    ]
    parts = { words: el('span', { class: 'name' }), problem: el('span', { class: 'bad' }), buttons }
    STATE_CELLS.set(cell, parts)
    cell.replaceChildren(parts.words, el('span', { class: 'actions for-operators' }, ...buttons), parts.problem)
  }
  setText(parts.words, words)
  parts.words.classList.toggle('bad', !isUsed)
  parts.buttons[2].hidden = isUsed
}

const STATE_CELLS = new WeakMap()

/** What a balancer knows of a peer, in a few words. */
function balancerOf(found) {
  if (found === undefined) return ''
  const { balancer, peer } = found
  const facts = Object.entries(peer.balancer ?? {})
    .filter(([, value]) => value !== 0 && value !== false)
    .map(([name, value]) => (name.endsWith('Ms') ? `${time(value)} ${name.slice(0, -2)}` : `${name} ${value}`))
  return [balancer, ...facts].join(', ')
}
