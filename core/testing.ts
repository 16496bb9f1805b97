/**
 * What authors of plugins test them with, `tacit-gateway/testing`: `drive` runs
 * the phases of a plugin without a gateway and without a network, and `contract`
 * puts it through what every plugin will meet.
 *
 *     const driven = await drive(plugin, { header: 'x-key' }, { credentials: […] })
 *     const { refused } = await driven.exchange({ headers: { 'x-key': 'abc' } }).run()
 *
 *     const { findings } = await contract(plugin, { header: 'x-key' })
 *
 * Configuration is checked and decoded as it is when a gateway starts; time
 * stands still until `driven.clock` is moved; chance repeats.
 */
export type { Refused } from './errors.ts'
export type { Decision } from './pipeline/exchange.ts'
export { type CatalogueParts, testCatalogue } from './testing/catalogue.ts'
export type { ContractCheck, ContractReport, Finding } from './testing/contract/report.ts'
export type { ContractExchange } from './testing/contract/samples.ts'
export { type ContractOptions, contract } from './testing/contract.ts'
export {
  type AskInit,
  type AskOutcome,
  type Driven,
  type DriveOptions,
  drive,
  type LogLine,
  type RequestInit
} from './testing/drive.ts'
export type {
  Course,
  DrivenExchange,
  HeadersInit,
  ResponseInit,
  SentRequest,
  SentResponse,
  UpstreamInit
} from './testing/driven-exchange.ts'
export type { DrivenCredential, HostOptions, Measured, Written } from './testing/driven-host.ts'
export { ManualClock } from './testing/manual-clock.ts'
export { seededRandom } from './testing/seeded-random.ts'
