/**
 * Turns parsed YAML into plain values, and finds the place of each again. Keys
 * that stand twice, aliases that multiply and tags are refused here. Must not
 * know what the keys mean.
 */
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml'
import { type Finding, problemAtSpan, type Span } from './finding.ts'
import type { Lines } from './lines.ts'
import type { Path } from './path.ts'

/** Aliases repeat a setting or two. Past these bounds they are an attack or a mistake. */
const MAX_ALIASES = 100
const MAX_REPEATED_NODES = 10_000

/** A piece of text in the file, and the key that it stands under. */
export interface WrittenScalar {
  readonly key: string
  readonly value: string
  readonly span: Span
}

/** The values of one file, and their places. */
export class Tree {
  /** Plain objects, lists, strings, numbers, booleans and nulls. */
  readonly value: unknown
  readonly findings: Finding[] = []
  readonly #root: Node | null
  readonly #lines: Lines
  readonly #anchors = new Map<string, Node>()
  readonly #targets = new Map<Node, Node>()
  readonly #open = new Set<Node>()
  readonly #pairs = new WeakMap<YAMLMap, Map<string, Pair>>()
  #aliases = 0
  #repeated = 0
  #repeating = 0

  constructor(root: Node | null, lines: Lines) {
    this.#root = root
    this.#lines = lines
    this.value = root === null ? undefined : this.#convert(root)
  }

  /**
   * What to point at for `path`. A block points at its key, a value at itself, and
   * what does not exist at the innermost block that does.
   */
  span(path: Path, at: 'key' | 'value'): Span {
    const { node, key, isThere } = this.#find(path)
    if (isThere && at === 'key' && key !== undefined) return rangeOf(key)
    return outline(node, key)
  }

  /** Whether something is written at `path`. */
  holds(path: Path): boolean {
    return this.#find(path).isThere
  }

