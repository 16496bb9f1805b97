/** A disk that is full under the rows: a real one, of a MiB, where a file system may be mounted. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { send } from '../support/client.ts'
import { keptRows, recordsFolder, TEST_MASTER_KEY } from '../support/kept-rows.ts'
import { startProcess, writeLedgerGateway } from '../support/killed-gateways.ts'

t.setTimeout(300_000)

const BODY = JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'Good morning' }] })

type Tap = Parameters<typeof recordsFolder>[0]

/** A folder whose disk can be filled. */
interface Disk {
  readonly folder: string
  /** Leaves no room for another row. */
  fill(): void
  makeRoom(): void
}

/** A file system in memory; undefined for who may not mount one. */
async function smallDisk(t: Tap): Promise<Disk | undefined> {
  const folder = join(await recordsFolder(t), 'disk')
  mkdirSync(folder)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status !== 0) return undefined
  t.teardown(() => spawnSync('umount', ['-l', folder]))
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill() {
      const block = Buffer.alloc(4096)
      try {
        for (;;) writeFileSync(ballast, block, { flag: 'a' })
      } catch {
        // No space is left, which is what was wanted.
      }
    },
    makeRoom: () => rmSync(ballast)
  }
}

t.test('calls are served, rows wait, the gateway says so, and no row is lost or torn', async t => {
  const disk = await smallDisk(t)
  if (disk === undefined) {
    t.comment('SKIPPED: this machine lets nobody do that')
    return
  }
  const { folder } = disk
  const records = { directory: join(folder, 'rows'), masterKey: TEST_MASTER_KEY }
  const { url, adminUrl, child, exited, says } = await started(t, 'serving', { records })
  const complete: string[] = []
  const ask = async (calls: number) => {
    for (let call = 0; call < calls; call++) {
      const answer = await send({ url: `${url}/v1/chat/completions`, method: 'POST', body: BODY })
      if (answer.status !== 200) throw new Error(`a call was answered ${answer.status}`)
      complete.push(String(answer.headers['x-id']))
    }
  }
  await ask(20)
  disk.fill()
  // Until a commit has failed: until then rows may still have found some room.
  while ((await stateOf(adminUrl)) !== 'degraded') await ask(5)
  await says('records_failed')
  await ask(20)
  disk.makeRoom()
  while ((await stateOf(adminUrl)) !== 'ok');
  await ask(5)
  t.match(await bodyOf(`${adminUrl}/metrics`), /^tacit_records_lost 0$/m)
  child.kill('SIGTERM')
  t.equal((await exited).code, 0)

  const rows = await keptRows(records.directory, 'ledger.usage')
  t.strictSame(rows.map(({ id }) => id).sort(), complete.toSorted(), `${rows.length} rows, each once`)
  t.strictSame(
    rows.filter(({ fields }) => fields.cost !== 140_000n),
    [],
    'and none is torn'
  )
})

t.test('a ledger that must not miss a row refuses when its queue is half full, and serves again', async t => {
  const disk = await smallDisk(t)
  if (disk === undefined) {
    t.comment('SKIPPED: this machine lets nobody do that')
    return
  }
  const records = { directory: join(disk.folder, 'rows'), masterKey: TEST_MASTER_KEY, queue: '16KiB' }
  const plugins = [{ use: 'ledger', config: { onStoreFailure: 'deny' } }, { use: 'metering' }]
  const { url, adminUrl, child, exited } = await started(t, 'strict', { records }, plugins)
  const complete: string[] = []
  const ask = async () => {
    const answer = await send({ url: `${url}/v1/chat/completions`, method: 'POST', body: BODY })
    if (answer.status === 200) complete.push(String(answer.headers['x-id']))
    return answer
  }
  await ask()
  disk.fill()
  let answer = await ask()
  while (answer.status === 200) answer = await ask()
  t.equal(answer.status, 503)
  t.match(JSON.parse(String(answer.body)), { error: { code: 'ledger_unavailable' } })
  while ((await stateOf(adminUrl)) !== 'failed');
  disk.makeRoom()
  while ((await ask()).status !== 200);
  t.match(await bodyOf(`${adminUrl}/metrics`), /^tacit_records_lost 0$/m)
  child.kill('SIGTERM')
  t.equal((await exited).code, 0)
  const rows = await keptRows(records.directory, 'ledger.usage')
  t.strictSame(
    rows.map(({ id }) => id).sort(),
    complete.toSorted(),
    `${rows.length} rows, one for each call that was served`
  )
})

async function started(t: Tap, name: string, settings: object, plugins?: readonly object[]) {
  const folder = await recordsFolder(t)
  const running = await startProcess(t, await writeLedgerGateway(t, folder, name, { ...settings }, plugins))
  return { ...running, adminUrl: await running.reports(/admin[^\n]*? (http:\/\/[\d.:]*\d)/) }
}

async function bodyOf(url: string): Promise<string> {
  return String((await send({ url })).body)
}

/** How the records are, as the admin listener tells; it asks once a second. */
async function stateOf(adminUrl: string): Promise<unknown> {
  return JSON.parse(await bodyOf(`${adminUrl}/health/ready`)).plugins.records.status
}
