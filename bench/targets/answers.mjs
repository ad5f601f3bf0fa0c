import http from 'node:http'
import { announce } from '../announce.mjs'

// What every contender forwards to, whatever the path: 40 bytes of JSON.
const body = Buffer.from('{"id":123456,"name":"lovelace","at":"x"}')
const headers = ['Content-Type', 'application/json', 'Content-Length', String(body.length)]

const server = http.createServer((request, response) => response.writeHead(200, headers).end(body))
server.listen(0, '127.0.0.1', () => announce([server]))
