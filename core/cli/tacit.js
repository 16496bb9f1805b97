#!/usr/bin/env node
// The one file that an old Node can read: it says what is missing before anything else is loaded.
const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  process.stderr.write(`Tacit needs Node 24 or later; this is Node ${process.versions.node}.\n`)
  process.exitCode = 1
} else {
  const { main } = await import(import.meta.url.includes('/dist/') ? './main.js' : './main.ts')
  process.exitCode = await main(process.argv.slice(2))
}
