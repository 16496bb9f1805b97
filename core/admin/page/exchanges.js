/** Exchanges under way, the oldest first. Nothing of what is said in them can be seen here. */
import { ask } from './api.js'
import { el, heading, liveTable } from './dom.js'
import { bytes, count, NOTHING, time } from './format.js'

/** The view. */
export function exchangesView() {
  const aside = el('small')
  const table = liveTable(
    'Exchanges under way',
    [
      { title: 'Route', text: ({ route }) => route },
      { title: 'Age', class: 'number', text: ({ ageMs }) => time(ageMs) },
      {
        title: 'Kind',
        class: 'word',
        text: ({ stream, draining }) => (draining ? 'read on without its client' : stream ? 'stream' : 'exchange')
      },
      {
        title: 'Peer',
        class: 'word',
        text: ({ upstream, peer }) => (upstream === null ? NOTHING : `${upstream} / ${peer ?? NOTHING}`)
      },
      { title: 'Tries', class: 'number', text: ({ tries }) => count(tries) },
      { title: 'Status', class: 'number', text: ({ status }) => (status === 0 ? NOTHING : String(status)) },
      { title: 'In', class: 'number', text: ({ requestBytes }) => bytes(requestBytes) },
      { title: 'Out', class: 'number', text: ({ responseBytes }) => bytes(responseBytes) },
      { title: 'Id', class: 'code', text: ({ id }) => id }
    ],
    { keyOf: ({ id }) => id, none: 'Nothing is under way.' }
  )
  const title = heading('In flight', '', 1)
  title.append(aside)
  return {
    title: 'In flight',
    element: el('div', {}, title, table.element),
    async update() {
      const { inFlight, exchanges } = await ask('/v1/exchanges?limit=200')
      table.update(exchanges)
      aside.textContent =
        inFlight > exchanges.length ? `the oldest ${exchanges.length} of ${count(inFlight)}` : 'the oldest first'
    }
  }
}
