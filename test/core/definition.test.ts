import t from 'tap'
import { assertDefinition } from '../../core/definition.ts'
import { GatewayError } from '../../core/errors.ts'
import { CONSUMER, Digest, definePlugin, PLUGIN_BRAND, privateKey, Type } from '../../core/plugin.ts'

const sound = {
  contract: 1,
  name: 'sound',
  summary: 'Does nothing.',
  config: Type.Object({}),
  data: { reads: [] },
  setup: () => ({})
} as const

/** A definition with some fields other than sound ones, as a plugin without types could export it. */
function branded(fields: object): unknown {
  return { ...sound, ...fields, [PLUGIN_BRAND]: true }
}

/** Code and message of the refusal; undefined for a sound definition. */
function refusal(exported: unknown): readonly [code: string, message: string] | undefined {
  try {
    assertDefinition(exported, './mine.ts')
    return undefined
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return [error.code, error.message]
  }
}

t.test('accepts the smallest definition', async t => {
  t.equal(refusal(definePlugin(sound)), undefined)
})

t.test('accepts a definition that uses every field that is served', async t => {
  const full = definePlugin({
    ...sound,
    name: 'full-2',
    consumerConfig: Type.Object({ limit: Type.Integer() }),
    credential: Type.Object({ keyHash: Digest(), note: Type.Optional(Type.String()) }),
    reasons: { too_many: { status: 429, message: 'Too many.', retryable: true } },
    events: { 'key.used': Type.Object({ id: Type.String() }) },
    records: {},
    endpoints: {},
    commands: [],
    provides: [CONSUMER],
    requires: () => [privateKey('mine')],
    providesAtEnd: [],
    requiresAtEnd: [CONSUMER],
    guard: true,
    readsBody: () => false,
    data: {
      reads: ['metadata', 'identity', 'credential', 'request-body', 'response-body'],
      egress: [{ to: 'https://keys.example.com', what: 'metadata' }]
    }
  })
  t.equal(refusal(full), undefined)
})

t.test('refuses what definePlugin did not make', async t => {
  const expected = [
    'TACIT_PLUGIN_NOT_BRANDED',
    'The default export of "./mine.ts" was not made by `definePlugin`.'
  ] as const
  for (const exported of [undefined, null, 1, 'sound', [], sound, () => sound, { default: definePlugin(sound) }]) {
    t.strictSame(refusal(exported), expected)
  }
})

t.test('refuses another version of the contract before it looks at anything else', async t => {
  t.strictSame(refusal(branded({ contract: 2, name: 7 })), [
    'TACIT_PLUGIN_CONTRACT',
    '"./mine.ts" was written for version 2 of the plugin contract; this gateway speaks version 1.'
  ])
  t.strictSame(refusal(branded({ contract: undefined })), [
    'TACIT_PLUGIN_CONTRACT',
    '"./mine.ts" was written for no version of the plugin contract; this gateway speaks version 1.'
  ])
})

t.test('refuses a name that is missing or not kebab-case', async t => {
  for (const name of [undefined, '', 'Sound', 'key_auth', '-a', 'a-', 'a--b', '1st', 'a b', '../a', 'a'.repeat(65)]) {
    t.strictSame(
      refusal(branded({ name })),
      ['TACIT_PLUGIN_NAME', 'The name of "./mine.ts" must be lower-case words joined by hyphens, such as `key-auth`.'],
      `${name}`
    )
  }
})

