/**
 * `npm start`: the gateway with the demo upstream behind it. Takes the path of a
 * configuration file; config/gateway.yaml if there is none. Looks at the version
 * of Node before it loads anything that an older one might not understand.
 */
const OLDEST_NODE = 24

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(
    `Tacit needs Node ${OLDEST_NODE} or later, and this is ${process.versions.node}. \`npm start\` brings the right one.\n`
  )
  process.exitCode = 1
} else {
  const { run } = await import('./run.ts')
  process.exitCode = await run(process.argv[2])
}

export {}
