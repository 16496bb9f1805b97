/**
 * Exchanges that real clients recorded with real providers. They are no part of
 * this repository: where they are not beside it, there are none.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Dialect } from '../../core/dialects/index.ts'

const ROOT = new URL('../../../shared/data/wire/corpus/', import.meta.url)

/** One recorded exchange. */
export interface Recording {
  readonly id: string
  readonly dialect: Dialect
  /** The call, in the words of the recordings: `chat.completions`. */
  readonly endpoint: string
  /** How the response is framed: `json`, `sse`, `ndjson`, `eventstream` or `other`. */
  readonly bodyKind: string
  /** What the recordings' own reader made of the usage; null where it found none. */
  readonly usage: RecordedUsage | null
  readonly isStream: boolean
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly requestBody: Buffer | undefined
  readonly status: number
  /** Headers of the response, except those of its connection and of its framing. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly responseBody: Buffer
}

/** Figures of a recording; null where it states none. */
export interface RecordedUsage {
  readonly input_total: number | null
  readonly input_uncached: number | null
  readonly cache_read: number | null
  readonly cache_write: number | null
  readonly output_total: number | null
  readonly reasoning: number | null
}

/** Whether there are recordings to read. */
export const hasCorpus = existsSync(new URL('index.dev.json', ROOT))

interface Entry {
  readonly id: string
  readonly provider: string
  readonly endpoint: string
  readonly streaming: boolean
  readonly status: number
  readonly body_kind: string
  readonly usage: RecordedUsage | null
  readonly files: { readonly request?: string; readonly response: string; readonly headers: string }
}

interface Heads {
  readonly request: { readonly method: string | null; readonly path: string | null }
  readonly response: { readonly headers: Readonly<Record<string, string | readonly string[]>> }
}

/** Reads all recordings; nothing where there are none. */
export async function readCorpus(): Promise<readonly Recording[]> {
  if (!hasCorpus) return []
  const index: { fixtures: readonly Entry[] } = JSON.parse(await readFile(new URL('index.dev.json', ROOT), 'utf8'))
  return Promise.all(index.fixtures.map(readRecording))
}

/** An error of a provider that nobody recorded, made after its documentation. */
export interface SyntheticError {
  readonly id: string
  readonly body?: unknown
  readonly sse?: string
  /** A body that is no JSON. */
  readonly raw?: string
  readonly expect_usage?: { readonly input_total: number; readonly output_total: number }
}

/** Reads the errors that no recording holds; nothing where there are none. */
export async function readSyntheticErrors(): Promise<readonly SyntheticError[]> {
  if (!hasCorpus) return []
  const lines = await readFile(new URL('../synthetic/errors.jsonl', ROOT), 'utf8')
  return lines
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}

async function readRecording(entry: Entry): Promise<Recording> {
  const open = (name: string) => readFile(new URL(`${entry.provider}/${name}`, ROOT))
  const heads: Heads = JSON.parse((await open(entry.files.headers)).toString('utf8'))
  const method = heads.request.method ?? 'POST'
  const kept = Object.entries(heads.response.headers).filter(([name]) => !FRAMING.includes(name.toLowerCase()))
  return {
    id: entry.id,
    dialect: DIALECTS[entry.endpoint] ?? 'http',
    endpoint: entry.endpoint,
    bodyKind: entry.body_kind,
    usage: entry.usage,
    isStream: entry.streaming,
    method,
    // Whoever recorded it put names of variables in place of projects.
    target: (heads.request.path ?? `/v1/${entry.endpoint.replaceAll('.', '/')}`).replaceAll(/[<>]/g, ''),
    requestBody: entry.files.request === undefined || method === 'GET' ? undefined : await open(entry.files.request),
    status: entry.status,
    headers: {
      'content-type': CONTENT_TYPES[entry.body_kind] ?? 'application/octet-stream',
      ...Object.fromEntries(kept)
    },
    responseBody: await open(entry.files.response)
  }
}

/** The bodies are kept decoded, and were framed anew. */
const FRAMING = [
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'content-encoding',
  'date',
  'trailer'
]

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  sse: 'text/event-stream',
  ndjson: 'application/x-ndjson',
  eventstream: 'application/vnd.amazon.eventstream'
}

const DIALECTS: Readonly<Record<string, Dialect>> = {
  'chat.completions': 'openai-chat',
  completions: 'openai-completions',
  responses: 'openai-responses',
  'responses.get': 'openai-responses',
  embeddings: 'openai-embeddings',
  messages: 'anthropic-messages',
  'messages.count_tokens': 'anthropic-messages',
  generateContent: 'gemini',
  streamGenerateContent: 'gemini'
}
