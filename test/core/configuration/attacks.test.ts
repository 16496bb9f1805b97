/** YAML made to mislead, exhaust or break out of its reader: each case says what must become of it. */
import { existsSync, readFileSync } from 'node:fs'
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { readDocument } from '../../../core/configuration/document.ts'
import { Substitutions, substitute } from '../../../core/configuration/secrets.ts'
import { validate } from '../../../core/configuration/validate.ts'

interface Case {
  readonly id: string
  readonly kind: string
  readonly raw_base64: string | null
  readonly gen: { readonly desc: string } | null
  readonly expected: string
  readonly why: string
}

const file = new URL('../../../../shared/data/wire/attacks/dev.jsonl', import.meta.url)
const cases: readonly Case[] = existsSync(file)
  ? readFileSync(file, 'utf8')
      .split('\n')
      .filter(line => line.includes('"yaml-doc"'))
      .map(line => JSON.parse(line))
  : []

/** Time for one case, in ms of the processor; the rest of the machine may be busy. */
const LIMIT_MS = 4_000

t.test('meets every attack', { skip: cases.length === 0 && 'the cases are not here' }, async t => {
  for (const { id, kind, raw_base64, gen, expected, why } of cases) {
    t.equal(kind, 'yaml-doc')
    const text = raw_base64 === null ? generated(gen?.desc) : Buffer.from(raw_base64, 'base64').toString('utf8')
    t.type(text, 'string', `${id} can be made`)
    const before = process.cpuUsage()
    const { value, errors, warnings } = await read(text ?? '')
    const { user, system } = process.cpuUsage(before)
    t.ok((user + system) / 1000 < LIMIT_MS, `${id} is bounded in time`)

    const isRejected = errors.length > 0 && errors.every(line => line >= 1)
    t.ok(isRejected || allowed(expected, value, warnings), `${id}: ${why}, ${expected}`)
  }
})

/** Whether what became of a text that was not rejected is what the case allows. */
function allowed(expected: string, value: unknown, warnings: number): boolean {
  const [first] = Object.values(Object(value))
  switch (expected) {
    case 'string NO':
      return first === 'NO'
    case 'warn/typed':
      return warnings === 2 && Object.values(Object(value)).every(item => typeof item === 'number')
    case 'string-or-warn':
      return typeof first === 'string' || isRefusedAsText(value)
    case 'reject-or-ok bounded':
      return typeof first === 'string'
    case 'reject-or-literal':
    case 'reject-or-string':
      return typeof first === 'string'
    default:
      return false
  }
}

async function read(text: string) {
  const { value, findings, lines } = readDocument(text)
  const put = await substitute(value, { file: '/etc/tacit/gateway.yaml', environment: { A: 'a', B: 'b' } })
  const errors = [...findings, ...put.findings].filter(({ severity }) => severity === 'error')
  return {
    value: put.value,
    errors: errors.map(({ span }) => lines.position(span?.start ?? 0).line),
    warnings: findings.length - findings.filter(({ severity }) => severity === 'error').length
  }
}

/** Nobody takes the number 1.1 for the text 1.10: where text belongs, a number is refused. */
function isRefusedAsText(value: unknown): boolean {
  const schema = Type.Object({}, { additionalProperties: Type.String() })
  const block = Type.Object({ it: schema })
  return validate(block, { it: value }, [], new Substitutions()).findings.length > 0
}

function generated(description: string | undefined): string | undefined {
  return description === '10 MiB scalar' ? `a: ${'x'.repeat(10 * 1024 * 1024)}\n` : undefined
}
