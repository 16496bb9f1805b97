/** What can be done from the page: forms, buttons in the rows of a table, and what is said of the outcome. */
import { el, setText } from './dom.js'

/** A field of a form with its label. The same id must not be given twice on the page. */
export function field(name, input) {
  return el('div', { class: 'field' }, el('label', { for: input.id, text: name }), input)
}

/** A field for a name, which no browser should correct or remember. */
export function nameInput(id, attributes = {}) {
  return el('input', { id, spellcheck: 'false', autocomplete: 'off', ...attributes })
}

/** A form of some fields and a button. */
export function form(submit, parts, work) {
  return el(
    'form',
    {
      onsubmit(event) {
        event.preventDefault()
        work()
      }
    },
    el('div', { class: 'deed' }, ...parts, el('button', { type: 'submit', text: submit }))
  )
}

/** Says what came of something, to those who cannot see it, too. */
export function outcome() {
  const element = el('div', { 'aria-live': 'polite' })
  const say = (kind, text) => element.replaceChildren(el('p', { class: `notice ${kind}`, text }))
  return {
    element,
    clear: () => element.replaceChildren(),
    /** Does something, and says that it is done, or why it is not. */
    async attempt(done, work) {
      try {
        await work()
        say('good', done)
      } catch (error) {
        say('bad', error.message)
      }
    }
  }
}

/**
 * Fills the cell of a row with buttons, which stay the same elements, so that who has one in focus keeps it there.
 * @param item what the row is about: its `id` is part of what the buttons are called.
 * @param actions each with `text(item)` and `work(item)`; perhaps `question(item)`, which is asked before.
 */
export function rowActions(cell, item, actions) {
  const buttons = [...cell.querySelectorAll('button')]
  if (buttons.length === 0) {
    cell.append(...actions.map(() => el('button', { type: 'button', class: 'quiet' })))
    cell.addEventListener('click', event => {
      const at = [...cell.children].indexOf(event.target)
      const action = actions[at]
      const now = cell.tacitItem
      if (action === undefined) return
      if (action.question === undefined || window.confirm(action.question(now))) action.work(now)
    })
  }
  cell.tacitItem = item
  for (const [at, { text }] of actions.entries()) {
    setText(cell.children[at], text(item))
    cell.children[at].setAttribute('aria-label', `${text(item)} ${item.id}`)
  }
}
