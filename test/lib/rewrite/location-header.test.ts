import t from 'tap'
import { rewriteRefresh } from '../../../lib/rewrite/location-header.ts'

const rows: { name: string, value: string, url: string | null, expected?: string }[] = [
  { name: 'the usual form', value: '5; url=/x', url: '/x', expected: '5; url=<>' },
  { name: 'as users of it spell it', value: ' 0.5 ,  URL = /x?a=1;b=2#c ', url: '/x?a=1;b=2#c', expected: ' 0.5 ,  URL = <> ' },
  { name: 'in double quotes', value: '0;url="/x" ', url: '/x', expected: '0;url="<>" ' },
  { name: 'in single quotes, with a double one', value: "0;url='/x\"y'", url: '/x"y', expected: "0;url='<>'" },
  { name: 'what follows the quotes is no part of it', value: '0;url="http://10.0.0.2/x"; a="b"', url: 'http://10.0.0.2/x', expected: '0;url="<>"; a="b"' },
  { name: 'a quote that is not closed', value: '0;url="/x', url: '/x', expected: '0;url="<>' },
  { name: 'without its name', value: '0;/x', url: '/x', expected: '0;<>' },
  { name: 'behind nothing but a space', value: '0 /x', url: '/x', expected: '0 <>' },
  { name: 'an empty one', value: '0; url= ', url: '', expected: '0; url= <>' },
  { name: 'a name that is part of the URL', value: '0; urls/x', url: 'urls/x', expected: '0; <>' },
  { name: 'no URL', value: '5', url: null },
  { name: 'no time', value: 'url=/x', url: null },
  { name: 'another word for a time', value: 'soon; url=/x', url: null },
]

for (const { name, value, url, expected = value } of rows) {
  t.test(`the URL of a Refresh header: ${name}`, async t => {
    const urls: string[] = []
    const result = rewriteRefresh(value, given => {
      urls.push(given)
      return '<>'
    })
    t.strictSame(urls, url === null ? [] : [url])
    t.equal(result, expected)
  })
}

t.test('white space in it takes linear time', async t => {
  const space = ' '.repeat(200_000)
  const start = performance.now()
  for (const value of [`0; url=a${space}x`, `0${space}x`, `0; url${space}x`, `${space}x`]) rewriteRefresh(value, url => url)
  t.ok(performance.now() - start < 1000)
})
