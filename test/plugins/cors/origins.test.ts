import t from 'tap'
import { compileOrigins } from '../../../plugins/cors/origins.ts'

const allowed = (entries: string[], ...origins: string[]) => origins.filter(compileOrigins(entries).allows)

t.test('allows exactly the origins that are listed', async t => {
  const entries = ['https://app.example.com', 'http://localhost:5173', 'https://[::1]:8443']
  t.strictSame(allowed(entries, ...entries), entries)
  t.strictSame(
    allowed(
      entries,
      'http://app.example.com',
      'https://app.example.com:8443',
      'https://app.example.com.evil.test',
      'https://evil.test/https://app.example.com',
      'https://xapp.example.com',
      'http://localhost',
      'null',
      ''
    ),
    []
  )
})

t.test('allows every host below a domain, and not the domain itself', async t => {
  const below = ['https://a.example.com', 'https://a.b-c.example.com', 'https://x_y.example.com']
  t.strictSame(allowed(['https://*.example.com'], ...below), below)
  t.strictSame(
    allowed(
      ['https://*.example.com'],
      'https://example.com',
      'https://.example.com',
      'https://evilexample.com',
      'https://a.example.com:8443',
      'http://a.example.com',
      'https://a.example.com.evil.test',
      'https://evil.test/.example.com',
      'https://evil.test#.example.com',
      'https://user@evil.test:1.example.com',
      'https://a..example.com',
      'https://a.example.com, https://b.example.com'
    ),
    []
  )
})

t.test('a wildcard keeps to its port', async t => {
  const entries = ['https://*.example.com:8443']
  t.strictSame(allowed(entries, 'https://a.example.com:8443', 'https://a.example.com'), ['https://a.example.com:8443'])
})

t.test('allows origins of applications that are not of the web', async t => {
  const entries = ['tauri://localhost', 'chrome-extension://abcdefghijklmnop', 'capacitor://localhost']
  t.strictSame(allowed(entries, ...entries, 'tauri://localhosts'), entries)
})

t.test('allows everything with a star', async t => {
  const origins = compileOrigins(['https://a.example.com', '*'])
  t.equal(origins.any, true)
  t.equal(origins.allows('null'), true)
  t.equal(compileOrigins(['https://*.example.com']).any, false)
})

t.test('refuses what no browser would send', async t => {
  for (const entry of [
    '',
    'null',
    'example.com',
    'https://example.com/',
    'https://example.com/app',
    'https://Example.com',
    'https://example.com:443',
    'http://example.com:80',
    'https://bücher.example',
    'https://user@example.com',
    'https://example.com?x',
    'https://*',
    'https://a.*.example.com',
    'https://*.*.example.com',
    'https://a*.example.com',
    'https://*example.com',
    '*.example.com',
    'https://*.example.com/',
    'ftp:/x',
    'tauri://localhost/x'
  ]) {
    t.throws(() => compileOrigins([entry]), { message: /which no browser sends/ }, entry)
  }
})
