/** The configuration that counts, without its secrets, and taking it anew. */
import { Type } from '@sinclair/typebox'
import type { Change } from '../configuration/changes.ts'
import type { Problem } from '../configuration/report.ts'
import type { ReloadOutcome } from '../reload.ts'
import { type AdminSource, type CoreEndpoint, coreEndpoint } from './source.ts'

const Count = Type.Integer({ minimum: 0 })
const Text = Type.String()

const ProblemSchema = Type.Object({
  code: Text,
  severity: Text,
  line: Count,
  column: Count,
  message: Text,
  cure: Type.Union([Text, Type.Null()])
})

const ChangeSchema = Type.Object({
  kind: Type.String({ enum: ['added', 'removed', 'changed'] }),
  subject: Text,
  id: Type.Union([Text, Type.Null()]),
  routes: Type.Array(Text, { description: 'On which exchanges may go differently.' }),
  settings: Type.Array(
    Type.Object({ path: Text, before: Type.Union([Text, Type.Null()]), after: Type.Union([Text, Type.Null()]) })
  )
})

/** The configuration as it counts, with defaults in place. */
export function configurationEndpoint({ snapshot }: AdminSource): CoreEndpoint {
  const endpoint = {
    listener: 'admin',
    method: 'GET',
    path: '/v1/configuration',
    role: 'viewer',
    summary: 'Shows the configuration as it counts, with defaults; secrets are shown as references or not at all.',
    response: Type.Object({
      file: Text,
      warnings: Type.Array(ProblemSchema),
      configuration: Type.Unknown({ description: 'As the reference of the file describes it.' })
    })
  } as const
  return coreEndpoint(endpoint, () => {
    const { loaded } = snapshot()
    return { file: loaded.file, warnings: loaded.warnings.map(problemOf), configuration: loaded.masked() }
  })
}

/** Takes the file anew. */
export function reloadEndpoint({ reload }: AdminSource): CoreEndpoint {
  const endpoint = {
    listener: 'admin',
    method: 'POST',
    path: '/v1/reload',
    role: 'operator',
    summary:
      'Reads the configuration again and serves by it; one that is wrong changes nothing, and the answer says why.',
    response: Type.Object({
      applied: Type.Boolean(),
      durationMs: Type.Number({ minimum: 0 }),
      changes: Type.Array(ChangeSchema),
      needRestart: Type.Array(Text, { description: 'Settings that hold only after a restart.' }),
      code: Type.Union([Text, Type.Null()], { description: 'Why it was refused.' }),
      message: Type.Union([Text, Type.Null()]),
      problems: Type.Array(ProblemSchema)
    })
  } as const
  return coreEndpoint(endpoint, async () => outcomeOf(await reload()))
}

function outcomeOf(outcome: ReloadOutcome) {
  const { applied, durationMs } = outcome
  if (outcome.applied) {
    const { changes, needRestart, warnings } = outcome
    const told = { changes: changes.map(changeOf), needRestart: [...needRestart], problems: warnings.map(problemOf) }
    return { applied, durationMs, ...told, code: null, message: null }
  }
  const { code, message, problems } = outcome
  return { applied, durationMs, changes: [], needRestart: [], code, message, problems: problems.map(problemOf) }
}

function changeOf({ kind, subject, id, routes, settings }: Change) {
  return {
    kind,
    subject,
    id: id ?? null,
    routes: [...routes],
    settings: settings.map(({ path, before, after }) => ({ path, before: before ?? null, after: after ?? null }))
  }
}

function problemOf({ code, severity, line, column, message, cure }: Problem) {
  return { code, severity, line, column, message, cure: cure ?? null }
}
