/** What the package exports to programs that run a gateway themselves. Plugins import `tacit-gateway/plugin` instead. */
export { ConfigurationError, type Problem, renderReport } from './configuration/report.ts'
export { GatewayError } from './errors.ts'
export { type Gateway, type GatewayOptions, readConfiguration, startGateway } from './gateway.ts'
export { VERSION } from './version.ts'
