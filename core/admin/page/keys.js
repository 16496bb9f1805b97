/** The keys of one consumer of the store; operators make, rotate, block and revoke them. A new key is shown once. */
import { field, form, nameInput, outcome, rowActions } from './actions.js'
import { ask } from './api.js'
import { el, liveTable } from './dom.js'
import { NOTHING } from './format.js'

/** The panel: nothing is shown before somebody asks for the keys of a consumer. */
export function keysPanel() {
  const said = outcome()
  const title = el('h2', { tabindex: '-1' })
  const secret = el('div', { 'aria-live': 'polite' })
  const name = nameInput('new-key')
  const until = el('input', { id: 'new-key-until', type: 'date' })
  const grace = nameInput('key-grace', { value: '24h', required: true })
  let consumer

  const act = (done, path, body) =>
    said.attempt(done, async () => {
      const answer = await ask(path, body)
      if (answer.secret !== undefined) reveal(answer)
      await look()
    })
  const change = ({ id, blocked }) =>
    act(`${id} is ${blocked ? 'not blocked any more' : 'blocked'}.`, '/v1/keys/change', { id, blocked: !blocked })
  const rotate = ({ id }) =>
    act(`There is another key. ${id} is good for ${grace.value.trim()} more.`, '/v1/keys/rotate', {
      id,
      grace: grace.value.trim()
    })
  const revoke = ({ id }) => act(`${id} is revoked.`, '/v1/keys/revoke', { id })

  const table = liveTable(
    'Keys',
    [
      { title: 'Key', text: ({ id }) => id },
      { title: 'Begins with', class: 'code', text: ({ prefix }) => prefix ?? NOTHING },
      { title: 'For', text: ({ plugin }) => plugin },
      { title: 'State', text: stateOf },
      {
        title: 'Good until',
        text: ({ expiresAt }) => (expiresAt === null ? NOTHING : new Date(expiresAt).toLocaleString())
      },
      {
        title: 'Change',
        class: 'deeds for-operators',
        fill: (cell, item) =>
          rowActions(cell, item, [
            { text: ({ blocked }) => (blocked ? 'Unblock' : 'Block'), work: change },
            { text: () => 'Rotate', work: rotate },
            {
              text: () => 'Revoke',
              work: revoke,
              question: ({ id }) => `Revoke ${id}? It is refused everywhere, for good.`
            }
          ])
      }
    ],
    { keyOf: ({ id }) => id, none: 'It has no keys.' }
  )

  /** Until it is hidden, or other keys are looked at: nobody is told again. */
  function reveal({ key, secret: text }) {
    const shown = el('input', {
      id: 'secret',
      readonly: true,
      value: text,
      class: 'code',
      size: '54',
      spellcheck: 'false'
    })
    secret.replaceChildren(
      el(
        'div',
        { class: 'notice good' },
        el('p', { text: `The new key ${key.id}. Copy it now: it is kept nowhere.` }),
        field('Key', shown),
        el('button', { type: 'button', class: 'quiet', text: 'Hide the key', onclick: () => secret.replaceChildren() })
      )
    )
    shown.select()
  }

  async function look() {
    const { keys } = await ask(`/v1/keys?${new URLSearchParams({ consumer, limit: 1000 })}`)
    table.update(keys)
  }

  function create() {
    return act('The key is made.', '/v1/keys', {
      consumer,
      ...(name.value.trim() !== '' && { id: name.value.trim() }),
      ...(until.value !== '' && { expires: until.value })
    })
  }

  const element = el(
    'section',
    { hidden: true, 'aria-label': 'Keys' },
    title,
    table.element,
    secret,
    said.element,
    el(
      'div',
      { class: 'for-operators' },
      form('Make key', [field('Key name, if any', name), field('Good until', until)], create),
      el('div', { class: 'deed' }, field('After rotating, the old key is good for', grace))
    )
  )
  return {
    element,
    async show(id) {
      consumer = id
      title.textContent = `Keys of ${id}`
      secret.replaceChildren()
      element.hidden = false
      await said.attempt('', look)
      said.clear()
      title.focus()
    },
    hide(id) {
      if (id !== consumer) return
      secret.replaceChildren()
      element.hidden = true
    }
  }
}

function stateOf({ blocked, notBeforeAt, expiresAt }) {
  if (blocked) return 'blocked'
  if (expiresAt !== null && expiresAt <= Date.now()) return 'expired'
  return notBeforeAt !== null && notBeforeAt > Date.now() ? 'not yet good' : 'good'
}
