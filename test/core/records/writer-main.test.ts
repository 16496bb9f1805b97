import t from 'tap'
import { openRootKey } from '../../../core/records/key-store.ts'
import type { WriterAnswers, WriterCall } from '../../../core/records/messages.ts'
import { keyFile } from '../../../core/records/partitions.ts'
import { RecordThread } from '../../../core/records/thread.ts'
import { folder, masterKey, openTestWriter } from './support.ts'

const FILE = new URL('../../../core/records/writer-main.ts', import.meta.url)

t.test('opens a writer in a thread, and closes it', async t => {
  const directory = await folder(t)
  const root = await openRootKey(keyFile(directory), [masterKey()])
  const thread = new RecordThread<WriterCall, WriterAnswers>(FILE, { directory, root })
  t.teardown(() => thread.end())
  await thread.ready
  t.strictSame(await thread.call({ method: 'expire', days: [] }), [])
  await thread.call({ method: 'close' })
  const next = await openTestWriter(directory)
  next.close()
})

t.test('says why it cannot', async t => {
  const directory = await folder(t)
  const root = await openRootKey(keyFile(directory), [masterKey()])
  const other = { generation: root.generation, key: Buffer.alloc(32) }
  const thread = new RecordThread<WriterCall, WriterAnswers>(FILE, { directory, root: other })
  t.teardown(() => thread.end())
  await t.rejects(thread.ready, { code: 'TACIT_SEAL_BROKEN' })
})