  /** The node at `path` and its key, or those of the innermost block that is there. */
  #find(path: Path): { readonly node: Node | null; readonly key: Node | undefined; readonly isThere: boolean } {
    let node = this.#resolve(this.#root)
    let key: Node | undefined
    for (const part of path) {
      const pair: Pair | undefined = isMap(node) ? this.#index(node).get(String(part)) : undefined
      const item: unknown = pair !== undefined ? pair.value : isSeq(node) ? node.items[Number(part)] : undefined
      if (pair === undefined && item === undefined) return { node, key, isThere: false }
      key = pair === undefined ? undefined : asNode(pair.key)
      node = this.#resolve(asNode(item) ?? null)
    }
    return { node, key, isThere: true }
  }

  /** Every text in the file, in its order. */
  *scalars(): Generator<WrittenScalar> {
    const waiting: { readonly key: string; readonly node: unknown }[] = [{ key: '', node: this.#root }]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { key, node } = next
      if (isScalar(node)) {
        if (typeof node.value === 'string') yield { key, value: node.value, span: rangeOf(node) }
      } else if (isMap(node)) {
        for (const pair of node.items.toReversed()) waiting.push({ key: keyText(pair.key) ?? '', node: pair.value })
      } else if (isSeq(node)) {
        for (const item of node.items.toReversed()) waiting.push({ key, node: item })
      }
    }
  }

  #convert(node: Node): unknown {
    if (this.#repeating > 0) this.#repeated++
    if (isAlias(node)) return this.#alias(node.source, node)
    if ('anchor' in node && node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    if (isScalar(node)) return this.#scalar(node)
    this.#open.add(node)
    const value = isMap(node) ? this.#map(node) : this.#list(node)
    this.#open.delete(node)
    return value
  }

  #map(map: YAMLMap): unknown {
    const value: Record<string, unknown> = {}
    const seen = new Map<string, Node>()
    for (const { key, value: item } of map.items) {
      const keyNode = asNode(key)
      if (keyNode === undefined) continue
      const text = keyText(key)
      const first = text === undefined ? undefined : seen.get(text)
      if (text === undefined) {
        this.#refuse(
          keyNode,
          'TACIT_YAML_KEY',
          'This key is no word.',
          'Write a single word or number before the colon.'
        )
      } else if (text === '__proto__') {
        this.#refuse(keyNode, 'TACIT_YAML_KEY', 'The key "__proto__" cannot be used.', 'Choose another name.')
      } else if (text === '<<') {
        this.#refuse(
          keyNode,
          'TACIT_YAML_MERGE',
          'Merge keys are not part of YAML 1.2.',
          'Write the settings out, or repeat a whole block with an alias such as `retry: *usual`.'
        )
      } else if (first !== undefined) {
        const { line } = this.#lines.position(rangeOf(first).start)
        this.#refuse(
          keyNode,
          'TACIT_YAML_KEY_TWICE',
          `This key stands in the same block on line ${line} already.`,
          'Keep one of the two.'
        )
      } else {
        seen.set(text, keyNode)
        const itemNode = asNode(item)
        value[text] = itemNode === undefined ? null : this.#convert(itemNode)
      }
    }
    return value
  }

  #list(node: Node): unknown {
    if (!isSeq(node)) return undefined
    return node.items.map(item => {
      const itemNode = asNode(item)
      return itemNode === undefined ? null : this.#convert(itemNode)
    })
  }

  #scalar(node: Scalar): unknown {
    const { value, source } = node
    if (typeof value !== 'number' || source === undefined) return value
    if (/^[-+]?\d+$/.test(source) && !Number.isSafeInteger(value)) {
      this.#refuse(
        node,
        'TACIT_YAML_NUMBER',
        'This number is too large to be held exactly.',
        'Put it in quotes if it is a name.'
      )
    } else if (/^[-+]?0[0-9ox]/.test(source)) {
      this.findings.push({
        ...problemAtSpan(
          rangeOf(node),
          'TACIT_YAML_NUMBER',
          `YAML reads this as the number ${value}.`,
          'Write it without the leading zero, or put it in quotes.'
        ),
        severity: 'warning'
      })
    }
    return value
  }

  #alias(name: string, alias: Node): unknown {
    const target = this.#anchors.get(name)
    if (target === undefined) {
      this.#refuse(alias, 'TACIT_YAML_ALIAS', 'This alias stands for an anchor that does not come before it.')
      return undefined
    }
    if (this.#open.has(target)) {
      this.#refuse(alias, 'TACIT_YAML_ALIAS', 'This alias stands inside the very block that it repeats.')
      return undefined
    }
    this.#targets.set(alias, target)
    if (++this.#aliases > MAX_ALIASES || this.#repeated > MAX_REPEATED_NODES) {
      if (!this.findings.some(finding => finding.code === 'TACIT_YAML_ALIASES')) {
        this.#refuse(
          alias,
          'TACIT_YAML_ALIASES',
          'The aliases of this file repeat more than can be read.',
          `Write the settings out: at most ${MAX_ALIASES} aliases are followed.`
        )
      }
      return undefined
    }
    this.#repeating++
    const value = this.#convert(target)
    this.#repeating--
    return value
  }

  #resolve(node: Node | null): Node | null {
    let target = node
    while (target !== null && isAlias(target)) target = this.#targets.get(target) ?? null
    return target
  }

  #index(map: YAMLMap): Map<string, Pair> {
    let index = this.#pairs.get(map)
    if (index === undefined) {
      index = new Map()
      for (const pair of map.items) {
        const text = keyText(pair.key)
        if (text !== undefined && !index.has(text)) index.set(text, pair)
      }
      this.#pairs.set(map, index)
    }
    return index
  }

  #refuse(node: Node, code: Finding['code'], message: string, cure?: string): void {
    this.findings.push(problemAtSpan(rangeOf(node), code, message, cure))
  }
}

/** What parsing leaves in a pair or a list, if it is a node. */
function asNode(value: unknown): Node | undefined {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : undefined
}

/** A key as it is written: `429` and `true` are words here. */
function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined
  if (typeof key.value === 'string') return key.value
  return key.source === undefined || key.source === '' ? undefined : key.source
}

function rangeOf(node: Node): Span {
  const [start, end] = node.range ?? [0, 0]
  return { start, end }
}

/** A block is too long to be underlined: its key is, or the first key in it. So is the key of what was left empty. */
function outline(node: Node | null, key: Node | undefined): Span {
  if (node === null) return key === undefined ? { start: 0, end: 0 } : rangeOf(key)
  const range = rangeOf(node)
  const isBlockStyle = (isMap(node) || isSeq(node)) && node.flow !== true
  if (key !== undefined && (isBlockStyle || range.start === range.end)) return rangeOf(key)
  if (!isBlockStyle) return range
  const first: unknown = isMap(node) ? node.items[0]?.key : isSeq(node) ? node.items[0] : undefined
  const firstNode = asNode(first)
  return firstNode === undefined ? range : outline(firstNode, undefined)
}
