#!/usr/bin/env node
// The one file that an old Node can read: it says what is missing before anything else is loaded.
const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  process.stderr.write(`Tacit needs Node 24 or later; this is Node ${process.versions.node}.\n`)
  process.exitCode = 1
} else {
  const { existsSync } = await import('node:fs')
  // Built, or as it stands in the repository.
  const file = existsSync(new URL('./main.js', import.meta.url)) ? './main.js' : './main.ts'
  const { main } = await import(file)
  process.exitCode = await main(process.argv.slice(2))
}
