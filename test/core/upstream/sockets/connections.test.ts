import t from 'tap'
import { systemClock } from '../../../../core/clock.ts'
import { TimerWheel } from '../../../../core/timers.ts'
import { SocketConnections } from '../../../../core/upstream/sockets/connections.ts'
import { answers } from '../../../support/transport-answers.ts'
import { promises, type TestedTransport } from '../../../support/transport-promises.ts'

const wheel = new TimerWheel(systemClock)
t.teardown(() => wheel.close())

const transport: TestedTransport = {
  connect: (origin, options) => new SocketConnections(origin, options, systemClock, wheel),
  invalid: 'REQUEST_INVALID',
  length: 'REQUEST_LENGTH'
}

promises(t, transport)
answers(t, transport)
