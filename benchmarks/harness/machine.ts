/** What the figures were measured on, and which of the optional tools are there. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release, setPriority, totalmem } from 'node:os'
import { join } from 'node:path'

/** The core that the process under test has for itself. */
export const GATEWAY_CORE = 0
/** The core that the load and the upstream share. */
export const LOAD_CORE = 1

/** The machine, as a report describes it. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly kernel: string
  readonly node: string
  /** Path of `taskset`; undefined where processes cannot be pinned. */
  readonly taskset: string | undefined
  readonly wrk: string | undefined
  readonly nginx: string | undefined
  /** What a reader must know before believing a figure from here. */
  readonly warnings: readonly string[]
}

/** Where a program is, or undefined. Debian keeps servers outside of the PATH of users. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']
  return folders
    .filter(folder => folder !== '')
    .map(folder => join(folder, name))
    .find(path => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/**
 * Looks the machine over.
 * @throws Error where processes cannot be accounted for, so nothing could be measured.
 */
export function describeMachine(): Machine {
  if (process.platform !== 'linux') throw new Error('The benchmarks account for processes by /proc and need Linux.')
  const cores = availableParallelism()
  const taskset = cores > LOAD_CORE ? findProgram('taskset') : undefined
  const warnings: string[] = []
  if (cores <= LOAD_CORE) warnings.push('One core only: gateway, load and upstream share it. Trust the ratios of CPU.')
  else if (taskset === undefined) warnings.push('taskset is not installed: no process is pinned to a core.')
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    taskset,
    wrk: findProgram('wrk'),
    nginx: findProgram('nginx'),
    warnings
  }
}

/** Moves this process, which waits most of the time, away from the core under test. */
export function leaveGatewayCore(machine: Machine): void {
  if (machine.taskset !== undefined) spawnSync(machine.taskset, ['-a', '-cp', `${LOAD_CORE}`, `${process.pid}`])
}

/** Where Linux keeps the weight of a whole session, against which the niceness of single processes counts for nothing. */
const AUTOGROUP = '/proc/self/autogroup'
const FIRST = -15

/**
 * Lets this process, and all that it starts, go before every other on the machine.
 * @returns how to end that for the session that it was started from
 * @throws Error for a user who may not
 */
export function goFirst(): () => void {
  try {
    setPriority(FIRST)
    if (existsSync(AUTOGROUP)) writeFileSync(AUTOGROUP, `${FIRST}`)
  } catch {
    throw new Error('Only root may let a run go first.')
  }
  return () => {
    if (existsSync(AUTOGROUP)) writeFileSync(AUTOGROUP, '0')
  }
}

/** Version of a program as it prints it itself, on either of its outputs; the first line that holds a digit. */
export function versionOf(path: string, flag: string): string {
  const { stdout, stderr } = spawnSync(path, [flag], { encoding: 'utf8' })
  const line = `${stdout}\n${stderr}`.split('\n').find(each => /\d/.test(each)) ?? path
  return line.replace(/^.*version: /, '').replace(/ Copyright.*$/, '')
}

/** The machine and how it is used, in a few lines for the top of a report. */
export function machineText(machine: Machine): string {
  const versions = [
    ...(machine.wrk === undefined ? [] : [versionOf(machine.wrk, '--version').split(' [')[0]]),
    ...(machine.nginx === undefined ? [] : [versionOf(machine.nginx, '-v')])
  ]
  const { cpu, cores, memoryGiB, kernel, node, warnings } = machine
  return [
    `${[cpu, `${cores} cores`, `${memoryGiB} GiB`, `Linux ${kernel}`, `Node ${node}`, ...versions].join(', ')}.`,
    `The gateway has core ${GATEWAY_CORE} for itself; the load and the upstream share core ${LOAD_CORE}.`,
    ...warnings,
    ''
  ].join('\n')
}
