/** What the package exports to programs that run a gateway themselves. Plugins import `tacit-gateway/plugin` instead. */
export type { Change, SettingChange } from './configuration/changes.ts'
export { ConfigurationError, type Problem, renderReport } from './configuration/report.ts'
export { GatewayError } from './errors.ts'
export {
  type AppliedReload,
  type Gateway,
  type GatewayOptions,
  type RefusedReload,
  type ReloadOutcome,
  type ReloadTrigger,
  readConfiguration,
  startGateway
} from './gateway.ts'
export { type MountedGatewayOptions, mountGateway } from './mounted.ts'
export { VERSION } from './version.ts'
