import { fileURLToPath } from 'node:url'
import t from 'tap'

const REQUESTS = fileURLToPath(new URL('./attacks-request.test.ts', import.meta.url))

// An environment that asks Node for its lenient parser must not make the gateway lenient.
t.spawn(process.execPath, ['--insecure-http-parser', REQUESTS], 'is as strict where Node is told to be lenient')
