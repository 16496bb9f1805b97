/**
 * A program of this repository in a process of its own: what it writes, and how
 * it ends. Knows nothing of what the program does.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Teardown } from './upstream.ts'

/** A program that runs. */
export interface Running {
  readonly child: ChildProcess
  /** All that was written so far. */
  output(): { readonly stdout: string; readonly stderr: string }
  /** Resolves with all of stdout as soon as it holds `text`. @throws when the program ends before that. */
  says(text: string): Promise<string>
  /** Resolves with the first group of `pattern` as soon as stderr matches it. @throws when the program ends before that. */
  reports(pattern: RegExp): Promise<string>
  /** Resolves when it is over. */
  readonly exited: Promise<{
    readonly code: number | null
    readonly signal: NodeJS.Signals | null
    readonly stdout: string
    readonly stderr: string
  }>
}

/** Runs node with some arguments; what still runs at the end of the test is killed. */
export function runNode(
  t: Teardown,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {}
): Running {
  // The test runner's own hooks are not for its children.
  const { NODE_OPTIONS: _dropped, ...inherited } = process.env
  return runCommand(t, process.execPath, args, { ...inherited, ...environment })
}

/** Runs any program. */
export function runCommand(
  t: Teardown,
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = process.env
): Running {
  const child = spawn(command, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }))
  exited.catch(() => {})
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await exited
  })
  return {
    child,
    exited,
    output: () => ({ stdout, stderr }),
    async says(text) {
      while (!stdout.includes(text)) {
        const more = once(child.stdout, 'data').then(() => true)
        if (await Promise.race([more, exited.then(() => false)])) continue
        if (!stdout.includes(text)) throw new Error(`it ended without saying so; it said: ${stdout}${stderr}`)
      }
      return stdout
    },
    async reports(pattern) {
      for (;;) {
        const [, found] = pattern.exec(stderr) ?? []
        if (found !== undefined) return found
        const more = once(child.stderr, 'data').then(() => true)
        if (await Promise.race([more, exited.then(() => false)])) continue
        if (!pattern.test(stderr)) throw new Error(`it ended without reporting so; it said: ${stdout}${stderr}`)
      }
    }
  }
}
