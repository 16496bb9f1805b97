import t from 'tap'
import { isRow, MAX_ROW_LENGTH, readRow } from '../../../core/identity/rows.ts'
import { consumerRow, credentialRow, groupRow } from './support.ts'

t.test('reads rows of each kind, and takes none for another', async t => {
  const rows = {
    consumer: consumerRow('team', { group: 'gold', labels: { a: 'b' }, settings: { 'rate-limit': { burst: 1 } } }),
    group: groupRow('gold', { settings: { 'rate-limit': { burst: 1 } } }),
    credential: credentialRow('team/key-auth/1', 'team', 'secret', { notBeforeAt: 1, expiresAt: 2 })
  }
  for (const kind of ['consumer', 'group', 'credential'] as const) {
    for (const other of ['consumer', 'group', 'credential'] as const) {
      const read = readRow(kind, JSON.stringify(rows[other]))
      if (kind === other) t.strictSame(read, rows[other])
      else t.equal(read, undefined, `${other} as ${kind}`)
    }
  }
})

t.test('believes nothing that is malformed, unknown or too long', async t => {
  const team = consumerRow('team')
  const strange: readonly unknown[] = [
    undefined,
    7,
    '',
    '{',
    'null',
    '[]',
    JSON.stringify({ ...team, more: 1 }),
    JSON.stringify({ ...team, blocked: 'no' }),
    JSON.stringify({ ...team, id: 'Team' }),
    JSON.stringify({ ...team, revision: 0 }),
    JSON.stringify({ ...team, labels: { a: 7 } }),
    JSON.stringify({ ...team, settings: { a: { long: 'x'.repeat(MAX_ROW_LENGTH) } } })
  ]
  for (const text of strange) t.equal(readRow('consumer', text), undefined, `${text}`.slice(0, 80))
  for (const digest of ['sha256:abc', 'the-key-itself', `sha256:${'a'.repeat(43)}`]) {
    t.equal(isRow('credential', { ...credentialRow('k', 'team', 's'), digest }), false, digest)
  }
})
