/** Asks what the gateway would do with a request, and shows its way from the route to the answer. Nothing is sent. */
import { ask } from './api.js'
import { el, heading } from './dom.js'

const METHODS = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']

/** The view. */
export function explainView() {
  const method = el('select', { id: 'method' }, ...METHODS.map(name => el('option', { text: name })))
  const target = el('input', {
    id: 'target',
    value: '/v1/chat/completions',
    required: true,
    spellcheck: 'false',
    autocomplete: 'off'
  })
  const headers = el('textarea', {
    id: 'headers',
    rows: '4',
    spellcheck: 'false',
    autocomplete: 'off',
    placeholder: 'authorization: Bearer …'
  })
  const body = el('textarea', {
    id: 'body',
    rows: '4',
    spellcheck: 'false',
    autocomplete: 'off',
    placeholder: '{"model":"demo-large","messages":[]}'
  })
  const result = el('div', { 'aria-live': 'polite' })
  const button = el('button', { type: 'submit', text: 'Explain' })
  const form = el(
    'form',
    { class: 'explain', onsubmit: submit },
    el('div', { class: 'request' }, field('Method', method), field('Path and query', target), button),
    el('div', { class: 'parts' }, field('Headers, one in a line', headers), field('Body', body))
  )

  async function submit(event) {
    event.preventDefault()
    button.disabled = true
    try {
      const lines = headers.value
        .split('\n')
        .map(line => line.trim())
        .filter(line => line !== '')
      const request = {
        method: method.value,
        target: target.value,
        headers: lines.map(line => {
          const at = line.indexOf(':')
          return { name: line.slice(0, Math.max(at, 0)).trim(), value: line.slice(at + 1).trim() }
        }),
        ...(body.value !== '' && { body: body.value })
      }
      const { explanation } = await ask('/v1/explain', request)
      result.replaceChildren(...explained(explanation))
    } catch (error) {
      const details = (error.errors ?? []).map(({ detail }) => el('p', { text: detail }))
      result.replaceChildren(el('div', { class: 'notice bad' }, el('p', { text: error.message }), ...details))
    } finally {
      button.disabled = false
    }
  }

  return {
    title: 'Explain',
    element: el(
      'div',
      {},
      heading('Explain', 'what a gateway that has just been started would do; nothing is sent, nothing is kept', 1),
      form,
      result
    ),
    update: async () => {},
    isStill: true
  }
}

function field(name, input) {
  return el('div', { class: 'field' }, el('label', { for: input.id, text: name }), input)
}

function explained(explanation) {
  const { method, target, route, dialect, consumer, model, calls, attempts, targets, response, end } = explanation
  const { status, reason } = response
  const facts = [
    ['Route', route === undefined ? 'none matches' : `${route} (${dialect})`],
    ['Consumer', consumer],
    ['Model', model],
    ['Ends', end]
  ].filter(([, value]) => value !== undefined)
  const before = calls.filter(call => call.attempt === undefined && call.phase === 'requestFilter')
  const after = calls.filter(call => call.attempt === undefined && call.phase !== 'requestFilter')
  return [
    el(
      'div',
      { class: 'verdict' },
      el('span', { class: `status ${status < 400 ? 'good' : 'bad'}`, text: String(status) }),
      el(
        'div',
        {},
        el('p', { class: 'code', text: `${method} ${target}` }),
        el('p', { text: reason === undefined ? `from ${response.source}` : `refused: ${reason}` })
      )
    ),
    el(
      'dl',
      { class: 'facts' },
      ...facts.flatMap(([name, value]) => [el('dt', { text: name }), el('dd', { text: value })])
    ),
    el(
      'ol',
      { class: 'way' },
      step('Way in', before.map(callLine)),
      ...(targets.length > 1
        ? [
            step(
              'Targets',
              targets.map(({ upstream, chosen, why }) => line(upstream, why, chosen))
            )
          ]
        : []),
      ...attempts.map(attempt => attemptStep(attempt, calls)),
      step('Way out', after.map(callLine)),
      step(
        'Answer',
        response.headers.map(([name, value]) => line(name, value))
      )
    )
  ]
}

function step(title, lines) {
  return el(
    'li',
    {},
    el('h3', { text: title }),
    ...(lines.length === 0 ? [el('p', { class: 'quiet', text: 'Nobody acts here.' })] : lines)
  )
}

function line(name, text, isStrong = false) {
  return el(
    'p',
    { class: isStrong ? 'note strong' : 'note' },
    el('b', { class: 'what', text: name }),
    el('span', { text })
  )
}

function callLine({ phase, plugin, outcome, reason, decisions, changed }) {
  const said = [
    outcome === 'went_on' ? phase : `${phase}: ${outcome}${reason === undefined ? '' : ` (${reason})`}`,
    ...decisions
      .filter(({ name }) => name !== 'not_chosen')
      .map(
        ({ name, facts }) =>
          `${name}: ${Object.entries(facts)
            .map(([key, value]) => `${key} ${value}`)
            .join(', ')}`
      ),
    ...(changed.length === 0 ? [] : [`changes ${changed.join(', ')}`])
  ]
  return line(plugin, said.join(' · '), outcome === 'refused' || outcome === 'failed')
}

function attemptStep({ number, upstream, peer, origin, outcome, status, request, others }, calls) {
  const own = calls.filter(({ attempt }) => attempt === number)
  const headers = request === undefined ? [] : request.headers.map(([name, value]) => line(name, value))
  return el(
    'li',
    {},
    el('h3', { text: `Try ${number}: ${upstream} / ${peer}` }),
    el('p', { class: 'quiet', text: `${origin}, ${outcome}${status === undefined ? '' : ` with ${status}`}` }),
    ...own.map(callLine),
    ...others.map(other => line(`not ${other.peer}`, other.why)),
    ...(request === undefined
      ? []
      : [
          el(
            'details',
            {},
            el('summary', {
              text: `What would be sent: ${request.method} ${request.target}, ${request.bodyBytes} bytes`
            }),
            ...headers
          )
        ])
  )
}
