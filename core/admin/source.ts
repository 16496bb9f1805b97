/** What core's own endpoints read, and how one of them is put together. */
import type { StaticDecode } from '@sinclair/typebox'
import type { Snapshot } from '../assembly.ts'
import type { Clock } from '../clock.ts'
import type { ServedEndpoint } from '../endpoints/served.ts'
import type { Identities } from '../identity/identities.ts'
import type { Measures } from '../measures.ts'
import type { Endpoint, EndpointCall, EndpointHandler, Health } from '../plugin.ts'
import type { ReloadOutcome } from '../reload.ts'
import type { Traffic } from '../traffic.ts'
import type { FigureSource } from './figures.ts'

/** A running gateway, as its endpoints see it. */
export interface AdminSource {
  readonly clock: Clock
  /** When the gateway started, in ms since the epoch. */
  readonly startedAt: number
  /** What serves now. */
  readonly snapshot: () => Snapshot
  /** What goes through, in all its processes. */
  readonly going: FigureSource
  /** What this process has counted. */
  readonly measures: Measures
  readonly traffic: Traffic
  readonly isReady: () => boolean
  /** Health of every instance that tells it, by name. */
  readonly health: () => Promise<Readonly<Record<string, Health>>>
  /** Whether nobody may look without a token. */
  readonly needsToken: () => boolean
  /** A page of metrics of the processes that carry the exchanges; undefined where this one carries them itself. */
  readonly workersPage: () => Promise<string> | undefined
  readonly reload: () => Promise<ReloadOutcome>
  /** Consumers, groups and keys beside those of the file; undefined where no store for them is configured. */
  readonly identities: () => Identities | undefined
}

/** An endpoint of core, before it has a name and an owner. */
export type CoreEndpoint = Omit<ServedEndpoint, 'id' | 'owner' | 'path'>

/** An endpoint of core's own, typed by its schemas as a plugin's is. */
export function coreEndpoint<const Shape extends Endpoint>(
  endpoint: Shape,
  handle: EndpointHandler<Shape>
): CoreEndpoint {
  // What is called with was checked with the schemas that give the handler its types.
  return { endpoint, handle: handle as (call: EndpointCall) => unknown }
}

/** What an endpoint answers with. */
export type AnswerOf<Shape extends { readonly endpoint: Endpoint }> = StaticDecode<Shape['endpoint']['response']>
