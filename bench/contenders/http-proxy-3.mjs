import http from 'node:http'
import { createProxyServer } from 'http-proxy-3'
import { announce } from '../announce.mjs'

// The maintained descendant of http-proxy. Without an agent it would open a connection for each request, unlike all
// others here.
const [target] = process.argv.slice(2)
const proxy = createProxyServer({ target, agent: new http.Agent({ keepAlive: true }) })
const server = http.createServer((request, response) => proxy.web(request, response))
server.on('upgrade', (request, socket, head) => proxy.ws(request, socket, head))
// A client that leaves, or an upstream that breaks off. The load counts missing responses itself.
proxy.on('error', (error, request, response) => response.destroy(error))
server.listen(0, '127.0.0.1', () => announce([server]))
