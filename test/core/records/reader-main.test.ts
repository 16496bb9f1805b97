import t from 'tap'
import { openRootKey } from '../../../core/records/key-store.ts'
import type { ReaderAnswers, ReaderCall } from '../../../core/records/messages.ts'
import { keyFile } from '../../../core/records/partitions.ts'
import { checkQuery } from '../../../core/records/query.ts'
import { RecordThread } from '../../../core/records/thread.ts'
import { folder, masterKey } from './support.ts'

t.test('answers questions in a thread', async t => {
  const directory = await folder(t)
  const root = await openRootKey(keyFile(directory), [masterKey()])
  const file = new URL('../../../core/records/reader-main.ts', import.meta.url)
  const thread = new RecordThread<ReaderCall, ReaderAnswers>(file, { directory, root })
  t.teardown(() => thread.end())
  await thread.ready
  const query = checkQuery({})
  t.strictSame(await thread.call({ method: 'query', kind: 'a.b', query }), { rows: [], cursor: undefined })
  t.equal(await thread.call({ method: 'forget' }), undefined)
  t.equal(await thread.call({ method: 'close' }), undefined)
})
