/**
 * Puts a plugin through what every plugin will meet: bodies that are split
 * anywhere, clients that leave at any moment, readers that take their time, a
 * reload in the middle; and looks whether it touches only what it declares and
 * makes nobody wait for nothing. Knows no plugin: what a plugin is for, its own
 * tests say.
 */
import { assertDefinition } from '../definition.ts'
import type { Plugin } from '../plugin.ts'
import { checkAborts, checkBodies, checkPhases, checkReload, checkSlowReader, type Trial } from './contract/checks.ts'
import type { Subject } from './contract/passage.ts'
import { Probe, type ProbeOptions } from './contract/probe.ts'
import { countPromises, turns } from './contract/promises.ts'
import { type ContractReport, Findings } from './contract/report.ts'
import { type ContractExchange, USUAL_EXCHANGES } from './contract/samples.ts'
import { SharedThreads } from './contract/shared-threads.ts'
import { type DriveOptions, drive } from './drive.ts'

/** What a plugin is put through the contract with, besides its configuration. */
export interface ContractOptions extends DriveOptions {
  /** Exchanges of the plugin's own kind, by name, besides the usual ones. Every byte of their responses costs some runs. */
  readonly exchanges?: Readonly<Record<string, ContractExchange>>
  /** What all of them have besides their own, such as a key in their headers, or facts that the plugin requires. */
  readonly every?: ContractExchange
  /** Time in which a phase must come to its end once nothing is in its way any more, in ms. Default 5,000. */
  readonly settleMs?: number
}

/**
 * Runs `plugin` with `config` through every check. Threads that it asks for are real, time and chance are driven.
 * @throws GatewayError for a plugin or a configuration that a gateway would not start with.
 */
export async function contract(
  plugin: Plugin,
  config: Readonly<Record<string, unknown>> = {},
  options: ContractOptions = {}
): Promise<ContractReport> {
  const exported: unknown = plugin
  assertDefinition(exported, options.instance ?? 'the plugin')
  const findings = new Findings()
  const threads = new SharedThreads()
  const promises = countPromises()
  let name = ''
  const lost = () => findings.add('phases', name, 'leaves a promise that is rejected, and nobody listens')
  process.on('unhandledRejection', lost)
  try {
    for (const [each, own] of Object.entries({ ...USUAL_EXCHANGES, ...options.exchanges })) {
      const sample = merged(options.every, own)
      name = each
      const instance = async (isSlow: boolean): Promise<Subject> => {
        const fault: ProbeOptions['fault'] = (check, what) => findings.add(check, each, what)
        const probe = new Probe(exported, { promises, isSlow, fault })
        const parts = { workers: threads.open, ...options.parts }
        const driven = await drive(probe.plugin, config, { ...options, parts })
        const { settleMs = 5_000, place } = options
        return { definition: exported, driven, probe, sample, isBalancer: place === 'balancer', settleMs }
      }
      await runChecks(trialOf(each, sample, findings, instance))
    }
    await turns()
    return findings.report()
  } finally {
    process.off('unhandledRejection', lost)
    promises.stop()
    await threads.close()
  }
}

function merged(every: ContractExchange = {}, own: ContractExchange): ContractExchange {
  const headersOf = (part: 'request' | 'response') => ({ ...every[part]?.headers, ...own[part]?.headers })
  return {
    request: { ...every.request, ...own.request, headers: headersOf('request') },
    response: { ...every.response, ...own.response, headers: headersOf('response') },
    facts(exchange) {
      every.facts?.(exchange)
      own.facts?.(exchange)
    }
  }
}

async function runChecks(trial: Trial): Promise<void> {
  const expected = await checkPhases(trial)
  await checkBodies(trial, expected[0])
  await checkAborts(trial)
  await checkSlowReader(trial, expected[0])
  await checkReload(trial, expected)
}

function trialOf(
  name: string,
  { response = {} }: ContractExchange,
  findings: Findings,
  instance: (isSlow: boolean) => Promise<Subject>
): Trial {
  const { body = [], headers = {}, cut = false } = response
  if (typeof body === 'object' && Symbol.asyncIterator in body) {
    throw new TypeError(`The body of "${name}" must be there as a whole, so that it can be split.`)
  }
  const pieces = typeof body === 'string' || body instanceof Uint8Array ? [body] : [...body]
  const type = Object.entries(headers).find(([header]) => header.toLowerCase() === 'content-type')
  return {
    name,
    findings,
    body: Buffer.concat(pieces.map(piece => Buffer.from(piece))),
    isEventStream: String(type?.[1]).startsWith('text/event-stream'),
    isCut: cut,
    async with(isSlow, work) {
      const subject = await instance(isSlow)
      try {
        return await work(subject)
      } finally {
        await subject.driven.close()
      }
    }
  }
}
