/**
 * Puts the page together: one view at a time, asked anew every two seconds while somebody looks. The next question waits
 * for the answer to the one before, so a slow gateway is asked less.
 */
import { ask, hasToken, Refusal, setToken } from './api.js'
import { configurationView } from './configuration.js'
import { consumersView } from './consumers.js'
import { el, setText } from './dom.js'
import { exchangesView } from './exchanges.js'
import { explainView } from './explain.js'
import { time } from './format.js'
import { limitsView } from './limits.js'
import { pluginsView } from './plugins.js'
import { trafficView } from './traffic.js'
import { usageView } from './usage.js'

const EVERY_MS = 2000
const SLOWEST_MS = 15_000
const MAKERS = {
  traffic: trafficView,
  exchanges: exchangesView,
  plugins: pluginsView,
  consumers: consumersView,
  limits: limitsView,
  usage: usageView,
  configuration: configurationView,
  explain: explainView
}

const main = document.getElementById('main')
const state = document.getElementById('state')
const stateText = document.getElementById('state-text')
const forget = document.getElementById('forget')
const views = new Map()
let timer
let turn = 0
let waitMs = EVERY_MS

function currentName() {
  const name = location.hash.slice(1)
  return Object.hasOwn(MAKERS, name) ? name : 'traffic'
}

function show() {
  const name = currentName()
  if (!views.has(name)) views.set(name, MAKERS[name]())
  const view = views.get(name)
  document.title = `${view.title} · Tacit`
  for (const link of document.querySelectorAll('nav a')) {
    if (link.hash === `#${name}`) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  if (main.firstElementChild !== view.element) main.replaceChildren(view.element)
  return view
}

function tell(kind, text) {
  state.dataset.kind = kind
  setText(stateText, text)
}

/** Asks for what is shown, now and then again. Of two turns the later one counts. */
async function look() {
  clearTimeout(timer)
  const mine = ++turn
  const view = show()
  try {
    const [status] = await Promise.all([ask('/v1/status'), view.update()])
    if (mine !== turn) return
    tell(status.ready ? 'good' : 'warn', status.ready ? 'Live' : 'Not ready')
    setText(
      document.getElementById('about'),
      `Tacit ${status.version} on Node ${status.node}, up for ${time(status.uptimeMs)}, ${status.file}`
    )
    setText(document.getElementById('actor'), `asked as ${status.actor.id} (${status.actor.role})`)
    forget.hidden = !hasToken()
    // A link sends no token.
    document.getElementById('openapi').hidden = hasToken()
    document.body.dataset.role = status.actor.role
    waitMs = EVERY_MS
  } catch (error) {
    if (mine !== turn) return
    if (error instanceof Refusal && error.needsToken) {
      askForToken(error)
      return
    }
    tell('bad', error instanceof Refusal && error.status === 0 ? 'No answer' : 'Trouble')
    waitMs = Math.min(waitMs * 2, SLOWEST_MS)
  }
  if (!document.hidden) timer = setTimeout(look, waitMs)
}

function askForToken(refusal) {
  tell('warn', 'Locked')
  setToken(undefined)
  views.clear()
  forget.hidden = true
  const input = el('input', { id: 'token', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true })
  const form = el(
    'form',
    {
      class: 'lock',
      onsubmit(event) {
        event.preventDefault()
        setToken(input.value.trim())
        look()
      }
    },
    el('h1', { text: 'A token, please' }),
    el('p', {
      role: 'alert',
      text:
        refusal.reason === 'token_missing' ? 'This gateway shows itself to those who have a token.' : refusal.message
    }),
    el('label', { for: 'token', text: 'Token' }),
    el('div', { class: 'together' }, input, el('button', { type: 'submit', text: 'Look' })),
    el(
      'p',
      { class: 'quiet' },
      'It stays in this tab and is forgotten with it. ',
      el('code', { text: 'tacit key new' }),
      ' makes one; its digest goes under ',
      el('code', { text: 'admin.tokens' }),
      '.'
    )
  )
  main.replaceChildren(form)
  input.focus()
}

window.addEventListener('hashchange', () => {
  look()
  main.focus({ preventScroll: true })
  window.scrollTo(0, 0)
})
document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(timer)
  else if (document.getElementById('token') === null) look()
})
forget.addEventListener('click', () => {
  setToken(undefined)
  views.clear()
  look()
})
look()
