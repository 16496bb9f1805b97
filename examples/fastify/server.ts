/** An application of its own, with the gateway below `/llm`. */
import Fastify from 'fastify'
import { mountGateway } from 'tacit-gateway'

const app = Fastify()

// The application's own routes keep their parsers, hooks and errors.
app.get('/', async () => ({ service: 'an application of its own' }))
app.post('/orders', async request => ({ taken: request.body }))

await mountGateway(app, { file: new URL('gateway.yaml', import.meta.url).pathname, prefix: '/llm' })

const url = await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3000) })
process.stdout.write(`The application listens on ${url}\n`)

// Closing the application lets exchanges end, and closes the gateway with it.
process.once('SIGTERM', () => void app.close())
process.once('SIGINT', () => void app.close())
