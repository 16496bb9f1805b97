import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { readConfiguration } from '../../core/gateway.ts'
import { BUILT } from '../../packaging/manifest.ts'
import { send } from '../support/client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { runCommand } from '../support/process.ts'

const REPOSITORY = resolve(import.meta.dirname, '../..')
const FOLDER = join(REPOSITORY, 'examples', 'deploy')
const text = (file: string) => readFileSync(join(FOLDER, file), 'utf8')

/** The configuration, with its secrets in a folder of the test. */
function configurationIn(t: { testdir(content: Record<string, string>): string }) {
  const folder = t.testdir({ digest_key: 'a digest key of a test', llm_key: 'the key of a provider' })
  return { folder, yaml: text('gateway.yaml').replaceAll('/run/secrets/', `${folder}/`) }
}

const environment = { UPSTREAM_URL: 'http://127.0.0.1:1' }

async function graceMs(t: { testdir(content: Record<string, string>): string }): Promise<number> {
  const { folder, yaml } = configurationIn(t)
  const file = join(folder, 'gateway.yaml')
  await writeFile(file, yaml)
  const { configuration, warnings } = await readConfiguration({ file, environment })
  if (warnings.length > 0) throw new Error('the configuration has warnings')
  return configuration.shutdownGrace
}

const Probe = Type.Object({
  httpGet: Type.Object({ path: Type.String(), port: Type.Literal('admin') }),
  periodSeconds: Type.Integer({ minimum: 1 }),
  failureThreshold: Type.Integer({ minimum: 1 })
})

const Deployment = Type.Object({
  apiVersion: Type.Literal('apps/v1'),
  kind: Type.Literal('Deployment'),
  spec: Type.Object({
    selector: Type.Object({ matchLabels: Type.Record(Type.String(), Type.String()) }),
    template: Type.Object({
      metadata: Type.Object({ labels: Type.Record(Type.String(), Type.String()) }),
      spec: Type.Object({
        terminationGracePeriodSeconds: Type.Integer(),
        securityContext: Type.Object({ runAsNonRoot: Type.Literal(true), runAsUser: Type.Integer({ minimum: 1 }) }),
        containers: Type.Tuple([
          Type.Object({
            ports: Type.Array(Type.Object({ name: Type.String(), containerPort: Type.Integer() })),
            volumeMounts: Type.Array(Type.Object({ name: Type.String(), mountPath: Type.String() })),
            startupProbe: Probe,
            readinessProbe: Probe,
            livenessProbe: Probe,
            lifecycle: Type.Object({
              preStop: Type.Object({ sleep: Type.Object({ seconds: Type.Integer({ minimum: 1 }) }) })
            }),
            securityContext: Type.Object({
              allowPrivilegeEscalation: Type.Literal(false),
              readOnlyRootFilesystem: Type.Literal(true),
              capabilities: Type.Object({ drop: Type.Tuple([Type.Literal('ALL')]) })
            })
          })
        ]),
        volumes: Type.Array(Type.Object({ name: Type.String() }))
      })
    })
  })
})

function asserted<Schema extends TSchema>(schema: Schema, value: unknown): Static<Schema> {
  Value.Assert(schema, value)
  return value
}

const manifests = parseAllDocuments(text('kubernetes/gateway.yaml')).map((document): unknown => document.toJS())

t.test('the configuration is in order', async t => {
  t.equal(await graceMs(t), 30_000)
})

t.test('every probe asks for an address that the gateway answers, and for no other port', async t => {
  const { yaml } = configurationIn(t)
  const free = yaml.replace(/port: \d+/g, 'port: 0').replace('version: 1\n', 'version: 1\nlog: { level: silent }\n')
  const gateway = await startTestGateway(t, free.replace(/0\.0\.0\.0/g, '127.0.0.1'), { environment })
  const { containers } = asserted(Deployment, manifests[0]).spec.template.spec
  const [{ startupProbe, readinessProbe, livenessProbe, ports }] = containers
  for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe]) {
    t.equal((await send({ url: `${gateway.adminUrl}${httpGet.path}` })).status, 200, httpGet.path)
  }
  t.equal(livenessProbe.httpGet.path, '/health/live')
  t.strictSame(
    ports.map(({ containerPort }) => containerPort),
    [...yaml.matchAll(/port: (\d+)/g)].map(([, port]) => Number(port))
  )
  const health = /http:\/\/127\.0\.0\.1:9090(\/[\w/]+)/.exec(text('docker/Dockerfile'))?.[1]
  t.equal((await send({ url: `${gateway.adminUrl}${health}` })).status, 200, `${health}`)
})

