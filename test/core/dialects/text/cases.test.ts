import { readFileSync } from 'node:fs'
import t from 'tap'
import {
  type Format,
  type Shape,
  type TextPlace,
  type TextShapes,
  textShapesOf,
  visitTextOf
} from '../../../../core/dialects/index.ts'
import { hasCorpus, readCorpus } from '../../../support/corpus.ts'
import { recordedBodies, recordedFormat } from '../../../support/recorded-bodies.ts'

const skip = hasCorpus ? false : 'the recorded exchanges are not on this machine'

t.test('knows what every string of every recorded body is', { skip }, async t => {
  const unknown: string[] = []
  const kinds: Record<string, number> = {}
  let bodyCount = 0
  let otherCount = 0
  const recordings = await readCorpus()
  for (const recording of recordings) {
    const format = recordedFormat(recording)
    const { bodies, others } = recordedBodies(recording)
    bodyCount += bodies.length
    otherCount += others
    for (const { direction, value } of bodies) {
      const isWhole = visitTextOf(format, direction, value, place => {
        kinds[place.kind] = (kinds[place.kind] ?? 0) + 1
        if (place.kind === 'unknown') unknown.push(`${format} ${direction} ${written(place)} (${recording.id})`)
      })
      if (!isWhole) unknown.push(`too deep (${recording.id})`)
    }
  }
  t.comment(`${recordings.length} recordings, ${bodyCount} bodies and events, ${otherCount} that are not JSON`, kinds)
  t.strictSame(unknown, [])
  t.ok(bodyCount > 600)
})

/** A path without the numbers of entries. */
function written(place: TextPlace): string {
  return place
    .path()
    .map(step => (typeof step === 'number' ? '[]' : `.${step}`))
    .join('')
}

/** Types of the official SDKs, and where the facts say the same. Each name of a member must stand in one of the shapes. */
const SDK_TYPES: readonly {
  readonly file: string
  readonly types: RegExp
  readonly shapes: (of: (format: Format) => TextShapes) => readonly (Shape | undefined)[]
  /** Members that only programs see, or that stand in objects of another kind. */
  readonly except?: string
}[] = [
  {
    file: 'openai/resources/chat/completions/completions.d.ts',
    types: /^(ChatCompletionCreateParamsBase|ChatCompletion|ChatCompletionChunk)$/,
    shapes: of => [of('openai-chat').request, of('openai-chat').response],
    except: 'stream'
  },
  {
    file: 'openai/resources/chat/completions/completions.d.ts',
    types: /(Message|MessageParam)$|^ChatCompletionContentPart|^Delta$/,
    shapes: of => {
      const message = of('openai-chat').request?.members?.get('messages')?.items
      return [message, message?.members?.get('content')?.items]
    },
    except: 'parsed'
  },
  {
    file: 'openai/resources/responses/responses.d.ts',
    types: /^(Response|ResponseCreateParamsBase|CompactedResponse)$/,
    shapes: of => [of('openai-responses').request, of('openai-responses').response],
    except: 'stream'
  },
  {
    file: 'openai/resources/responses/responses.d.ts',
    types: /^Response\w*Event$/,
    shapes: of => [of('openai-responses').event]
  },
  {
    file: 'openai/resources/responses/responses.d.ts',
    types:
      /^(Response\w*(ToolCall|Call|Item|Message)|\w+Call|\w+CallOutput|ProgramOutput|McpListTools|McpApproval\w+)$/,
    shapes: of => [of('openai-responses').request?.members?.get('input')?.items],
    except: 'parsed_arguments always never'
  },
  {
    file: 'openai/resources/images.d.ts',
    types: /^(ImagesResponse|ImageGenerateParamsBase|ImageEditParamsBase|ImageGen\w*Event|ImageEdit\w*Event)$/,
    shapes: of => [of('openai-images').request, of('openai-images').response, of('openai-images').event],
    except: 'stream'
  },
  {
    file: '@anthropic-ai/sdk/resources/beta/messages/messages.d.ts',
    types: /^(MessageCreateParamsBase|BetaMessage|BetaRaw\w+Event)$/,
    shapes: of => [of('anthropic-messages').request, of('anthropic-messages').response, of('anthropic-messages').event],
    except: 'stream'
  },
  {
    file: '@anthropic-ai/sdk/resources/beta/messages/messages.d.ts',
    types: /^Beta\w+(Block|BlockParam|ToolResultError|ResultBlock)$/,
    shapes: of => [of('anthropic-messages').request?.members?.get('messages')?.items?.members?.get('content')?.items]
  },
  {
    file: '@anthropic-ai/sdk/resources/beta/messages/messages.d.ts',
    types: /^Beta(\w*Tool_?\d*|\w*Tool\w*\d{8}|MCPToolset)$/,
    shapes: of => [of('anthropic-messages').request?.members?.get('tools')?.items],
    // Of who called a tool.
    except: 'tool_id'
  }
]

t.test('knows every member that the official SDKs have a name for', async t => {
  let count = 0
  for (const { file, types, shapes, except = '' } of SDK_TYPES) {
    const source = readFileSync(new URL(`../../../../node_modules/${file}`, import.meta.url), 'utf8')
    const known = new Set(except.split(' '))
    for (const shape of shapes(textShapesOf)) for (const name of shape?.members?.keys() ?? []) known.add(name)
    const named = membersOfTypes(source, types)
    count += named.size
    t.ok(named.size > 5, `${file} ${types}`)
    t.strictSame(
      [...named].filter(name => !known.has(name)),
      [],
      `${file} ${types}`
    )
  }
  t.comment(`${count} names`)
})

/** Names of all members, of the interfaces whose name fits, that can hold a string. */
function membersOfTypes(source: string, types: RegExp): ReadonlySet<string> {
  const plain = source.replace(/\/\*\*[\s\S]*?\*\//g, '')
  const names = new Set<string>()
  for (const { 1: type = '', 2: body = '' } of plain.matchAll(
    /^ *(?:export )?interface (\w+)[^{]*\{\n([\s\S]*?)^ *\}$/gm
  )) {
    if (!types.test(type)) continue
    for (const { 1: name = '', 2: of = '' } of body.matchAll(/^\s+'?(\w+)'?\??: ([^;]+);/gm)) {
      if (!/^(number|boolean|null|[| ])+$/.test(of)) names.add(name)
    }
  }
  return names
}
