/** Writes an explanation for people, from the request to the answer. Pure. */
import type { ExplainedCall, ExplainedPhase, Explanation } from '../dry-run/explanation.ts'
import type { Paint } from '../paint.ts'
import type { Facts } from '../plugin.ts'
import { table } from './table.ts'

/** Everything, top to bottom. */
export function explanationLines(explanation: Explanation, paint: Paint): string {
  const { method, target, route } = explanation
  const parts = [`${paint.bold(`${method} ${target}`)}\n${facts(explanation, paint)}`]
  if (route !== undefined) {
    const { phases, calls, attempts } = explanation
    parts.push(
      section(
        'way in',
        phases.filter(({ way }) => way === 'in'),
        calls,
        paint
      )
    )
    for (const { number, upstream, peer, origin } of attempts) {
      const own = phases.filter(phase => phase.way === 'try' && phase.upstream === upstream)
      const title = `try ${number}: ${upstream}/${peer}  ${origin}`
      parts.push(
        section(
          title,
          own,
          calls.filter(({ attempt }) => attempt === number),
          paint
        ) + tried(explanation, number, paint)
      )
    }
    if (attempts.length === 0) {
      for (const upstream of new Set(
        phases.flatMap(({ way, upstream: id }) => (way === 'try' && id !== undefined ? id : []))
      )) {
        const own = phases.filter(phase => phase.way === 'try' && phase.upstream === upstream)
        parts.push(section(`a try at ${upstream}`, own, [], paint))
      }
    }
    parts.push(section('way out', wayOut(explanation), calls, paint))
    parts.push(
      section(
        'afterwards',
        phases.filter(({ way }) => way === 'end'),
        calls,
        paint
      )
    )
  }
  parts.push(answer(explanation, paint))
  return parts.filter(part => part !== '').join('\n')
}

function facts({ route, dialect, consumer, credential, model, targets }: Explanation, paint: Paint): string {
  const rows: (readonly [string, string])[] = [
    ['route', route === undefined ? 'none matches' : `${route}  (${dialect})`]
  ]
  if (consumer !== undefined)
    rows.push(['consumer', credential === undefined ? consumer : `${consumer}  (${credential})`])
  if (model !== undefined) rows.push(['model', model])
  for (const [index, { upstream, model: known, chosen, why }] of targets.entries()) {
    const name = known === undefined ? upstream : `${upstream} as ${known}`
    rows.push([index === 0 ? 'target' : '', `${chosen ? paint.green(name) : name}: ${why}`])
  }
  return table(
    rows.map(([name, value]) => [`  ${name}`, value]),
    (cell, column) => (column === 0 ? paint.dim(cell) : cell)
  )
}

/** The phases that the answer passes: those of the upstream that it came from, or those for what the gateway answers. */
function wayOut({ phases, attempts, response }: Explanation): readonly ExplainedPhase[] {
  const upstream = response.source === 'upstream' ? attempts.at(-1)?.upstream : undefined
  return phases.filter(phase => phase.way === 'out' && phase.upstream === upstream)
}

function section(
  title: string,
  phases: readonly ExplainedPhase[],
  calls: readonly ExplainedCall[],
  paint: Paint
): string {
  if (phases.length === 0) return ''
  const rows = phases.flatMap(({ phase, plugins }) =>
    plugins.map((plugin, index) => {
      const call = calls.find(made => made.phase === phase && made.plugin === plugin)
      return [`  ${index === 0 ? phase : ''}`, plugin, call === undefined ? 'not reached' : told(call)]
    })
  )
  const colour = (cell: string, column: number) => {
    if (column === 0) return paint.dim(cell)
    if (column === 1) return cell
    return /^(?:refused|failed)/.test(cell) ? paint.red(cell) : cell === 'not reached' ? paint.dim(cell) : cell
  }
  return `${paint.cyan(title)}\n${table(rows, colour)}`
}

/** What one call came to, on one line. */
function told({ phase, outcome, reason, decisions, changed }: ExplainedCall): string {
  const said = decisions
    .filter(({ name }) => name !== 'not_chosen')
    .map(({ name, facts: noted }) => (name === 'peer' ? choice(noted) : `${name}: ${factsInWords(noted)}`))
  const first = outcome === 'went_on' ? [] : [reason === undefined ? outcome : `${outcome}: ${reason}`]
  const edits = changed.length === 0 ? [] : [`changes ${changed.join(' ')}`]
  const all = [...first, ...said, ...edits]
  return all.length > 0 ? all.join('; ') : phase === 'requestFilter' ? 'goes on' : 'done'
}

/** How a balancer chose. */
function choice({ peer, why, ...figures }: Facts): string {
  const because = why === undefined ? '' : `: ${why}`
  const noted = factsInWords(figures)
  return `chooses ${peer}${because}${noted === '' ? '' : ` (${noted})`}`
}

/** Why the others lost, what would be sent, and what is assumed to come back. */
function tried({ attempts }: Explanation, number: number, paint: Paint): string {
  const attempt = attempts.find(made => made.number === number)
  if (attempt === undefined) return ''
  const { others, request, outcome, status } = attempt
  const lost = others.map(({ peer, why, facts: noted }) => {
    const figures = factsInWords(noted)
    return `  ${paint.dim('not')} ${peer}: ${why}${figures === '' ? '' : ` (${figures})`}\n`
  })
  const sent =
    request === undefined
      ? `  ${paint.dim('nothing would be sent')}\n`
      : [
          `  ${paint.dim('>')} ${request.method} ${request.target}  ${paint.dim(`${request.bodyBytes} bytes of body`)}\n`,
          ...request.headers.map(([name, value]) => `  ${paint.dim('>')} ${name}: ${value}\n`)
        ].join('')
  return `${lost.join('')}${sent}  ${paint.dim('<')} ${outcome}${status === undefined ? '' : ` ${status}`}, as assumed\n`
}

function answer({ response, end, attempts }: Explanation, paint: Paint): string {
  const { status, source, reason, headers, bodyBytes } = response
  const last = attempts.at(-1)
  const from = source === 'upstream' && last !== undefined ? `from ${last.upstream}/${last.peer}` : 'from the gateway'
  const colour = status >= 400 ? paint.red : paint.green
  const ended = end === undefined || end === 'complete' ? '' : `, ${end}`
  const lines = headers.map(([name, value]) => `  ${paint.dim('<')} ${name}: ${value}\n`)
  return `${paint.cyan('answer')}\n  ${colour(`${status}${reason === undefined ? '' : ` ${reason}`}`)} ${from}${ended}  ${paint.dim(`${bodyBytes} bytes of body`)}\n${lines.join('')}`
}

function factsInWords(noted: Facts): string {
  return Object.entries(noted)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}
