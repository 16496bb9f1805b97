import t from 'tap'
import {
  FILTERS,
  LOGPROBS,
  SOURCE,
  TOOL,
  TOOL_CHOICE,
  USER_LOCATION
} from '../../../../core/dialects/text/openai-parts.ts'
import type { Shape } from '../../../../core/dialects/text/shape.ts'
import { visitText } from '../../../../core/dialects/text/walk.ts'

function strings(shape: Shape, value: unknown): readonly string[] {
  const found: string[] = []
  visitText(shape, value, ({ kind, holds, value, isName }) =>
    found.push([value, kind, holds, isName ? 'name' : undefined].filter(word => word !== undefined).join(' '))
  )
  return found
}

t.test('tokens beside probabilities are cut text, as values and as names', async t => {
  t.strictSame(strings(LOGPROBS, { tokens: ['An'], top_logprobs: [{ An: -1 }], text_offset: [0] }), [
    'An text tokens',
    'An text tokens name'
  ])
})

t.test('a source is a bare link or says where it was found', async t => {
  t.strictSame(strings(SOURCE, 'https://a.example'), ['https://a.example text link'])
  t.strictSame(strings(SOURCE, { title: 'A', document: { snippet: 'B' }, images: ['data:,'] }), [
    'A text',
    'B text',
    'data:, opaque image'
  ])
})

t.test('a filter names categories, and quotes what is protected', async t => {
  t.strictSame(strings(FILTERS, { hate: { severity: 'safe' }, protected_material_code: { citation: { URL: 'u' } } }), [
    'safe identifier',
    'u text link'
  ])
})

t.test('a tool tells its settings, and a remote one its credentials', async t => {
  const tool = {
    type: 'mcp',
    server_url: 'https://mcp.example',
    authorization: 'token',
    headers: { 'x-key': 'key' },
    allowed_tools: { tool_names: ['a'] },
    tools: [{ name: 'inner', description: 'Inner.' }]
  }
  t.strictSame(strings(TOOL, tool), [
    'mcp identifier',
    'https://mcp.example text link',
    'token opaque secret',
    'x-key text name',
    'key opaque secret',
    'a identifier',
    'inner identifier',
    'Inner. text'
  ])
  t.strictSame(strings(TOOL_CHOICE, { type: 'function', function: { name: 'a' } }), [
    'function identifier',
    'a identifier'
  ])
})

t.test('a place where somebody is, is text', async t => {
  t.strictSame(strings(USER_LOCATION, { type: 'approximate', city: 'Oslo' }), ['approximate identifier', 'Oslo text'])
})
