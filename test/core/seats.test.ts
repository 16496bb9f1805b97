import t from 'tap'
import { type Filled, takeSeats, type Wanted } from '../../core/seats.ts'

const limit = { name: 'limit' }
const auth = { name: 'auth' }

/** `route a limit 1` is a use of `limit` on route a whose config comes to 1. */
function uses(...texts: readonly string[]): readonly Wanted[] {
  return texts.map(text => {
    const [, owner = '', name, fingerprint = ''] = /^(.*) (limit|auth) (.*)$/.exec(text) ?? []
    return { owner, definition: name === 'limit' ? limit : auth, fingerprint }
  })
}

/** Fills uses after others were filled; instances are called by their configuration. */
function fill(wanted: readonly Wanted[], before: readonly Filled<string>[] = [], gone = ''): readonly Filled<string>[] {
  const seats = takeSeats(wanted, before, instance => instance !== gone)
  return wanted.map((use, index) => {
    const { name = '', kept } = seats[index] ?? {}
    return { ...use, name, instance: kept ?? `new ${use.fingerprint}` }
  })
}

const shown = (filled: readonly Filled<string>[]) => filled.map(({ name, instance }) => `${name}: ${instance}`)
const settled = (filled: readonly Filled<string>[]) =>
  filled.map(entry => ({ ...entry, instance: entry.instance.replace('new', 'old') }))

t.test('numbers uses of the same plugin in the order of the file', async t => {
  t.strictSame(shown(fill(uses('all auth 1', 'route a limit 1', 'route b limit 1', 'route b auth 1'))), [
    'auth: new 1',
    'limit: new 1',
    'limit#2: new 1',
    'auth#2: new 1'
  ])
})

t.test('keeps what is used as before, and its name, whatever stands before it now', async t => {
  const before = settled(fill(uses('route a limit 1', 'route b limit 2')))
  t.strictSame(shown(fill(uses('route new limit 9', 'route b limit 2', 'route a limit 1'), before)), [
    'limit#3: new 9',
    'limit#2: old 2',
    'limit: old 1'
  ])
})

t.test('sets up anew what is configured otherwise, under its old name', async t => {
  const before = settled(fill(uses('route a limit 1', 'route a limit 2', 'route a auth 1')))
  t.strictSame(shown(fill(uses('route a limit 1', 'route a limit 3', 'route a auth 1'), before)), [
    'limit: old 1',
    'limit#2: new 3',
    'auth: old 1'
  ])
})

t.test('takes no instance from another place, and none twice', async t => {
  const before = settled(fill(uses('route a limit 1', 'route b limit 1')))
  t.strictSame(shown(fill(uses('route a limit 1', 'route a limit 1', 'upstream b limit 1'), before)), [
    'limit: old 1',
    'limit#2: new 1',
    'limit#3: new 1'
  ])
})

t.test('an instance that may not stay is replaced under its name', async t => {
  const before = settled(fill(uses('route a limit 1')))
  t.strictSame(shown(fill(uses('route a limit 1'), before, 'old 1')), ['limit: new 1'])
})

t.test('names that became free are given again', async t => {
  const before = settled(fill(uses('route a limit 1', 'route b limit 1', 'route c limit 1')))
  t.strictSame(shown(fill(uses('route c limit 1', 'route d limit 1', 'route e limit 1'), before)), [
    'limit#3: old 1',
    'limit: new 1',
    'limit#2: new 1'
  ])
})