t.test('refuses each malformed field in a sentence', async t => {
  const schema = 'must be a `Type.Object`, with `Type` from `tacit-gateway/plugin`'
  const keys = 'must be a list of keys, made by `privateKey` or `sharedKey`'
  const reason = { status: 400, message: 'No.', retryable: false }
  const cases: readonly [field: string, value: unknown, fault: string][] = [
    ['summary', undefined, 'must be one sentence on one line'],
    ['summary', 'Two\nlines.', 'must be one sentence on one line'],
    ['config', undefined, schema],
    ['config', { type: 'object', properties: {} }, schema],
    ['config', Type.String(), schema],
    ['consumerConfig', Type.Array(Type.String()), schema],
    ['credential', {}, schema],
    ['credential', Type.Object({ key: Type.String() }), 'must have exactly one property that is a `Digest`'],
    ['credential', Type.Object({ a: Digest(), b: Digest() }), 'must have exactly one property that is a `Digest`'],
    ['reasons', [], 'must be an object of reasons'],
    ['reasons', { tooMany: reason }, 'names `tooMany`, which is not snake_case'],
    ['reasons', { no: null }, 'must describe `no` with status, message and retryable'],
    ['reasons', { no: { ...reason, status: 399 } }, 'must give `no` a whole status from 400 to 599'],
    ['reasons', { no: { ...reason, status: 600 } }, 'must give `no` a whole status from 400 to 599'],
    ['reasons', { no: { ...reason, status: 429.5 } }, 'must give `no` a whole status from 400 to 599'],
    ['reasons', { no: { ...reason, status: '429' } }, 'must give `no` a whole status from 400 to 599'],
    ['reasons', { no: { ...reason, message: '' } }, 'must give `no` a message of one sentence on one line'],
    ['reasons', { no: { ...reason, retryable: undefined } }, 'must say whether `no` is retryable'],
    ['events', [], 'must be an object of event schemas'],
    ['events', { 'Key Used': Type.Object({}) }, 'names `Key Used`, which is not a lower-case word'],
    ['events', { used: {} }, 'must describe `used` with a `Type.Object`'],
    ['records', [], 'must be an object of record kinds'],
    ['endpoints', [], 'must be an object of endpoints'],
    ['commands', {}, 'must be a list'],
    ['commands', [{}], 'must name each command in one or two lower-case words, whose parts are joined by hyphens'],
    ['provides', CONSUMER, keys],
    ['provides', ['tacit/consumer'], keys],
    ['requires', [undefined], keys],
    ['providesAtEnd', () => [], keys],
    ['requiresAtEnd', {}, keys],
    ['guard', 'yes', 'must be true or false'],
    ['data', undefined, 'must say what the plugin reads'],
    [
      'data',
      { reads: ['body'] },
      'must list in `reads` only: metadata, identity, credential, request-body, response-body'
    ],
    [
      'data',
      { reads: [], egress: [{ to: 'x', what: 'all' }] },
      'must give each entry of `egress` a `to`, and a `what` of: metadata, identity, content'
    ],
    ['setup', undefined, 'must be a function'],
    ['readsBody', true, 'must be a function'],
    ['gaurd', true, 'is no field of a definition']
  ]
  for (const [field, value, fault] of cases) {
    t.strictSame(
      refusal(branded({ [field]: value })),
      ['TACIT_PLUGIN_MALFORMED', `The definition of "./mine.ts" is not well formed: \`${field}\` ${fault}.`],
      `${field}: ${fault}`
    )
  }
})

t.test('tells every fault of a definition at once', async t => {
  t.strictSame(refusal(branded({ summary: '', guard: 1, extra: 1 })), [
    'TACIT_PLUGIN_MALFORMED',
    'The definition of "./mine.ts" is not well formed: `summary` must be one sentence on one line; ' +
      '`guard` must be true or false; `extra` is no field of a definition.'
  ])
})

t.test('refuses kinds of records that could hold free text', async t => {
  const kind = { purpose: 'Counts.', class: 'usage', clear: [], fields: Type.Object({ note: Type.String() }) }
  t.match(refusal(branded({ records: { row: kind } })), [
    'TACIT_PLUGIN_MALFORMED',
    /`records` cannot be kept: .* the field `note`: a string could hold free text/
  ])
  t.equal(
    refusal(branded({ records: { row: { ...kind, fields: Type.Object({ count: Type.Integer() }) } } })),
    undefined
  )
})
