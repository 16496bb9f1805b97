/**
 * Real Redis servers for tests: one, one with a master that sentinels watch, or a
 * cluster of three masters, each on a free port of the loopback and gone at the
 * end of the test. Knows nothing of what is kept in them.
 */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { type Running, runCommand } from './process.ts'
import type { Teardown } from './upstream.ts'

const isInstalled = spawnSync('redis-server', ['--version']).status === 0

/** For `t.test(name, { skip: withoutRedis }, …)`: why tests with a real Redis cannot run here, or false. */
export const withoutRedis: string | false = isInstalled ? false : 'redis-server is not installed on this machine'

/** A Redis server in a process of its own. */
export interface RedisServer {
  readonly port: number
  /** As the configuration takes it. */
  readonly url: string
  /** Sends a command by a connection of the test's own, outside of what is tested. */
  command(name: string, ...args: readonly (string | number)[]): Promise<unknown>
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
  /** Stops it in the middle of whatever it does, with its connections open. */
  pause(): void
  /** Lets it go on. */
  resume(): void
  /** Starts it again on its port, empty, after {@link kill}. */
  restart(): Promise<void>
}

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Starts one server. It keeps nothing on disk. @param settings Further arguments of `redis-server`. */
export function startRedis(t: Teardown, settings: readonly string[] = []): Promise<RedisServer> {
  return startServer(t, settings, 'Ready to accept connections')
}

async function startServer(t: Teardown, settings: readonly string[], ready: string): Promise<RedisServer> {
  const folder = await temporaryFolder(t)
  const port = await freePort()
  const always = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
  const at = settings.indexOf('--requirepass')
  return launch(t, port, [...always, ...settings], ready, at === -1 ? '' : settings[at + 1])
}

async function launch(
  t: Teardown,
  port: number,
  args: readonly string[],
  ready: string,
  password = ''
): Promise<RedisServer> {
  const start = async (): Promise<Running> => {
    const running = runCommand(t, 'redis-server', args)
    await running.says(ready)
    return running
  }
  let running = await start()
  let connection: Redis | undefined
  const connect = () => {
    connection = new Redis({ port, host: '127.0.0.1', lazyConnect: true, ...(password !== '' && { password }) })
    connection.on('error', () => {})
    return connection
  }
  t.teardown(() => connection?.disconnect())
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    command: (name, ...args) => (connection ?? connect()).call(name, ...args),
    async kill() {
      connection?.disconnect()
      connection = undefined
      running.child.kill('SIGKILL')
      await running.exited
    },
    pause() {
      running.child.kill('SIGSTOP')
    },
    resume() {
      running.child.kill('SIGCONT')
    },
    async restart() {
      running = await start()
    }
  }
}

async function temporaryFolder(t: Teardown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tacit-redis-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A cluster of three masters that has agreed on who has which slots. */
export async function startRedisCluster(t: Teardown): Promise<readonly RedisServer[]> {
  const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--loglevel', 'verbose']
  const servers = [await startRedis(t, settings), await startRedis(t, settings), await startRedis(t, settings)]
  const addresses = servers.map(({ port }) => `127.0.0.1:${port}`)
  const created = runCommand(t, 'redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'])
  const { code, stdout, stderr } = await created.exited
  if (code !== 0) throw new Error(`the cluster was not made: ${stdout}${stderr}`)
  // Made, and not yet known to everybody: each is asked until it says so itself. Nothing tells when that changes.
  for (const server of servers) {
    while (!`${await server.command('cluster', 'info')}`.includes('cluster_state:ok'));
  }
  return servers
}

/** A master, a replica of it, and one sentinel that watches over them. */
export interface WatchedRedis {
  readonly master: RedisServer
  readonly replica: RedisServer
  readonly sentinel: RedisServer
}

/** Starts them. The master is called `main`, and counts as down when it is silent for half a second. */
export async function startWatchedRedis(t: Teardown): Promise<WatchedRedis> {
  const master = await startRedis(t, ['--repl-diskless-sync-delay', '0'])
  const replica = await startServer(t, ['--replicaof', `127.0.0.1 ${master.port}`], 'sync: Finished with success')
  const port = await freePort()
  const file = join(await temporaryFolder(t), 'sentinel.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor main 127.0.0.1 ${master.port} 1`,
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 2000'
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  return { master, replica, sentinel: await launch(t, port, [file, '--sentinel'], '+slave slave') }
}
