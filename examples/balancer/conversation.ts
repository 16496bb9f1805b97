/** The other half of the balancer: a file for each plugin, since a file has one default export. */
export { conversation as default } from './sticky.ts'
