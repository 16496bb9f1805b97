/**
 * What one call uses, as far as its upstream tells: looks on while the answer passes, delays nothing, and keeps figures
 * of what is said and nothing of it. How an exchange ended, and what follows from that, is not known here.
 */
import {
  type EventData,
  type Format,
  OutputTally,
  readAnsweringModel,
  readingFactsOf,
  UsageReader,
  type UsageReading
} from 'tacit-gateway/dialects'
import type { BodyObserver, SseEvent } from 'tacit-gateway/plugin'
import { type Cutter, cutterOf, type Framing } from './framing.ts'

/** Events that are looked at for the name of the model that answers: it stands in the first, or the second. */
const MODEL_EVENTS = 4

/** Words for what else was paid for, as providers tell them (`service_tier`); all others are the standard. */
const TIERS: ReadonlySet<unknown> = new Set(['batch', 'flex', 'priority', 'fast'])

/** What an answer has told so far. */
export interface Told {
  /** Undefined where it told no figure. */
  readonly reading: UsageReading | undefined
  /** Bytes of text that it said, and the events that they came in, since it last told figures of its output. */
  readonly saidBytes: number
  readonly saidPieces: number
  /** Whether it was an error in place of an answer. */
  readonly isError: boolean
}

/** The meter of one answer. */
export class Meter implements BodyObserver {
  /** Bytes of the answer's body, as the upstream sent them. */
  answerBytes = 0
  /** The model that answered, in its own words. */
  model: string | undefined
  /** What was paid for besides, as the price book calls it. */
  tier: string | undefined
  readonly #format: Format
  readonly #reader: UsageReader
  readonly #tally: OutputTally
  readonly #cutter: Cutter | undefined
  readonly #isWhole: boolean
  #eventsForModel = MODEL_EVENTS
  #toldAtBytes = 0
  #toldAtPieces = 0
  #isError = false
  #wholeReading: UsageReading | undefined

  constructor(format: Format, framing: Framing) {
    this.#format = format
    this.#reader = new UsageReader(format)
    this.#isWhole = framing === 'whole'
    this.#tally = new OutputTally(format, this.#isWhole ? 'body' : 'event')
    this.#cutter = cutterOf(framing)
  }

  event(event: SseEvent): void {
    this.answerBytes += event.raw.length
    const { data } = event
    if (data !== '') this.#look(event)
  }

  chunk(bytes: Uint8Array): void {
    this.answerBytes += bytes.length
    this.#cutter?.push(bytes, this.#text)
  }

  end(isClean: boolean): void {
    this.#cutter?.end(this.#isWhole && !isClean ? this.#part : this.#text)
  }

  /** What was told until now. */
  get told(): Told {
    const reading = this.#wholeReading ?? this.#reader.reading
    const hasOutput = reading?.hasOutput === true
    return {
      reading,
      saidBytes: this.#tally.bytes - (hasOutput ? this.#toldAtBytes : 0),
      saidPieces: this.#tally.pieces - (hasOutput ? this.#toldAtPieces : 0),
      isError: this.#isError
    }
  }

  readonly #text = (text: string): void => {
    if (this.#isWhole) this.#whole(text)
    else this.#look(new TextEvent(text))
  }

  /** What there is of a body that broke off is no JSON. */
  readonly #part = (text: string): void => this.#tally.add(text)

  #look(event: EventData): void {
    const { data } = event
    this.#tally.add(data)
    if (this.#eventsForModel > 0) this.#lookForModel(event)
    if (!this.#reader.mayMatter(data)) return
    const body = event.json()
    this.#reader.read(body)
    this.#lookForTier(body)
    // Figures hold for all that was said until then, and so for the text of the same event.
    this.#toldAtBytes = this.#tally.bytes
    this.#toldAtPieces = this.#tally.pieces
  }

  #whole(text: string): void {
    const body = parsed(text)
    if (body === undefined) {
      this.#tally.add(text)
      return
    }
    if (readingFactsOf(this.#format).bodyError(body) !== undefined) {
      this.#isError = true
      return
    }
    this.#reader.read(body)
    const { reading } = this.#reader
    this.#wholeReading = reading && { ...reading, isFinal: true }
    // What it says is counted for answers alone that do not tell.
    if (reading?.hasInput !== true || !reading.hasOutput) this.#tally.add(text)
    this.model = readAnsweringModel(this.#format, body)
    this.#lookForTier(body)
  }

  #lookForModel(event: EventData): void {
    this.#eventsForModel--
    this.model = readAnsweringModel(this.#format, event.json())
    if (this.model !== undefined) this.#eventsForModel = 0
  }

  /** OpenAI says it of the response, Anthropic of the usage. */
  #lookForTier(body: unknown): void {
    const tier = member(body, 'service_tier') ?? member(member(body, 'response'), 'service_tier')
    const told = tier ?? member(member(body, 'usage'), 'service_tier')
    if (typeof told === 'string') this.tier = TIERS.has(told) ? told : undefined
  }
}

/** A text that is parsed when it is asked for. */
class TextEvent implements EventData {
  readonly data: string

  constructor(data: string) {
    this.data = data
  }

  json(): unknown {
    return parsed(this.data)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
