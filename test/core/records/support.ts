/** What tests of records share: kinds, a store in a folder of its own, and a look at all bytes of a folder. */
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../../core/clock.ts'
import { Instant, KnownName, Pseudonym, SealedText, SecretText, Type, Uuid } from '../../../core/plugin.ts'
import { openRootKey } from '../../../core/records/key-store.ts'
import { LocalMasterKey } from '../../../core/records/master-key.ts'
import { keyFile } from '../../../core/records/partitions.ts'
import { Records, type RecordsOptions } from '../../../core/records/records.ts'
import { Vocabulary } from '../../../core/records/vocabulary.ts'
import { RecordWriter } from '../../../core/records/writer.ts'
import type { Teardown } from '../../support/upstream.ts'

/** The first moment of a day of 2026. */
export const NEW_YEAR = Date.UTC(2026, 0, 1)
export const DAY_MS = 86_400_000
export const LIVES = {
  access: 7 * DAY_MS,
  usage: 7 * DAY_MS,
  billing: 400 * DAY_MS,
  audit: 400 * DAY_MS,
  account: 400 * DAY_MS,
  consent: 400 * DAY_MS
}

/** A kind with fields of most types. */
export const USAGE = {
  purpose: 'Shows what was used.',
  class: 'usage',
  subject: 'consumer',
  id: 'exchange',
  at: 'startedAt',
  clear: ['route', 'status', 'consumer', 'streamed'],
  fields: Type.Object({
    exchange: Uuid(),
    startedAt: Instant(),
    consumer: Type.Optional(KnownName('consumer')),
    route: KnownName('route'),
    status: Type.Integer({ minimum: 0, maximum: 599 }),
    streamed: Type.Boolean(),
    model: Type.Optional(KnownName('model')),
    caller: Type.Optional(Pseudonym()),
    tokens: Type.Integer({ minimum: 0 }),
    costNano: Type.BigInt(),
    durationMs: Type.Number({ minimum: 0 }),
    end: Type.String({ enum: ['complete', 'client_gone'] })
  })
} as const

/** A kind that holds text of people. */
export const ACCOUNT = {
  purpose: 'Knows whom to write to.',
  class: 'account',
  subject: 'consumer',
  clear: ['consumer'],
  fields: Type.Object({ consumer: KnownName('consumer'), contact: SealedText({ maxLength: 200 }) })
} as const

export const CONSUMERS = ['canary-consumer-one', 'canary-consumer-two']

export function vocabulary(): Vocabulary {
  const names = new Vocabulary()
  names.add('consumer', CONSUMERS)
  names.add('route', ['canary-route', 'other-route'])
  names.add('model', ['canary-model'])
  return names
}

/** A row of {@link USAGE}; `index` makes it different from others. */
export function usageRow(index: number, at: number, more: Readonly<Record<string, unknown>> = {}) {
  return {
    exchange: `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`,
    startedAt: at,
    consumer: CONSUMERS[index % 2],
    route: 'canary-route',
    status: 200,
    streamed: index % 3 === 0,
    model: 'canary-model',
    caller: `192.0.2.${index % 250}`,
    tokens: index,
    costNano: BigInt(index) * 1_000_000_007n,
    durationMs: index / 8,
    end: 'complete',
    ...more
  }
}

export function masterKey(seed = '5a'): LocalMasterKey {
  return new LocalMasterKey(new SecretText(seed.repeat(32)))
}

/** A folder that is gone at the end of the test. @param within the folder that it is made in. */
export async function folder(t: Teardown, within = tmpdir()): Promise<string> {
  const directory = await mkdtemp(join(within, 'tacit-records-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** Records in a folder; closed at the end of the test. */
export async function openTestRecords(
  t: Teardown,
  clock: Clock,
  options: Partial<RecordsOptions> = {}
): Promise<Records> {
  const records = await Records.open({
    directory: options.directory ?? (await folder(t)),
    masterKeys: [masterKey()],
    clock,
    vocabulary: vocabulary(),
    lives: LIVES,
    ...options
  })
  t.teardown(() => records.close())
  return records
}

/** A writer without its thread. */
export async function openTestWriter(directory: string): Promise<RecordWriter> {
  return new RecordWriter({ directory, root: await openRootKey(keyFile(directory), [masterKey()]) })
}

/** Every file below a folder. */
export function filesIn(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}

/** Files below a folder that hold a text, in UTF-8 or UTF-16. */
export function filesWith(directory: string, text: string): readonly string[] {
  const forms = [Buffer.from(text, 'utf8'), Buffer.from(text, 'utf16le')]
  return filesIn(directory).filter(file => {
    const bytes = readFileSync(file)
    return forms.some(form => bytes.includes(form))
  })
}
