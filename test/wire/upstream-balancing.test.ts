import http from 'node:http'
import t, { type Test } from 'tap'
import { startGateway } from '../helpers/gateways.ts'
import { sendRequest } from '../helpers/http1-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'

/** An upstream that responds with its name and the path of the request. */
async function startNamed (t: Test, name: string): Promise<string> {
  return startUpstream(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).end(`${name} ${request.url}`)
  })
}

async function collectNames (port: number, count: number): Promise<string[]> {
  const names: string[] = []
  for (let i = 0; i < count; i++) names.push((await sendRequest(port, '/app/x')).body.toString().split(' ')[0]!)
  return names
}

const countOf = (names: string[], name: string) => names.filter(given => given === name).length

t.test('3:1 is three and one of every four requests in a row', async t => {
  const upstreams = [{ url: await startNamed(t, 'a'), weight: 3 }, { url: await startNamed(t, 'b'), weight: 1 }]
  const { port } = await startGateway(t, upstreams)
  const names = await collectNames(port, 40)
  for (let i = 0; i + 4 <= names.length; i++) {
    const run = names.slice(i, i + 4)
    t.strictSame([countOf(run, 'a'), countOf(run, 'b')], [3, 1], `requests ${i} to ${i + 3}: ${run.join('')}`)
  }
})

t.test('three upstreams of 5:1:1 take turns as nginx\'s would', async t => {
  const upstreams = [{ url: await startNamed(t, 'a'), weight: 5 }, { url: await startNamed(t, 'b') }, { url: await startNamed(t, 'c') }]
  const { port } = await startGateway(t, upstreams)
  t.equal((await collectNames(port, 14)).join(''), 'aabacaaaabacaa')
})

t.test('equal weights alternate', async t => {
  const { port } = await startGateway(t, [await startNamed(t, 'a'), await startNamed(t, 'b'), await startNamed(t, 'c')])
  t.equal((await collectNames(port, 9)).join(''), 'abcabcabc')
})

t.test('an upstream of weight 0 gets nothing', async t => {
  const { port } = await startGateway(t, [{ url: await startNamed(t, 'a'), weight: 0 }, await startNamed(t, 'b')])
  t.equal((await collectNames(port, 6)).join(''), 'bbbbbb')
})

t.test('3:1 also holds for requests at once, and for those on one connection', async t => {
  const upstreams = [{ url: await startNamed(t, 'a'), weight: 3 }, { url: await startNamed(t, 'b'), weight: 1 }]
  const { port } = await startGateway(t, upstreams)
  const replies = await Promise.all(Array.from({ length: 100 }, () => sendRequest(port, '/app/')))
  const names = replies.map(({ body }) => body.toString()[0]!)
  t.strictSame([countOf(names, 'a'), countOf(names, 'b')], [75, 25])

  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  let inA = 0
  for (let i = 0; i < 40; i++) inA += (await sendRequest(port, '/app/', { agent, method: 'POST', body: 'x' })).body.toString()[0] === 'a' ? 1 : 0
  t.equal(inA, 30)
})

t.test('each upstream has a base path of its own', async t => {
  const [a, b, c] = [await startNamed(t, 'a'), await startNamed(t, 'b'), await startNamed(t, 'c')]
  const { port } = await startGateway(t, [`${a}/v1`, `${b}/v2/deep/`, c])
  const bodies: string[] = []
  for (let i = 0; i < 6; i++) bodies.push((await sendRequest(port, '/app/x%2Fy?q=1/2')).body.toString())
  t.strictSame(bodies, ['a /v1/x%2Fy?q=1/2', 'b /v2/deep/x%2Fy?q=1/2', 'c /x%2Fy?q=1/2', 'a /v1/x%2Fy?q=1/2', 'b /v2/deep/x%2Fy?q=1/2', 'c /x%2Fy?q=1/2'])
})

t.test('one address with two base paths is two upstreams', async t => {
  const url = await startNamed(t, 'a')
  const { port } = await startGateway(t, [{ url: `${url}/old`, weight: 1 }, { url: `${url}/new`, weight: 3 }])
  const bodies = await Promise.all(Array.from({ length: 40 }, () => sendRequest(port, '/app/x')))
  t.equal(bodies.filter(({ body }) => body.toString() === 'a /new/x').length, 30)
})

t.test('requests that an upstream fails count as its turns', async t => {
  const { port } = await startGateway(t, [{ url: 'http://127.0.0.1:9', weight: 1 }, { url: await startNamed(t, 'b'), weight: 3 }], { retry: false, outlierDetection: false })
  const statuses: number[] = []
  for (let i = 0; i < 12; i++) statuses.push((await sendRequest(port, '/app/')).statusCode)
  t.strictSame(
    [statuses.filter(status => status === 502).length, statuses.filter(status => status === 200).length],
    [3, 9]
  )
})
