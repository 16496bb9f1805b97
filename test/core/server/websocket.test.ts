import t from 'tap'
import { HeaderList } from '../../../core/pipeline/headers.ts'
import { asksForWebSocket, webSocketFault } from '../../../core/server/websocket.ts'

const SOUND = { 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }

function fault(
  changed: Readonly<Record<string, string>>,
  connection: string | undefined,
  origins: readonly string[] = []
) {
  return webSocketFault(new HeaderList(Object.entries({ ...SOUND, ...changed }).flat()), connection, origins)
}

t.test('a GET with the word in Upgrade asks for one', async t => {
  t.ok(asksForWebSocket('GET', 'WebSocket'))
  t.notOk(asksForWebSocket('POST', 'websocket'))
  t.notOk(asksForWebSocket('GET', 'h2c'))
  t.notOk(asksForWebSocket('GET', 'websocket, h2c'))
  t.notOk(asksForWebSocket('GET', undefined))
})

t.test('version, key and connection have to be as they are written down', async t => {
  for (const connection of ['Upgrade', 'keep-alive, Upgrade', 'upgrade,close'])
    t.equal(fault({}, connection), undefined)
  for (const connection of [undefined, 'keep-alive', 'upgraded']) t.equal(fault({}, connection), 'websocket_invalid')
  t.equal(fault({ 'sec-websocket-version': '12' }, 'upgrade'), 'websocket_invalid')
  for (const key of ['', 'dGhlIHNhbXBsZSBub25jZQ', 'dGhlIHNhbXBsZSBub25jZR==', 'dGhl, dGhlIHNhbXBsZSBub25jZQ==']) {
    t.equal(fault({ 'sec-websocket-key': key }, 'upgrade'), 'websocket_invalid', key)
  }
})

t.test('a page from elsewhere is refused where origins are named, and whoever is no page is not', async t => {
  const origins = ['https://app.example.com']
  t.equal(fault({ origin: 'https://app.example.com' }, 'upgrade', origins), undefined)
  t.equal(fault({ origin: 'https://app.example.com.evil.test' }, 'upgrade', origins), 'origin_refused')
  t.equal(fault({ origin: 'null' }, 'upgrade', origins), 'origin_refused')
  t.equal(fault({}, 'upgrade', origins), undefined)
  t.equal(fault({ origin: 'https://anybody.test' }, 'upgrade'), undefined)
})
