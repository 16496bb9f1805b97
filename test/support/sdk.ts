/**
 * The official SDKs on two sides: straight at a demo upstream, and at a gateway
 * with another one behind it. A scenario that is run on both must come to the
 * same whole value.
 */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { Test } from 'tap'
import { DEMO_KEY } from '../../examples/demo-upstream/hints.ts'
import { type DemoRequest, startDemoUpstream } from '../../examples/demo-upstream/server.ts'
import { embeddedConfiguration, startTestGateway } from './gateway.ts'

/** What the demo upstreams take, and the embedded configuration sends. */
const UPSTREAM_KEY = 'demo-upstream-key'

/** What a demo upstream saw of one request. */
export interface Seen {
  readonly request: DemoRequest
  /** Resolves when the exchange is over there; never rejects. */
  readonly ended: Promise<{ readonly clean: boolean; readonly atMs: number }>
}

/** One way from the SDKs to a demo upstream. */
export interface Side {
  readonly name: 'direct' | 'gateway'
  /** Neither SDK retries unless a scenario says so. */
  readonly openai: OpenAI
  readonly anthropic: Anthropic
  /** Every request that reached the upstream, in order. */
  readonly seen: readonly Seen[]
  /** Resolves with the next request that reaches the upstream. */
  nextSeen(): Promise<Seen>
}

/** Both sides; they end with the test. */
export interface Sides {
  readonly direct: Side
  readonly gateway: Side
}

/**
 * Starts both sides. The gateway runs the configuration that `npm start` runs.
 * @param change What is different in its text.
 */
export async function startSides(t: Test, change: (text: string) => string = text => text): Promise<Sides> {
  const straight = await startSeen(t)
  const behind = await startSeen(t)
  const gateway = await startTestGateway(t, change(await embeddedConfiguration()), {
    environment: { DEMO_NORTH: behind.url, DEMO_SOUTH: behind.url }
  })
  return {
    direct: { name: 'direct', ...clients(straight.url, UPSTREAM_KEY), ...straight },
    gateway: { name: 'gateway', ...clients(gateway.url, DEMO_KEY), ...behind }
  }
}

/**
 * Runs a scenario on both sides and compares what came of it.
 * @returns what came of it, for the test to say more about.
 */
export async function sameOnBothSides<Value>(
  t: Test,
  { direct, gateway }: Sides,
  scenario: (side: Side) => Promise<Value>
): Promise<Value> {
  const expected = await scenario(direct)
  t.strictSame(await scenario(gateway), expected, 'the same through the gateway')
  return expected
}

/** A chat of one message, for OpenAI's SDK. */
export function chat(content: string) {
  return { model: 'demo-large', messages: [{ role: 'user' as const, content }] }
}

/** The same for Anthropic's. */
export function message(content: string) {
  return { ...chat(content), max_tokens: 10_000 }
}

/** What came of a promise, as plain values: its value, or all that an SDK tells of an error. */
export async function outcome<Value>(work: PromiseLike<Value>): Promise<{ value: Value } | { error: object }> {
  try {
    return { value: await work }
  } catch (error) {
    return { error: describeError(error) }
  }
}

/** All items of a stream, and the error that it ended with, if it did. */
export async function drain<Item>(work: PromiseLike<AsyncIterable<Item>>): Promise<{ items: Item[]; error?: object }> {
  const items: Item[] = []
  try {
    for await (const item of await work) items.push(item)
  } catch (error) {
    return { items, error: describeError(error) }
  }
  return { items }
}

/** Headers of a response that a gateway has no part in, sorted. */
export function plainHeaders(headers: Headers): readonly (readonly [string, string])[] {
  return [...headers].filter(([name]) => !GATEWAY_HEADERS.includes(name)).sort(([one], [two]) => (one < two ? -1 : 1))
}

/** What belongs to one connection, or to the gateway, or to the moment. */
const GATEWAY_HEADERS: readonly string[] = [
  'connection',
  'keep-alive',
  'transfer-encoding',
  'date',
  'via',
  'x-accel-buffering',
  'x-tacit-request-id',
  'x-tacit-upstream',
  'x-tacit-attempts',
  'x-tacit-overhead-ms'
]

function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { thrown: error }
  const facts: Record<string, unknown> = { class: error.constructor.name, message: error.message }
  for (const name of ['status', 'code', 'param', 'type', 'error', 'requestID'] as const) {
    if (name in error) facts[name] = Reflect.get(error, name)
  }
  const headers = Reflect.get(error, 'headers')
  return headers instanceof Headers ? { ...facts, headers: plainHeaders(headers) } : facts
}

function clients(url: string, apiKey: string) {
  return {
    openai: new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 }),
    anthropic: new Anthropic({ baseURL: url, apiKey, maxRetries: 0 })
  }
}

async function startSeen(t: Test) {
  const seen: Seen[] = []
  const ends = new Map<DemoRequest, (end: { clean: boolean; atMs: number }) => void>()
  const takers: ((seen: Seen) => void)[] = []
  const upstream = await startDemoUpstream({
    apiKey: UPSTREAM_KEY,
    observer: {
      started(request) {
        const { promise: ended, resolve } = Promise.withResolvers<{ clean: boolean; atMs: number }>()
        ends.set(request, resolve)
        const entry = { request, ended }
        seen.push(entry)
        takers.shift()?.(entry)
      },
      ended(request, clean) {
        ends.get(request)?.({ clean, atMs: performance.now() })
        ends.delete(request)
      }
    }
  })
  t.teardown(() => upstream.close())
  return { url: upstream.url, seen, nextSeen: () => new Promise<Seen>(resolve => takers.push(resolve)) }
}