t.test('whoever stops the gateway waits longer than exchanges may go on', async t => {
  const graceSeconds = (await graceMs(t)) / 1000
  const pod = asserted(Deployment, manifests[0]).spec.template.spec
  const { seconds } = pod.containers[0].lifecycle.preStop.sleep
  t.ok(pod.terminationGracePeriodSeconds > seconds + graceSeconds)
  const compose = asserted(
    Type.Object({ services: Type.Object({ gateway: Type.Object({ stop_grace_period: Type.String() }) }) }),
    parse(text('docker/compose.yaml'))
  )
  t.ok(Number.parseInt(compose.services.gateway.stop_grace_period, 10) > graceSeconds)
  t.ok(Number(/^TimeoutStopSec=(\d+)$/m.exec(text('systemd/tacit-gateway.service'))?.[1]) > graceSeconds)
})

t.test('selectors choose the pods, mounts are of volumes that exist', async t => {
  const { selector, template } = asserted(Deployment, manifests[0]).spec
  t.match(template.metadata.labels, selector.matchLabels)
  const volumes = template.spec.volumes.map(({ name }) => name)
  t.strictSame(template.spec.containers[0].volumeMounts.map(({ name }) => name).sort(), volumes.toSorted())
  const Selecting = Type.Object({ kind: Type.String(), spec: Type.Object({ selector: Type.Unknown() }) })
  for (const other of manifests.slice(1)) {
    const { kind, spec } = asserted(Selecting, other)
    t.strictSame(spec.selector, kind === 'Service' ? selector.matchLabels : selector, kind)
  }
})

t.test('the image has what it copies, runs what the package has, and is nobody', async t => {
  const dockerfile = text('docker/Dockerfile')
  const allowed = text('docker/Dockerfile.dockerignore').split('\n')
  const copied = [...dockerfile.matchAll(/^COPY (?!--)(.*) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '))
  t.ok(copied.length > 5)
  for (const source of copied) {
    t.ok(existsSync(join(REPOSITORY, source)) && allowed.includes(`!${source}`), source)
  }
  const entry = /^ENTRYPOINT \["node", "\/app\/node_modules\/tacit-gateway\/([^"]+)"\]$/m.exec(dockerfile)?.[1]
  t.equal(entry, `${BUILT}/core/cli/tacit.js`)
  t.match(dockerfile, /^USER 65532:65532$/m)
  t.notMatch(
    dockerfile.slice(dockerfile.lastIndexOf('\nFROM ')),
    /npm (?:ci|install)/,
    'nothing is installed in the last stage'
  )
  const compose = asserted(
    Type.Object({
      services: Type.Object({
        gateway: Type.Object({ read_only: Type.Literal(true), cap_drop: Type.Tuple([Type.Literal('ALL')]) })
      })
    }),
    parse(text('docker/compose.yaml'))
  )
  t.ok(compose)
})

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0

t.test('systemd takes the unit', { skip: hasSystemd ? false : 'there is no systemd here' }, async t => {
  const folder = await mkdtemp(join(tmpdir(), 'tacit-unit-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'tacit-gateway.service')
  // Its node need not be where the unit expects one.
  await writeFile(file, text('systemd/tacit-gateway.service').replace('/usr/bin/node', process.execPath))
  const verified = await runCommand(t, 'systemd-analyze', ['verify', '--man=no', file]).exited
  t.match(verified, { code: 0, stderr: '' })
  const { stdout } = await runCommand(t, 'systemd-analyze', ['security', '--offline=yes', file]).exited
  const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1])
  t.ok(exposure < 2, `exposure ${exposure}`)
})
