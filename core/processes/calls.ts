/**
 * Calls between two processes over a channel of messages: each end has methods,
 * and calls those of the other. Knows nothing of what they do.
 */
import { GatewayError } from '../errors.ts'
import { errorCode } from '../log.ts'

/** One message. Numbers tell calls apart that are answered; one without a number is not. */
type Message =
  | { readonly call: string; readonly id: number | undefined; readonly argument: unknown }
  | { readonly answer: number; readonly value: unknown }
  | { readonly fault: number; readonly code: string; readonly message: string; readonly cure: string | undefined }

/** Methods that an end has; each takes one argument. */
export type Methods<Theirs> = { readonly [Name in keyof Theirs]: (argument: never) => unknown }
/** What a method is called with. */
export type ArgumentOf<Theirs extends Methods<Theirs>, Name extends keyof Theirs> = Parameters<Theirs[Name]>[0]
/** What a method answers. */
export type AnswerOf<Theirs extends Methods<Theirs>, Name extends keyof Theirs> = Awaited<ReturnType<Theirs[Name]>>

interface Pending {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** One end of a channel. */
export class Calls<Theirs extends Methods<Theirs>> {
  readonly #send: (message: unknown) => void
  readonly #ours: ReadonlyMap<string, (argument: never) => unknown>
  readonly #pending = new Map<number, Pending>()
  #last = 0
  #isOver = false

  /** @param send hands one message to the other end; structured clones must be able to carry it. */
  constructor(send: (message: unknown) => void, ours: Readonly<Record<string, (argument: never) => unknown>>) {
    this.#send = send
    this.#ours = new Map(Object.entries(ours))
  }

  /** Calls a method and waits for its answer. Rejects with GatewayError: what it threw, or `TACIT_PROCESS_GONE`. */
  call<Name extends keyof Theirs & string>(
    name: Name,
    argument: ArgumentOf<Theirs, Name>
  ): Promise<AnswerOf<Theirs, Name>> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#isOver) {
        reject(gone())
        return
      }
      const id = ++this.#last
      this.#pending.set(id, { resolve, reject })
      this.#deliver({ call: name, id, argument })
    }) as Promise<AnswerOf<Theirs, Name>>
  }

  /** Calls a method whose answer nobody waits for. Says nothing if it cannot be reached. */
  tell<Name extends keyof Theirs & string>(name: Name, argument: ArgumentOf<Theirs, Name>): void {
    if (!this.#isOver) this.#deliver({ call: name, id: undefined, argument })
  }

  /** Takes a message from the other end; anything else is passed over. */
  received(message: unknown): void {
    if (!isMessage(message)) return
    if ('call' in message) void this.#answer(message)
    else if ('answer' in message) this.#take(message.answer)?.resolve(message.value)
    else this.#take(message.fault)?.reject(new GatewayError(asCode(message.code), message.message, message.cure))
  }

  /** The other end is gone: whoever waits for it is told. */
  end(): void {
    this.#isOver = true
    for (const { reject } of this.#pending.values()) reject(gone())
    this.#pending.clear()
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending
  }

  async #answer({ call, id, argument }: Extract<Message, { call: string }>): Promise<void> {
    try {
      const method = this.#ours.get(call)
      if (method === undefined)
        throw new GatewayError('TACIT_CALL_UNKNOWN', 'Another process asks for what this one cannot do.')
      // Both ends are the same version of this code, and the types of both sides come from one table.
      const value = await method(argument as never)
      if (id !== undefined) this.#deliver({ answer: id, value })
    } catch (error) {
      if (id === undefined) return
      const isOurs = error instanceof GatewayError
      const message = isOurs ? error.message : `Another process failed (${errorCode(error)}).`
      const code = isOurs ? error.code : 'TACIT_PROCESS_FAULT'
      this.#deliver({ fault: id, code, message, cure: isOurs ? error.cure : undefined })
    }
  }

  #deliver(message: Message): void {
    if (!this.#isOver) this.#send(message)
  }
}

function gone(): GatewayError {
  return new GatewayError('TACIT_PROCESS_GONE', 'The process that was asked has ended.')
}

function asCode(code: string): `TACIT_${string}` {
  return `TACIT_${code.replace(/^TACIT_/, '')}`
}

function isMessage(message: unknown): message is Message {
  if (typeof message !== 'object' || message === null) return false
  return 'call' in message || 'answer' in message || 'fault' in message
}
