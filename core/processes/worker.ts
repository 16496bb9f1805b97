/** One worker process of a gateway: a configuration at work on a socket that is shared with others. */
import { figuresOf, oldestOf } from '../admin/figures.ts'
import { type LoadedConfiguration, loadConfiguration } from '../configuration/load.ts'
import { GatewayError } from '../errors.ts'
import { PluginLoader } from '../loader.ts'
import { createLogger } from '../log.ts'
import { type Listener, openListener } from '../server/listener.ts'
import { type PreparedConfiguration, Serving, type SharedState } from '../serving.ts'
import { Calls } from './calls.ts'
import type { ParentMethods, StartOrder, WorkerMethods } from './methods.ts'
import { borrowedState } from './shared-state.ts'

interface Running {
  readonly order: StartOrder
  readonly serving: Serving
  readonly listener: Listener
}

/** Does what the parent asks for. */
export class Worker {
  readonly calls: Calls<ParentMethods>
  readonly #exit: () => void
  readonly #shared: SharedState
  #running: Running | undefined
  #prepared: PreparedConfiguration | undefined
  #stopped: ReturnType<WorkerMethods['stop']> | undefined

  /** @param send hands a message to the parent. @param exit ends this process. */
  constructor(send: (message: unknown) => void, exit: () => void) {
    this.#exit = exit
    const methods: WorkerMethods = {
      start: order => this.#start(order),
      prepare: ({ text }) => this.#prepare(text),
      commit: () => this.#commit(),
      discard: () => this.#discard(),
      health: () => this.#ready().serving.readiness.ask(),
      metrics: () => this.#ready().serving.measures.text(),
      figures: () => figuresOf(this.#ready().serving),
      oldest: ({ limit }) => oldestOf(this.#ready().serving, limit),
      stop: ({ graceMs, lingerMs }) => this.#stop(graceMs, lingerMs)
    }
    this.calls = new Calls<ParentMethods>(send, { ...methods })
    this.#shared = borrowedState(this.calls)
  }

  /** The parent is gone: what is under way may end, but nothing new begins. */
  async orphaned(): Promise<void> {
    this.calls.end()
    const running = this.#running
    if (running !== undefined) await this.#stop(running.serving.snapshot.loaded.configuration.shutdownGrace, 0)
    this.#exit()
  }

  async #start(order: StartOrder): Promise<{ readonly url: string }> {
    const loaded = await load(order, order.text)
    const serving = await Serving.open(loaded, createLogger({ level: loaded.configuration.log.level }), this.#shared)
    try {
      const options = serving.listenerOptions()
      const listen = { ...options.listen, maxConnections: order.maxConnections }
      const listener = await openListener({ ...options, listen, inherited: order.descriptor })
      this.#running = { order, serving, listener }
      return { url: listener.url }
    } catch (error) {
      await serving.close()
      throw error
    }
  }

  async #prepare(text: string): Promise<void> {
    const { order, serving } = this.#ready()
    await this.#discard()
    this.#prepared = await serving.prepare(await load(order, text))
  }

  #commit(): void {
    this.#prepared?.commit()
    this.#prepared = undefined
  }

  async #discard(): Promise<void> {
    const prepared = this.#prepared
    this.#prepared = undefined
    await prepared?.discard()
  }

  #stop(graceMs: number, lingerMs: number): ReturnType<WorkerMethods['stop']> {
    this.#stopped ??= this.#end(graceMs, lingerMs)
    return this.#stopped
  }

  async #end(graceMs: number, lingerMs: number): ReturnType<WorkerMethods['stop']> {
    const { serving, listener } = this.#ready()
    const cut = await serving.stop(listener, graceMs, lingerMs)
    const page = serving.measures.text()
    await serving.close()
    this.#shared.close()
    await serving.logger.close()
    return { cut, page }
  }

  #ready(): Running {
    if (this.#running !== undefined) return this.#running
    throw new GatewayError('TACIT_PROCESS_NOT_STARTED', 'A worker process was asked before it had started.')
  }
}

function load({ file, environment }: StartOrder, text: string): Promise<LoadedConfiguration> {
  return loadConfiguration({ file, text, environment }, new PluginLoader())
}
