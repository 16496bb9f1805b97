import t from 'tap'
import { KnownName, SealedText, Type, Uuid } from '../../../core/plugin.ts'
import { compileKind, kindsFault } from '../../../core/records/kind.ts'
import { ACCOUNT, USAGE } from './support.ts'

const faultOf = (changes: object) => kindsFault('some', { usage: { ...USAGE, ...changes } })

t.test('lays out columns and what is sealed', async t => {
  const kind = compileKind('metering', 'usage', USAGE)
  t.equal(kind.name, 'metering.usage')
  t.strictSame(
    kind.clear.map(({ name }) => name),
    ['route', 'status', 'streamed']
  )
  t.strictSame(
    kind.sealed.map(({ name }) => name),
    ['consumer', 'model', 'tokens', 'costNano', 'durationMs', 'end', 'caller'],
    'the subject is sealed although it can be asked for, and pseudonyms come last'
  )
  t.equal(kind.holdsText, false)
  t.equal(compileKind('privacy', 'account', ACCOUNT).holdsText, true)
})

t.test('refuses a kind whose schema could hold free text', async t => {
  const fields = Type.Object({ ...USAGE.fields.properties, note: Type.String({ maxLength: 20 }) })
  t.match(faultOf({ fields }), /"some\.usage" cannot be kept: the field `note`: a string could hold free text/)
  t.match(
    faultOf({ clear: ['contact'], fields: Type.Object({ contact: SealedText({ maxLength: 9 }) }) }),
    /is always sealed/
  )
})

t.test('refuses kinds that do not add up', async t => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ class: 'notes' }, /must have a purpose, a class/],
    [{ purpose: ' ' }, /must have a purpose/],
    [{ clear: 'route' }, /list of clear columns/],
    [{ clear: ['nothing'] }, /is a clear column and no field/],
    [{ clear: ['route', 'route'] }, /named twice/],
    [{ clear: ['costNano'] }, /bigint, which is always sealed/],
    [{ subject: 'tokens' }, /its subject must be/],
    [{ subject: 'nobody' }, /its subject must be/],
    [{ id: 'route' }, /its `id` must name a `Uuid`/],
    [{ at: 'route' }, /its `at` must name an `Instant`/],
    [{ at: undefined }, /need an `at`, too/],
    [{ longestLifeMs: 1 }, /longest life must be 2 days/],
    [{ fields: Type.Object({}), clear: [] }, /1 to 64 fields/],
    [{ extra: 1 }, /`extra` is no key of a kind/]
  ]
  for (const [changes, message] of cases) t.match(faultOf(changes), message)
  t.match(kindsFault('some', { 'Big Name': USAGE }), /its name must be lower-case words/)
  t.match(kindsFault('some', { usage: null }), /must have a purpose/)
  t.equal(kindsFault('some', { usage: USAGE, account: ACCOUNT }), undefined)
})

t.test('takes a kind without a subject', async t => {
  const kind = compileKind('some', 'thing', {
    purpose: 'Counts.',
    class: 'access',
    clear: [],
    fields: Type.Object({ route: KnownName('route'), other: Uuid() })
  })
  t.equal(kind.subject, undefined)
})
