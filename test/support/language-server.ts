/**
 * The YAML language server that editors run, in a process of its own, and an editor to it: opens documents, asks what
 * is wrong with them, what stands somewhere and what could stand there (Language Server Protocol 3.17). Knows no
 * schema. Nothing is fetched from anywhere.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Teardown } from './upstream.ts'

/** What the command of the package runs. The command itself has no `.js` in its name, which hooks of the test runner need. */
const PROGRAM = resolve(import.meta.dirname, '../../node_modules/yaml-language-server/out/src/server.js')

const Position = Type.Object({ line: Type.Integer(), character: Type.Integer() })

const Message = Type.Object({
  id: Type.Optional(Type.Union([Type.Integer(), Type.String()])),
  method: Type.Optional(Type.String()),
  params: Type.Optional(Type.Unknown()),
  result: Type.Optional(Type.Unknown()),
  error: Type.Optional(Type.Object({ message: Type.String() }))
})

const Diagnostics = Type.Object({
  uri: Type.String(),
  diagnostics: Type.Array(
    Type.Object({ message: Type.String(), range: Type.Object({ start: Position, end: Position }) })
  )
})

const Hover = Type.Union([Type.Object({ contents: Type.Object({ value: Type.String() }) }), Type.Null()])

const Completions = Type.Object({
  items: Type.Array(Type.Object({ label: Type.String(), insertText: Type.Optional(Type.String()) }))
})

/** Something that the editor underlines. */
export interface Underlined {
  /** From 1. */
  readonly line: number
  /** What is underlined, up to the end of its line. */
  readonly text: string
  readonly message: string
}

/** A document that is open in the editor. */
export interface OpenDocument {
  /** All that is underlined once the server has looked at it. */
  readonly underlined: Promise<readonly Underlined[]>
  /** What is shown over the first place where `text` stands. */
  hover(text: string): Promise<string>
  /** What is offered after the first place where `text` stands: labels, sorted. */
  offers(text: string): Promise<readonly string[]>
}

/** An editor with the language server behind it. */
export interface Editor {
  /**
   * Opens a document under the name of a file, which need not exist.
   * @param file absolute; a schema that the document names is looked for from there.
   */
  open(file: string, text: string): OpenDocument
}

/** Starts the server; it is stopped at the end of the test. */
export async function startEditor(t: Teardown): Promise<Editor> {
  const { NODE_OPTIONS: _dropped, ...environment } = process.env
  const child = spawn(process.execPath, [PROGRAM, '--stdio'], { env: environment, stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })

  const answers = new Map<number, PromiseWithResolvers<unknown>>()
  const published = new Map<string, PromiseWithResolvers<Static<typeof Diagnostics>>>()
  const configured = expected<void>()
  let lastId = 0
  exited.then(() => {
    const ended = new Error('the language server has ended')
    for (const waiting of [configured, ...answers.values(), ...published.values()]) waiting.reject(ended)
  })

  const send = (message: object): void => {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }))
    child.stdin.write(`Content-Length: ${body.length}\r\n\r\n`)
    child.stdin.write(body)
  }
  const notify = (method: string, params: object): void => send({ method, params })
  const request = async <Schema extends TSchema>(
    method: string,
    params: object,
    schema: Schema
  ): Promise<Static<Schema>> => {
    const answer = expected<unknown>()
    answers.set(++lastId, answer)
    send({ id: lastId, method, params })
    return parsed(schema, await answer.promise)
  }

  const receive = ({ id, method, params, result, error }: Static<typeof Message>): void => {
    if (method === undefined) {
      const answer = typeof id === 'number' ? answers.get(id) : undefined
      if (error === undefined) answer?.resolve(result)
      else answer?.reject(new Error(error.message))
    } else if (id !== undefined) {
      const asksForSettings = method === 'workspace/configuration'
      send({ id, result: asksForSettings ? SETTINGS : null })
      if (asksForSettings) configured.resolve()
    } else if (method === 'textDocument/publishDiagnostics') {
      const diagnostics = parsed(Diagnostics, params)
      published.get(diagnostics.uri)?.resolve(diagnostics)
    }
  }
  child.stdout.on('data', reader(receive))

  await request('initialize', { processId: process.pid, rootUri: null, capabilities: CAPABILITIES }, Type.Unknown())
  notify('initialized', {})
  await configured.promise

  return {
    open(file, text) {
      const uri = pathToFileURL(file).href
      const diagnostics = expected<Static<typeof Diagnostics>>()
      published.set(uri, diagnostics)
      notify('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } })
      const lines = text.split('\n')
      const positionAt = (offset: number) => {
        const before = text.slice(0, offset).split('\n')
        return { line: before.length - 1, character: before.at(-1)?.length ?? 0 }
      }
      const find = (part: string): number => {
        const offset = text.indexOf(part)
        if (offset === -1) throw new Error(`"${part}" does not stand in the document`)
        return offset
      }
      const at = (offset: number) => ({ textDocument: { uri }, position: positionAt(offset) })
      const underlined = diagnostics.promise.then(found =>
        found.diagnostics.map(({ message, range: { start, end } }) => ({
          line: start.line + 1,
          text: (lines[start.line] ?? '').slice(start.character, end.line === start.line ? end.character : undefined),
          message
        }))
      )
      // Nobody may ask.
      underlined.catch(() => {})
      return {
        underlined,
        async hover(part) {
          const hover = await request('textDocument/hover', at(find(part)), Hover)
          return hover?.contents.value ?? ''
        },
        async offers(part) {
          const { items } = await request('textDocument/completion', at(find(part) + part.length), Completions)
          return items.map(({ label }) => label).sort()
        }
      }
    }
  }
}

/** What the server is told when it asks for settings: of YAML, of HTTP, of the editor for YAML, of the editor. */
const SETTINGS = [
  {
    validate: true,
    hover: true,
    completion: true,
    schemaStore: { enable: false },
    kubernetesCRDStore: { enable: false }
  },
  {},
  {},
  {}
]

const CAPABILITIES = {
  workspace: { configuration: true },
  textDocument: { completion: { completionItem: { documentationFormat: ['markdown'] } } }
}

/** What the server will send, unless it ends; nobody need wait for it. */
function expected<Value>(): PromiseWithResolvers<Value> {
  const resolvers = Promise.withResolvers<Value>()
  resolvers.promise.catch(() => {})
  return resolvers
}

function parsed<Schema extends TSchema>(schema: Schema, value: unknown): Static<Schema> {
  return Value.Parse(['Assert'], schema, value)
}

/** Cuts what the server writes into messages: a head with the length of the body, an empty line, the body. */
function reader(receive: (message: Static<typeof Message>) => void): (chunk: Buffer) => void {
  let waiting = Buffer.alloc(0)
  return chunk => {
    waiting = Buffer.concat([waiting, chunk])
    for (;;) {
      const end = waiting.indexOf('\r\n\r\n')
      const length = Number(/content-length: *(\d+)/i.exec(waiting.toString('latin1', 0, Math.max(end, 0)))?.[1])
      if (end === -1 || waiting.length < end + 4 + length) return
      const body = waiting.toString('utf8', end + 4, end + 4 + length)
      waiting = waiting.subarray(end + 4 + length)
      receive(parsed(Message, JSON.parse(body)))
    }
  }
}
