/**
 * A host that tells what a plugin uses of it. Answers as the host it stands in
 * front of; where that one may have to ask a store, it can be made to take time.
 */
import type { InstanceHost } from '../../instances.ts'
import { isPromise } from '../../pipeline/flows.ts'
import type { MaybePromise, PluginDefinition } from '../../plugin.ts'
import type { ContractCheck } from './report.ts'

/** Is told what a plugin uses. */
export interface HostEvents {
  /** A part of the host was used, such as `store.get`. */
  used(part: string): void
  /** Something was read that has to be declared. `how` is the beginning of a sentence. */
  reads(what: PluginDefinition['data']['reads'][number], how: string): void
  /** Something was sent to another system. */
  sends(): void
  /** The plugin begins to wait. @returns what it waits for. */
  waits<Value>(answer: Promise<Value>): Promise<Value>
  fault(check: ContractCheck, what: string): void
}

/** @param isSlow whether credentials and limits are waited for, as they are where a store has to be asked. */
export function probedHost(host: InstanceHost, events: HostEvents, isSlow: boolean): InstanceHost {
  const { credentials, consumers, limits, store } = host
  const wait = <Value>(part: string, ask: () => Promise<Value>): Promise<Value> => {
    events.used(part)
    return events.waits(ask())
  }
  const mayWait = <Value>(part: string, ask: () => MaybePromise<Value>): MaybePromise<Value> => {
    events.used(part)
    const answer = ask()
    if (isPromise(answer)) return events.waits(answer)
    return isSlow ? events.waits(Promise.resolve(answer)) : answer
  }
  return {
    ...host,
    every(periodMs, work) {
      host.every(periodMs, () => {
        const failed = () => events.fault('phases', 'what it runs with `host.every` throws')
        try {
          const outcome = work()
          return isPromise(outcome) ? outcome.catch(failed) : outcome
        } catch {
          failed()
        }
      })
    },
    credentials: {
      digest(credential) {
        events.reads('credential', 'uses host.credentials')
        return credentials.digest(credential)
      },
      find(digest) {
        events.reads('credential', 'uses host.credentials')
        return mayWait('credentials.find', () => credentials.find(digest))
      }
    },
    consumers: {
      find(id) {
        events.reads('identity', 'uses host.consumers')
        return mayWait('consumers.find', () => consumers.find(id))
      },
      guest(name, about) {
        events.reads('identity', 'uses host.consumers')
        return consumers.guest(name, about)
      }
    },
    settings(consumer, credential) {
      events.reads('identity', 'uses host.settings')
      return host.settings(consumer, credential)
    },
    groupSettings(consumer) {
      events.reads('identity', 'uses host.groupSettings')
      return host.groupSettings(consumer)
    },
    limits: {
      hold: (exchange, claims) => mayWait('limits.hold', () => limits.hold(exchange, claims)),
      read: asked => mayWait('limits.read', () => limits.read(asked)),
      topUp: (counter, amount) => mayWait('limits.topUp', () => limits.topUp(counter, amount)),
      reset: counter => mayWait('limits.reset', () => limits.reset(counter))
    },
    store: {
      get: key => wait('store.get', () => store.get(key)),
      set: (key, value, ttlMs) => wait('store.set', () => store.set(key, value, ttlMs)),
      increment: (key, by, ttlMs) => wait('store.increment', () => store.increment(key, by, ttlMs))
    },
    record(kind, row) {
      events.used('record')
      host.record(kind, row)
    },
    query: (kind, query) => wait('query', () => host.query(kind, query)),
    emit(event, facts) {
      events.used('emit')
      host.emit(event, facts)
    },
    fetch(url, options) {
      events.sends()
      return wait('fetch', () => host.fetch(url, options))
    },
    workers<Task, Result>(file: URL, options?: { readonly deadlineMs: number }) {
      const pool = host.workers<Task, Result>(file, options)
      return { run: (task: Task, signal: AbortSignal) => wait('workers', () => pool.run(task, signal)) }
    }
  }
}
