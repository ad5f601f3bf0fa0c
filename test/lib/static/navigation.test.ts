import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { isNavigation } from '../../../lib/static/navigation.ts'

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'sec-fetch-mode': 'navigate' }

const rows: { name: string, path?: string, headers?: IncomingHttpHeaders, expected: boolean }[] = [
  { name: 'a browser that goes to a place', expected: true },
  { name: 'an old browser, which does not say that it navigates', headers: { accept: browser.accept }, expected: true },
  { name: 'the root', path: '/', expected: true },
  { name: 'a place below others', path: '/users/42/edit', expected: true },
  { name: 'a place with a slash at its end', path: '/users/', expected: true },
  { name: 'a dot in a folder', path: '/v1.x/users', expected: true },
  { name: 'a version', path: '/docs/1.2', expected: true },
  { name: 'html among other types, in capitals', headers: { accept: 'application/json, TEXT/HTML ; q=0.5' }, expected: true },
  { name: 'a script by its extension', path: '/assets/app.js', expected: false },
  { name: 'a source map', path: '/app.js.map', expected: false },
  { name: 'a font', path: '/a.woff2', expected: false },
  { name: 'a film', path: '/a.mp4', expected: false },
  { name: 'an archive whose extension begins with a digit', path: '/a.7z', expected: false },
  { name: 'a page that is not there', path: '/old.html', expected: false },
  { name: 'a call of an API', headers: { accept: 'application/json' }, expected: false },
  { name: 'a fetch without a wish', headers: { accept: '*/*' }, expected: false },
  { name: 'curl, which has no Accept', headers: {}, expected: false },
  { name: 'a fetch of HTML by a script', headers: { ...browser, 'sec-fetch-mode': 'cors' }, expected: false },
  { name: 'a module, loaded', headers: { ...browser, 'sec-fetch-mode': 'no-cors' }, expected: false },
  { name: 'html that is refused', headers: { accept: 'text/html;q=0, */*' }, expected: false },
  { name: 'html that is refused to three places', headers: { accept: 'text/html; level=1; q=0.000' }, expected: false },
  { name: 'a type that only begins like html', headers: { accept: 'text/html5' }, expected: false },
]

for (const { name, path = '/users/42', headers = browser, expected } of rows) {
  t.test(`${name}: ${expected ? 'a navigation' : 'none'}`, async t => {
    t.equal(isNavigation(path, headers), expected)
  })
}
