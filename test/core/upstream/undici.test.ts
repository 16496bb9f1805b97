import t from 'tap'
import { UndiciConnections } from '../../../core/upstream/undici.ts'
import { answers } from '../../support/transport-answers.ts'
import { promises, type TestedTransport } from '../../support/transport-promises.ts'

const transport: TestedTransport = {
  connect: (origin, options) => new UndiciConnections(origin, options),
  invalid: 'UND_ERR_INVALID_ARG',
  length: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'
}

promises(t, transport)
answers(t, transport)
