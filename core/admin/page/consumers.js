/**
 * Who may call: consumers and groups of the file and of the store; operators make, block and delete those of the store. Each
 * look is noted in the audit, so it is looked once, and again when somebody asks or has changed something.
 */
import { field, form, nameInput, outcome, rowActions } from './actions.js'
import { ask } from './api.js'
import { el, heading, liveTable } from './dom.js'
import { NOTHING } from './format.js'
import { keysPanel } from './keys.js'

const PAGE = 100

/** The view. */
export function consumersView() {
  const said = outcome()
  const keys = keysPanel()
  const id = nameInput('new-consumer', { required: true })
  const group = nameInput('new-consumer-group')
  const groupId = nameInput('new-group', { required: true })
  let consumers = []
  let isLooking = true

  const isOwn = ({ source }) => source === 'store'
  const act = (done, path, body, method) =>
    said.attempt(done, async () => {
      await ask(path, body, method)
      await look()
    })
  const block = ({ id, blocked }) =>
    act(
      `${id} is ${blocked ? 'not blocked any more' : 'blocked'}.`,
      `/v1/consumers/${id}`,
      { blocked: !blocked },
      'PATCH'
    )
  const remove = ({ id }) => {
    keys.hide(id)
    return act(`${id} is deleted.`, `/v1/consumers/${id}`, undefined, 'DELETE')
  }

  const table = liveTable(
    'Consumers',
    [
      { title: 'Consumer', text: ({ id }) => id },
      { title: 'Group', text: ({ group }) => group ?? NOTHING },
      { title: 'Labels', text: ({ labels }) => wordsOf(labels) },
      { title: 'From', text: ({ source }) => source },
      { title: 'State', text: ({ blocked }) => (blocked ? 'blocked' : 'good') },
      {
        title: 'Keys',
        class: 'deeds',
        fill: (cell, item) => {
          if (isOwn(item)) rowActions(cell, item, [{ text: () => 'Keys', work: ({ id }) => keys.show(id) }])
        }
      },
      {
        title: 'Change',
        class: 'deeds for-operators',
        fill(cell, item) {
          if (!isOwn(item)) return
          rowActions(cell, item, [
            { text: ({ blocked }) => (blocked ? 'Unblock' : 'Block'), work: block },
            { text: () => 'Delete', work: remove, question: ({ id }) => `Delete ${id}, with all its keys?` }
          ])
        }
      }
    ],
    { keyOf: ({ id, source }) => `${source} ${id}`, none: 'There is nobody yet.' }
  )
  const groups = liveTable(
    'Groups',
    [
      { title: 'Group', text: ({ id }) => id },
      { title: 'Settings for', text: ({ settings }) => Object.keys(settings ?? {}).join(', ') || NOTHING },
      { title: 'From', text: ({ source }) => source },
      {
        title: 'Change',
        class: 'deeds for-operators',
        fill(cell, item) {
          if (!isOwn(item)) return
          const work = ({ id }) => act(`${id} is deleted.`, `/v1/groups/${id}`, undefined, 'DELETE')
          rowActions(cell, item, [{ text: () => 'Delete', work, question: ({ id }) => `Delete the group ${id}?` }])
        }
      }
    ],
    { keyOf: ({ id, source }) => `${source} ${id}`, none: 'There are no groups.' }
  )
  const more = el('button', {
    type: 'button',
    class: 'quiet',
    text: 'More',
    hidden: true,
    onclick: () => said.attempt('', readMore).then(said.clear)
  })

  async function look() {
    const [{ consumers: first }, { groups: all }] = await Promise.all([
      ask(`/v1/consumers?limit=${PAGE}`),
      ask('/v1/groups?limit=1000')
    ])
    isLooking = false
    consumers = first
    more.hidden = first.filter(isOwn).length < PAGE
    table.update(consumers)
    groups.update(all)
  }

  async function readMore() {
    const after = consumers.filter(isOwn).at(-1)?.id
    const { consumers: next } = await ask(`/v1/consumers?${new URLSearchParams({ limit: PAGE, after })}`)
    consumers = [...consumers, ...next]
    more.hidden = next.length < PAGE
    table.update(consumers)
  }

  function create() {
    const made = { id: id.value.trim(), ...(group.value.trim() !== '' && { group: group.value.trim() }) }
    return act(`${made.id} is made. It has no key yet.`, '/v1/consumers', made)
  }

  function createGroup() {
    const name = groupId.value.trim()
    return act(`The group ${name} is made.`, '/v1/groups', { id: name })
  }

  const again = el('button', {
    type: 'button',
    class: 'quiet',
    text: 'Look again',
    onclick: () => said.attempt('Looked.', look)
  })
  return {
    title: 'Consumers',
    element: el(
      'div',
      {},
      heading('Consumers', 'who may call; those of the file are changed there', 1),
      table.element,
      el('p', {}, more, ' ', again),
      said.element,
      keys.element,
      el(
        'section',
        { class: 'for-operators' },
        heading('New consumer'),
        form('Make consumer', [field('Name', id), field('Group, if any', group)], create)
      ),
      heading('Groups'),
      groups.element,
      el(
        'section',
        { class: 'for-operators' },
        heading('New group'),
        form('Make group', [field('Name', groupId)], createGroup)
      )
    ),
    async update() {
      if (isLooking) await look()
    }
  }
}

function wordsOf(labels) {
  const words = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
  return words.length === 0 ? NOTHING : words.join(', ')
}
