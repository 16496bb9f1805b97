/** Questions between the run and its helper processes: one at a time, checked on both sides. */
import type { Static, TSchema } from '@sinclair/typebox'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Child, Children } from './children.ts'

const Question = Type.Object({ errand: Type.String(), job: Type.Unknown() })
const Reply = Type.Object({ answer: Type.Optional(Type.Unknown()), failure: Type.Optional(Type.String()) })

/** Something that a helper can be asked to do. Made by {@link errand}. */
export type Errand = (job: unknown) => unknown

/** Checks the job before it is done. */
export function errand<Job extends TSchema>(schema: Job, work: (job: Static<Job>) => unknown): Errand {
  return job => {
    if (!Value.Check(schema, job)) throw new TypeError('the job does not have the expected form')
    return work(job)
  }
}

/** In the helper: does what it is asked by name, until the run ends. */
export function serveErrands(errands: Readonly<Record<string, Errand>>): void {
  const reply = (message: Static<typeof Reply>) => process.send?.(message)
  process.on('disconnect', () => process.exit(0))
  process.on('message', async message => {
    try {
      const work = Value.Check(Question, message) ? errands[message.errand] : undefined
      if (work === undefined || !Value.Check(Question, message)) throw new TypeError('nobody does that errand')
      reply({ answer: (await work(message.job)) ?? null })
    } catch (error) {
      reply({ failure: error instanceof Error ? error.message : 'it failed' })
    }
  })
}

/** A process that does errands for the run. */
export class Helper {
  readonly child: Child

  /** @param file a TypeScript file that calls {@link serveErrands} */
  constructor(children: Children, core: number, file: URL, options: readonly string[] = []) {
    this.child = children.start(core, [process.execPath, file.pathname, ...options], { ipc: true })
  }

  /** @throws Error when the errand failed, the helper ended, or its answer has another form. */
  ask<Answer extends TSchema>(name: string, job: unknown, schema: Answer): Promise<Static<Answer>> {
    const { process: child } = this.child
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error(`a helper ended during "${name}":\n${this.child.output()}`))
      child.once('exit', ended)
      child.once('message', reply => {
        child.off('exit', ended)
        if (!Value.Check(Reply, reply)) reject(new TypeError(`"${name}" was not answered`))
        else if (reply.failure !== undefined) reject(new Error(`"${name}" failed: ${reply.failure}`))
        else if (!Value.Check(schema, reply.answer)) reject(new TypeError(`"${name}" was answered in another form`))
        else resolve(reply.answer)
      })
      child.send({ errand: name, job })
    })
  }

  stop(): Promise<void> {
    return this.child.stop()
  }
}
